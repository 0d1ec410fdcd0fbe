package framework

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

func TestDiagnostic(t *testing.T) {
	t.Parallel()
	const notChanged = "\n\nIt has not been changed. If a resource in the state manages it, add a moved block, or remove create_before_destroy from that resource. Otherwise import it by the ID \"7\", or choose another name."
	refusal := &wire.Error{Operation: `create user "jo"`, Status: 400, Message: "Validation error: the name is taken."}
	for name, test := range map[string]struct {
		err             error
		summary, detail string
	}{
		"what the appliance said": {
			refusal, `Could not create user "jo"`, "Validation error: the name is taken (HTTP status 400)",
		},
		"in other letters": {
			&wire.Error{Operation: "read", Status: 500, Message: "ärgerlich"}, "Could not read", "Ärgerlich (HTTP status 500)",
		},
		"with what helps": {
			&wire.Error{Operation: "sign in", Status: 401, Message: "no", Reason: wire.LoginRefused},
			"Could not sign in",
			"The appliance refused the username or password: no (HTTP status 401)\n\n" + hints[wire.LoginRefused],
		},
		"outcome unknown": {
			&wire.Error{Operation: "save", Message: "EOF", Kind: wire.Write, Outcome: wire.Unknown}, "Could not save", "EOF\n\nThe appliance may have carried out the request. To make sure, run Terraform again.",
		},
		"creation unknown": {
			&wire.Error{Operation: "create", Message: "EOF", Kind: wire.Creation, Outcome: wire.Unknown}, "Could not create",
			"EOF\n\nThe appliance may have created it. Run Terraform again. If the error says that it exists already, import it by the ID in that error.",
		},
		"conflict": {
			fmt.Errorf("wrapped: %w", &store.ConflictError{Kind: "user", Name: "jo", ID: "7", Err: refusal}),
			`A user named "jo" exists already`,
			"Could not create user \"jo\": Validation error: the name is taken (HTTP status 400)" + notChanged,
		},
		"created by this run": {
			&store.ConflictError{Kind: "user", Name: "jo", ID: "7", Holder: store.ThisRun, Err: refusal},
			`A user named "jo" exists already`,
			"Could not create user \"jo\": Validation error: the name is taken (HTTP status 400)\n\n" +
				"This run has created it for another resource in the configuration. Give one of the two resources another name.",
		},
		"managed in the state": {
			&store.ConflictError{Kind: "user", Name: "jo", ID: "7", Holder: store.ThisState, Err: refusal},
			`A user named "jo" exists already`,
			"Could not create user \"jo\": Validation error: the name is taken (HTTP status 400)\n\n" +
				"Another resource in the state manages the existing user, or this run renames or deletes it. If you changed only the address of the resource, add a moved block. Otherwise run Terraform again, or choose another name.",
		},
		"something else": {errors.New("out of luck"), "Request to the appliance failed", "out of luck"},
		"nothing said":   {&wire.Error{Operation: "read", Status: 502}, "Could not read", " (HTTP status 502)"},
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

// Every reason has a text.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	for reason := wire.Unspecified + 1; reason <= wire.SessionRefused; reason++ {
		if hints[reason] == "" || summaries[reason] == "" && reason != wire.Unreadable {
			t.Errorf("reason %d has no summary or no hint", reason)
		}
	}
}

// The troubleshooting guide has a section for every reason.
func TestEveryReasonIsDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", "troubleshooting.md.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	titles := strings.NewReplacer("### ", "\n", "; ", "\n").Replace(string(page))
	for _, summary := range summaries {
		if !strings.Contains(titles, "\n"+capitalize(summary)+"\n") {
			t.Errorf("the troubleshooting guide has no section %q", capitalize(summary))
		}
	}
}

// A common cause is reported once: in full by the first resource, not at all by later refreshes and validations, in one
// line by writes. The error of a single object is always reported.
func TestOneCauseOneError(t *testing.T) {
	t.Parallel()
	cause := &wire.Cause{Err: &wire.Error{Operation: "sign in to a as b", Message: "no", Status: 401, Reason: wire.LoginRefused}}
	err := &wire.BlockedError{Operation: `read user "jo" on a`, Cause: cause, Outcome: wire.NotSent}
	said := func(report func(*diag.Diagnostics, error), err error) (texts []string) {
		var diags diag.Diagnostics
		report(&diags, err)
		for _, d := range diags {
			texts = append(texts, d.Summary()+": "+d.Detail())
		}
		return texts
	}
	whole := "Could not sign in to a as b: The appliance refused the username or password: no (HTTP status 401)\n\n" + hints[wire.LoginRefused]
	line := `Could not read user "jo" on a: Not attempted: could not sign in to a as b. Another error of this run has the reason.`
	for i, step := range []struct {
		report func(*diag.Diagnostics, error)
		want   []string
	}{
		{ReportWrite, []string{whole}}, {ReportWrite, []string{line}}, // a write suppresses no other report
		{Report, []string{whole}}, {Report, nil}, {Report, nil}, {ReportWrite, []string{line}},
	} {
		if got := said(step.report, err); !slices.Equal(got, step.want) {
			t.Errorf("report %d: %q, want %q", i, got, step.want)
		}
	}
	for range 2 {
		own := &wire.Error{Operation: "read", Message: "no", Status: 500}
		if got := said(Report, own); !slices.Equal(got, []string{"Could not read: No (HTTP status 500)"}) {
			t.Errorf("%q", got)
		}
	}
}
