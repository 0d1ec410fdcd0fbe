package session_test

import (
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/session"
)

func TestAPIVersionPattern(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"1.0-rev0": true, "1.5-rev1": true, "10.12-rev34": true,
		"": false, "1.0": false, "v1.0-rev0": false, "1.0-rev": false, "1.0-rev0 ": false, "1.0-rev0\n": false, "1.0-REV0": false, "1-rev0": false, "-1.0-rev0": false,
	} {
		if got := session.APIVersionPattern.MatchString(text); got != want {
			t.Errorf("APIVersionPattern matches %q: %v, want %v", text, got, want)
		}
	}
}
