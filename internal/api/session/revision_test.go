package session

import (
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// A sign-in that is refused with 400 may be about the revision only while there is another one to try.
func TestRefusedSignInOfAGuess(t *testing.T) {
	t.Parallel()
	for configured, want := range map[string]bool{"": true, "1.0-rev0": false} {
		below := &next{answer: func(wire.Request) *wire.Error {
			return &wire.Error{Status: 400, Origin: wire.Documented, Reason: wire.LoginRefused, Message: "The password is wrong."}
		}}
		err := do(t, newRevisions(configured, below), wire.Request{Kind: wire.SignIn, Operation: "sign in"})
		if said := strings.Contains(err.Error(), "1.0-rev0 is not yet confirmed"); said != want {
			t.Errorf("api_version %q: %v", configured, err)
		}
	}
}
