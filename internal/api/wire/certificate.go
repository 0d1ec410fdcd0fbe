package wire

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// tls returns what to trust: the system's authorities, and the given certificates.
func (config Config) tls() *tls.Config {
	if config.Insecure || len(config.Certificates) == 0 {
		return &tls.Config{InsecureSkipVerify: config.Insecure} //nolint:gosec // the user asked for it
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	for _, certificate := range config.Certificates {
		roots.AddCert(certificate)
	}
	return &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection does it, on resumed sessions too
		VerifyConnection: func(state tls.ConnectionState) error {
			// A proxy that is spoken to with TLS has another name than the appliance, and an IP address is no server name.
			name := cmp.Or(state.ServerName, config.BaseURL.Hostname())
			if err := verify(state.PeerCertificates, name, roots, config.Certificates); err != nil {
				return &tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: err}
			}
			return nil
		},
	}
}

// verify checks a chain, its leaf first. A leaf that is one of the given certificates needs neither an authority nor the
// right name: a fresh appliance's is issued for a name that clients do not use. Its dates and its purpose are checked.
func verify(chain []*x509.Certificate, name string, roots *x509.CertPool, given []*x509.Certificate) error {
	if len(chain) == 0 || name == "" {
		return errors.New("there is no certificate, or no name to compare it with")
	}
	leaf := chain[0]
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), DNSName: name}
	for _, certificate := range chain[1:] {
		options.Intermediates.AddCert(certificate)
	}
	if slices.ContainsFunc(given, leaf.Equal) {
		options.DNSName = ""
	}
	_, err := leaf.Verify(options)
	return err
}

// describeCertificate returns the reason for which a certificate is not trusted, and what there is to say about it.
func describeCertificate(untrusted *tls.CertificateVerificationError, given []*x509.Certificate) (reason Reason, message string) {
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(untrusted, &name):
		return CertificateForAnotherName, describeNames(name)
	case errors.As(untrusted, &invalid) && invalid.Reason == x509.Expired && time.Now().Before(invalid.Cert.NotBefore):
		return CertificateNotYetValid, "it is valid from " + invalid.Cert.NotBefore.UTC().Format(time.RFC3339)
	case errors.As(untrusted, &invalid) && invalid.Reason == x509.Expired:
		return CertificateExpired, "it was valid until " + invalid.Cert.NotAfter.UTC().Format(time.RFC3339)
	case errors.As(untrusted, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return CertificateForAnotherUse, ""
	}
	issuer := absentIssuer(untrusted, given)
	if issuer != "" {
		message = fmt.Sprintf("it was issued by %q", issuer)
	}
	switch {
	case len(given) == 0:
		return UntrustedCertificate, message
	case issuer != "" && slices.ContainsFunc(given, func(certificate *x509.Certificate) bool { return certificate.IsCA }):
		return IssuerMissing, message
	}
	return CertificateNotGiven, message
}

func describeNames(mismatch x509.HostnameError) string {
	names := slices.Clone(mismatch.Certificate.DNSNames)
	for _, address := range mismatch.Certificate.IPAddresses {
		names = append(names, address.String())
	}
	if len(names) == 0 {
		return fmt.Sprintf("it has the common name %q but no subject alternative name, so it is not valid for %s",
			mismatch.Certificate.Subject.CommonName, mismatch.Host)
	}
	return fmt.Sprintf("it was issued for %s, not for %s", strings.Join(names, ", "), mismatch.Host)
}

// absentIssuer names the authority at which a chain of certificates breaks off: its certificate is neither sent nor given.
// It is empty where the chain is whole, or where a certificate of that name is there.
func absentIssuer(untrusted *tls.CertificateVerificationError, given []*x509.Certificate) string {
	unknown, ok := errors.AsType[x509.UnknownAuthorityError](untrusted)
	if !ok || unknown.Cert == nil {
		return ""
	}
	for _, certificate := range slices.Concat(untrusted.UnverifiedCertificates, given) {
		if bytes.Equal(certificate.RawSubject, unknown.Cert.RawIssuer) {
			return ""
		}
	}
	return unknown.Cert.Issuer.String()
}
