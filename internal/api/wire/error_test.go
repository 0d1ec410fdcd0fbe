package wire

import (
	"slices"
	"testing"
)

// No request reaches the appliance for any of these reasons, and for no others will it stay so.
func TestIsUnusable(t *testing.T) {
	t.Parallel()
	unusable := []Reason{
		UntrustedCertificate, CertificateNotGiven, CertificateForAnotherName, CertificateExpired, CertificateNotYetValid, CertificateForAnotherUse,
		IssuerMissing, CertificateUnreadable, ClientCertificateRequired, OldTLS, NotTLS, SpeaksTLS, ProxyRefused,
	}
	for reason := range Reason(100) {
		e := Error{Reason: reason}
		if e.IsUnusable() != slices.Contains(unusable, reason) {
			t.Errorf("reason %d: %v", reason, e.IsUnusable())
		}
	}
}
