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

// tlsConfig returns what to trust: the system's authorities, and the given certificates.
func tlsConfig(config Config) *tls.Config {
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
// right name: that of a fresh appliance is issued for a name that clients do not use. Its dates and its purpose are
// checked.
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
func (c *Client) describeCertificate(err error) (Reason, string) {
	var (
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &name):
		return CertificateForAnotherName, fmt.Sprintf("it was issued for %s, not for %s", namesOf(name.Certificate), name.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && time.Now().Before(invalid.Cert.NotBefore):
		return CertificateNotYetValid, "it is valid from " + invalid.Cert.NotBefore.UTC().Format(time.RFC3339)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return CertificateExpired, "it was valid until " + invalid.Cert.NotAfter.UTC().Format(time.RFC3339)
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return CertificateForAnotherUse, ""
	}
	issuer := absentIssuer(err, c.config.Certificates)
	message := ""
	if issuer != "" {
		message = fmt.Sprintf("it was issued by %q", issuer)
	}
	switch {
	case len(c.config.Certificates) == 0:
		return UntrustedCertificate, message
	case issuer != "" && slices.ContainsFunc(c.config.Certificates, func(given *x509.Certificate) bool { return given.IsCA }):
		return IssuerMissing, message
	}
	return CertificateNotGiven, message
}

// absentIssuer names the authority at which a chain of certificates breaks off: its certificate is neither sent nor given.
// It is empty where the chain is whole, or where a certificate of that name is given.
func absentIssuer(err error, given []*x509.Certificate) string {
	untrusted, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); !ok || !unknown || len(untrusted.UnverifiedCertificates) == 0 {
		return ""
	}
	last, rest := untrusted.UnverifiedCertificates[0], untrusted.UnverifiedCertificates[1:]
	for {
		issued := func(by *x509.Certificate) bool { return bytes.Equal(by.RawSubject, last.RawIssuer) }
		next := slices.IndexFunc(rest, issued)
		switch {
		case issued(last), slices.ContainsFunc(given, issued):
			return ""
		case next < 0:
			return last.Issuer.String()
		}
		last, rest = rest[next], slices.Concat(rest[:next], rest[next+1:])
	}
}

// namesOf lists the names that a certificate is issued for.
func namesOf(certificate *x509.Certificate) string {
	names := slices.Clone(certificate.DNSNames)
	for _, address := range certificate.IPAddresses {
		names = append(names, address.String())
	}
	if len(names) > 0 {
		return strings.Join(names, ", ")
	}
	return "no host, only for the common name " + certificate.Subject.CommonName
}
