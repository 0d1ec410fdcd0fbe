package wire

import (
	"strings"
	"testing"
)

// Excludes fails the test when a text holds any of some secrets, as they are.
func Excludes(t testing.TB, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("a secret of %d characters is in a text of %d", len(secret), len(text))
		}
	}
}
