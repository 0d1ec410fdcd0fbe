package writeonly_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/writeonly"
)

const password = "Sent-Last-1"

var (
	absent  = types.StringNull()
	unknown = types.StringUnknown()
	sent    = writeonly.Check(password)
)

func is(text string) types.String { return types.StringValue(text) }

func TestPlanVersion(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		value, version types.String // in the configuration
		prior          types.String
		check          writeonly.CheckValue
		want           types.String
	}{
		// A version in the configuration decides alone.
		{"created with a version", is(password), is("v1"), absent, "", is("v1")},
		{"created with a version not yet known", is(password), unknown, absent, "", unknown},
		{"version unchanged, password unchanged", is(password), is("v1"), is("v1"), sent, is("v1")},
		{"version unchanged, password changed", is("Other-1"), is("v1"), is("v1"), sent, is("v1")},
		{"version unchanged, password not yet known", unknown, is("v1"), is("v1"), sent, is("v1")},
		{"version unchanged, no password", absent, is("v1"), is("v1"), sent, is("v1")},
		{"version changed, password unchanged", is(password), is("v2"), is("v1"), sent, is("v2")},
		{"version changed, password changed", is("Other-1"), is("v2"), is("v1"), sent, is("v2")},
		{"version not yet known", is(password), unknown, is("v1"), sent, unknown},
		{"version and password not yet known", unknown, unknown, is("v1"), sent, unknown},
		{"version set after an import", is(password), is("v1"), absent, "", is("v1")},
		{"version set after automatic ones", is(password), is("v1"), is("3"), sent, is("v1")},

		// Without one, the check value decides.
		{"created", is(password), absent, absent, "", is("1")},
		{"created with a password not yet known", unknown, absent, absent, "", is("1")},
		{"created as a replacement, with the check value of the old", is(password), absent, absent, sent, is("1")},
		{"unchanged", is(password), absent, is("1"), sent, is("1")},
		{"changed", is("Other-1"), absent, is("1"), sent, is("2")},
		{"changed once more", is("Other-1"), absent, is("2"), sent, is("3")},
		{"not yet known", unknown, absent, is("1"), sent, unknown},
		{"version left out, password unchanged", is(password), absent, is("v1"), sent, is("v1")},
		{"version left out, password changed", is("Other-1"), absent, is("v1"), sent, is("1")},
		{"check value lost", is(password), absent, is("4"), "", is("5")},
		{"emptied", is(""), absent, is("1"), sent, is("2")},

		// Without a password, nothing is sent.
		{"imported without a password", absent, absent, absent, "", absent},
		{"password left out", absent, absent, is("3"), sent, is("3")},
		{"imported, password given", is(password), absent, absent, "", is("1")},
		{"imported, password given and not yet known", unknown, absent, absent, "", is("1")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := writeonly.Password{Value: test.value, Version: test.version, PriorVersion: test.prior, Sent: writeonly.Sent{Check: test.check}}.PlanVersion()
			if !got.Equal(test.want) {
				t.Errorf("planned %s, want %s", got, test.want)
			}
		})
	}
}

// Whatever the prior version, the next one differs from it: otherwise a changed password would not be sent.
func TestNextVersion(t *testing.T) {
	t.Parallel()
	for prior, want := range map[string]string{
		"1": "2", "9": "10", "0": "1", "41": "42", "007": "8", "+5": "6",
		"9223372036854775807":    "9223372036854775808",
		"18446744073709551615":   "18446744073709551616",
		strings.Repeat("9", 100): "1" + strings.Repeat("0", 100),
		"-1":                     "1", "-0": "1", "v1": "1", "2026-11-22": "1", "1.5": "1", "1e3": "1", "0x10": "1", "1_000": "1", " 1": "1", "١": "1", "": "1",
	} {
		got := writeonly.Password{Value: is("Other-1"), Version: absent, PriorVersion: is(prior), Sent: writeonly.Sent{Check: sent}}.PlanVersion()
		if got.ValueString() != want || got.ValueString() == prior {
			t.Errorf("after %q comes %s, want %q", prior, got, want)
		}
	}
}

func TestDiffers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value types.String
		check writeonly.CheckValue
		want  bool
	}{
		{is(password), sent, false},
		{is("Other-1"), sent, true},
		{is(""), sent, true},
		{absent, sent, false},
		{unknown, sent, false},
		{is(password), "", false}, // nothing is known of the password sent last
		{absent, "", false},
		{unknown, "", false},
	} {
		for _, version := range []types.String{absent, unknown, is("v1")} { // it does not matter
			got := writeonly.Password{Value: test.value, Version: version, PriorVersion: version, Sent: writeonly.Sent{Check: test.check}}.Differs()
			if got != test.want {
				t.Errorf("password %s, version %s, check value kept %v: differs %v", map[bool]string{true: "as sent", false: "otherwise"}[test.value.Equal(is(password))], version, test.check != "", got)
			}
		}
	}
}

// A version that was counted and is taken up in the configuration says nothing of a password that changes with it.
func TestFindings_versionTakenUp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                  string
		value, version, prior types.String
		counted               bool
		want                  string
	}{
		{"the counted one, with another password", is("Other-1"), is("1"), is("1"), true, "error: The password of user \"jo\" would not be sent"},
		{"the counted one, with a password not yet known", unknown, is("1"), is("1"), true, "warning: The password of user \"jo\" might not be sent"},
		{"the counted one, with the same password", is(password), is("1"), is("1"), true, ""},
		{"the counted one, without a password", absent, is("1"), is("1"), true, ""},
		{"another one, with another password", is("Other-1"), is("2"), is("1"), true, ""},
		{"another one, with a password not yet known", unknown, is("2"), is("1"), true, ""},
		{"not yet known", is("Other-1"), unknown, is("1"), true, ""},
		{"left out", is("Other-1"), absent, is("1"), true, ""},
		{"held, with another password", is("Other-1"), is("1"), is("1"), false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := writeonly.Password{Value: test.value, Version: test.version, PriorVersion: test.prior, Sent: writeonly.Sent{Check: sent, Counted: test.counted}}
			found := p.Findings(`user "jo"`)
			if got := summaries(found); got != test.want {
				t.Errorf("%q, expected %q", got, test.want)
			}
			for _, finding := range found { // a lifecycle block may be what keeps the version
				if !strings.HasSuffix(finding.Detail(), writeonly.HiddenVersion) {
					t.Errorf("%q", finding.Detail())
				}
			}
		})
	}
	forgotten := writeonly.Password{Value: is(password), Version: is("1"), PriorVersion: is("1"), Sent: writeonly.Sent{Counted: true}}
	if got, want := summaries(forgotten.Findings(`user "jo"`)), `warning: The password of user "jo" might not be sent`; got != want {
		t.Errorf("the counted one, after a write without an answer: %q, expected %q", got, want)
	}
}

// A rotation without an answer that is taken back together with its version may have happened.
func TestFindings_unanswered(t *testing.T) {
	t.Parallel()
	const warning = `warning: The current password of user "jo" is unknown`
	unanswered := writeonly.Sent{Unanswered: true}
	for _, test := range []struct {
		name                  string
		value, version, prior types.String
		sent                  writeonly.Sent
		want                  string
	}{
		{"taken back", is(password), is("v1"), is("v1"), unanswered, warning},
		{"taken back, with a password not yet known", unknown, is("v1"), is("v1"), unanswered, warning},
		{"tried again", is(password), is("v2"), is("v1"), unanswered, ""},
		{"version left out", is(password), absent, is("1"), unanswered, ""},
		{"password left out", absent, is("v1"), is("v1"), unanswered, ""},
		{"answered", is(password), is("v1"), is("v1"), writeonly.Sent{Check: sent}, ""},
		{"imported", is(password), is("v1"), absent, writeonly.Sent{}, ""},
		{"nothing kept", is(password), is("v1"), is("v1"), writeonly.Sent{}, ""},
		{"counted, which has its own advice", is(password), is("1"), is("1"), writeonly.Sent{Unanswered: true, Counted: true}, `warning: The password of user "jo" might not be sent`},
	} {
		p := writeonly.Password{Value: test.value, Version: test.version, PriorVersion: test.prior, Sent: test.sent}
		if got := summaries(p.Findings(`user "jo"`)); got != test.want {
			t.Errorf("%s: %q, expected %q", test.name, got, test.want)
		}
	}
}

func TestFindings_lineBreak(t *testing.T) {
	t.Parallel()
	const warning = "warning: The password of user \"jo\" ends in a line break"
	for _, test := range []struct {
		value, version, prior types.String
		check                 writeonly.CheckValue
		want                  string
	}{
		{is("From-a-file-1\n"), absent, absent, "", warning},
		{is("From-Windows-1\r\n"), absent, is("1"), sent, warning},
		{is("From-a-file-1\n"), absent, is("1"), writeonly.Check("From-a-file-1\n"), ""}, // it is not sent
		{is("Two\nlines-1"), absent, absent, "", ""},
		{unknown, absent, absent, "", ""},
	} {
		p := writeonly.Password{Value: test.value, Version: test.version, PriorVersion: test.prior, Sent: writeonly.Sent{Check: test.check}}
		if got := summaries(p.Findings(`user "jo"`)); got != test.want {
			t.Errorf("%s: %q, expected %q", test.value, got, test.want)
		}
	}
}

func summaries(diags diag.Diagnostics) string {
	var texts []string
	for _, d := range diags {
		texts = append(texts, strings.ToLower(d.Severity().String())+": "+d.Summary())
	}
	return strings.Join(texts, "; ")
}

// One round of applies as Terraform makes them: each password is sent once, and none is forgotten.
func TestVersionsOverALife(t *testing.T) {
	t.Parallel()
	version, check := absent, writeonly.CheckValue("")
	var sends []string
	for _, configured := range []types.String{is("First-1"), is("First-1"), is("Second-2"), absent, is("Second-2"), is("Third-3"), is("First-1"), is("First-1")} {
		planned := writeonly.Password{Value: configured, Version: absent, PriorVersion: version, Sent: writeonly.Sent{Check: check}}.PlanVersion()
		if !planned.Equal(version) {
			sends = append(sends, fmt.Sprintf("%s as %s", configured.ValueString(), planned.ValueString()))
			version, check = planned, writeonly.Check(configured.ValueString())
		}
	}
	if got, want := strings.Join(sends, ", "), "First-1 as 1, Second-2 as 2, Third-3 as 3, First-1 as 4"; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
}
