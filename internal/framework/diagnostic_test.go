package framework

import (
	"errors"
	"fmt"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
)

func TestDiagnostic(t *testing.T) {
	t.Parallel()
	const notTouched = "\n\nWhat is there has not been touched. To manage it with this resource, import it by the id \"7\"; otherwise choose another name."
	refusal := &api.Error{Operation: `create user "jo"`, Status: 400, Message: "Validation error: the name is taken."}
	for name, test := range map[string]struct {
		err             error
		summary, detail string
	}{
		"what the appliance said": {
			refusal, `Could not create user "jo"`, "Validation error: the name is taken (HTTP status 400)",
		},
		"in other letters": {
			&api.Error{Operation: "read", Status: 500, Message: "ärgerlich"}, "Could not read", "Ärgerlich (HTTP status 500)",
		},
		"with what helps": {
			&api.Error{Operation: "sign in", Status: 401, Message: "no", Reason: api.LoginRefused},
			"Could not sign in",
			"The appliance refused the user name or password: no (HTTP status 401)\n\n" + hints[api.LoginRefused],
		},
		"outcome unknown": {
			&api.Error{Operation: "save", Message: "EOF", Unknown: true}, "Could not save", "EOF\n\nThe request may have done its work all the same.",
		},
		"said before": {
			&api.Error{Operation: "read", Reason: api.TokenExpired, Repeated: true}, "Could not read", "Not attempted: the token has expired, as reported before.",
		},
		"conflict": {
			fmt.Errorf("wrapped: %w", &api.ConflictError{Kind: "user", Name: "jo", ID: "7", Err: refusal}),
			`A user named "jo" exists already`,
			"The appliance refused to create it: Validation error: the name is taken (HTTP status 400)" + notTouched,
		},
		"something else": {errors.New("out of luck"), "Request to the appliance failed", "out of luck"},
		"nothing said":   {&api.Error{Operation: "read", Status: 502}, "Could not read", " (HTTP status 502)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Diagnostic(test.err)
			if got.Summary() != test.summary || got.Detail() != test.detail {
				t.Errorf("got %q: %q, expected %q: %q", got.Summary(), got.Detail(), test.summary, test.detail)
			}
		})
	}
}

// Whatever has a reason has words for it.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	for reason := api.Unspecified + 1; reason <= api.TooManyRequests; reason++ {
		if hints[reason] == "" || summaries[reason] == "" && reason != api.Unreadable {
			t.Errorf("reason %d has no summary or no hint", reason)
		}
	}
}
