package framework_test

import (
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

func TestParseMFASecret(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"JBSWY3DPEHPK3PXP":           "JBSWY3DPEHPK3PXP",
		"jbsw y3dp ehpk 3pxp":        "JBSWY3DPEHPK3PXP",
		"\tJBSW Y3DP\r\n":            "JBSWY3DP",
		"JBSWY3DPEE======":           "JBSWY3DPEE",
		"jbswy3dpee":                 "JBSWY3DPEE",
		"gezd gnbv gy3t qojq = = = ": "GEZDGNBVGY3TQOJQ",
	} {
		if got, err := framework.ParseMFASecret(text); err != nil || got != want {
			t.Errorf("ParseMFASecret(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "  ", "====", "JBSWY3DPEHPK3PX1", "JBSWY3DP-EHPK3PXP", "314159", "A", "JBSW=Y3DP", "ſecret", "otpauth://totp/x?secret=JBSWY3DP"} {
		got, err := framework.ParseMFASecret(text)
		if err == nil {
			t.Errorf("ParseMFASecret(%q) = %q, want an error", text, got)
		} else if strings.TrimSpace(text) != "" && len(text) > 4 && strings.Contains(err.Error(), text) {
			t.Errorf("%q is in %q", text, err)
		}
	}
}
