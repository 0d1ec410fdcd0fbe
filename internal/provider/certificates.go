package provider

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const beginCertificate = "-----BEGIN CERTIFICATE-----"

var (
	pemBegin     = regexp.MustCompile(`-----BEGIN ([^-\n]*)-----`)
	pemBeginLine = regexp.MustCompile(`^-----BEGIN [^-]*-----$`)
	pkcs7Data    = []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02") // the object identifier of signed data
)

func checkCertificates(value string) error {
	_, _, err := parseCertificates(value)
	return err
}

// parseCertificates reads certificates in PEM format, with the line breaks of any system, byte order marks and indentation.
// If Go can parse some of them, skipped says what is wrong with the others.
func parseCertificates(text string) (found []*x509.Certificate, skipped []error, err error) {
	text = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\ufeff", "").Replace(text))
	if text == "" {
		return nil, nil, nil
	}
	if err := unquoted(text); err != nil {
		return nil, nil, err
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
		if strings.Contains(line, "-----BEGIN ") && !pemBeginLine.MatchString(lines[i]) {
			return nil, nil, errors.New("its line breaks are missing: " + pemBegin.FindString(line+"-----") + " must be on a separate line")
		}
	}
	blocks := 0
	for rest := []byte(strings.Join(lines, "\n")); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		blocks++
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			skipped = append(skipped, unparsable(blocks, err))
			continue
		}
		found = append(found, certificate)
	}
	switch want := strings.Count(text, beginCertificate); {
	case want == 0:
		return nil, nil, noCertificate(text)
	case blocks < want:
		return nil, nil, fmt.Errorf("%d of its %d certificates are incomplete", want-blocks, want)
	case len(found) == 0:
		return nil, nil, skipped[0]
	}
	return found, skipped, nil
}

// unparsable is the error of a certificate that Go refuses to parse.
func unparsable(number int, err error) error {
	if strings.Contains(err.Error(), "negative serial number") {
		return fmt.Errorf("certificate %d could not be parsed: %w. To accept it, set the environment variable GODEBUG=x509negativeserial=1", number, err)
	}
	return fmt.Errorf("certificate %d could not be parsed: %w", number, err)
}

// noCertificate describes a text that contains no certificate in PEM format. It does not repeat the text, which may be a
// private key.
func noCertificate(text string) error {
	if begin := pemBegin.FindStringSubmatch(text); begin != nil {
		switch kind := begin[1]; {
		case strings.Contains(kind, "PRIVATE KEY"):
			return errors.New("it is a private key, which must stay on the appliance: set the certificate instead")
		case strings.Contains(kind, "CERTIFICATE REQUEST"):
			return errors.New("it is a certificate signing request: set the certificate that was issued for it")
		case kind == "PKCS7", kind == "CMS":
			return errPKCS7
		case strings.HasSuffix(kind, " CERTIFICATE"):
			return fmt.Errorf("it is a %s: convert it with openssl x509 -in FILE", kind)
		default:
			return fmt.Errorf("it is a %s and not a CERTIFICATE", kind)
		}
	}
	if isPath(text) {
		return errors.New(`it is the path of a file: use file("PATH"), or VEEAM_CA_CERTIFICATE="$(cat PATH)" in a shell`)
	}
	switch decoded := decodeBase64(text); {
	case bytes.Contains(decoded, []byte("-----BEGIN ")):
		return errors.New("it is PEM in base64: use base64decode(…)")
	case bytes.Contains(decoded, pkcs7Data):
		return errPKCS7
	case bytes.HasPrefix(decoded, []byte{0x30, 0x82}):
		return errors.New("it is base64 without its first and last line: add " + beginCertificate + " and -----END CERTIFICATE----- on separate lines")
	}
	return errors.New("it contains no certificate in PEM format, which begins with " + beginCertificate)
}

var errPKCS7 = errors.New("it is in PKCS #7 format: convert it with openssl pkcs7 -print_certs -in FILE")

// isPath reports whether a text looks like the path of a file.
func isPath(text string) bool {
	if strings.Contains(text, "\n") || len(text) > 1024 {
		return false
	}
	if _, err := os.Stat(text); err == nil {
		return true
	}
	extensions := []string{".pem", ".crt", ".cer", ".cert", ".der", ".p7b", ".p7c", ".p12", ".pfx", ".key", ".csr", ".txt"}
	return slices.Contains(extensions, strings.ToLower(filepath.Ext(text)))
}

// decodeBase64 returns the decoded text, or nil.
func decodeBase64(text string) []byte {
	text = strings.TrimRight(strings.Join(strings.Fields(text), ""), "=")
	decoded, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return decoded
}
