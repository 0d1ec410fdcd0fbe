package writeonly_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/writeonly"
)

// These values are in the states of users: if they change, every password is sent again.
func TestCheckIsStable(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]writeonly.CheckValue{
		"": "272d", "Sent-Last-1": "ba7e", "Correct-Horse-42": "48df", "Schlüssel-日本-😀": "fd7f", strings.Repeat("x", 255): "0c97",
	} {
		for range 2 {
			if got := writeonly.Check(password); got != want {
				t.Errorf("%q: %q, want %q", password, got, want)
			}
		}
	}
}

// A check value has 16 bits, all of them in use, and says no more of one password than of another.
func TestCheckHasSixteenBits(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[0-9a-f]{4}$`)
	const passwords = 1 << 17
	counts := map[writeonly.CheckValue]int{}
	for i := range passwords {
		check := writeonly.Check(fmt.Sprint("Password-", i))
		if i < 1000 && !form.MatchString(string(check)) {
			t.Fatalf("%q is not four hexadecimal digits", check)
		}
		counts[check]++
	}
	// Of 131,072 throws at 65,536 values, 86.5% are hit (1-e^-2), and none much more often than twice.
	if share := float64(len(counts)) / (1 << 16); share < 0.85 || share > 0.88 {
		t.Errorf("%.3f of the values are in use", share)
	}
	for check, count := range counts {
		if count > 20 {
			t.Errorf("%s is the check value of %d passwords", check, count)
		}
	}
}

// private is a resource's private state. Like Terraform's, it takes valid JSON only.
type private map[string][]byte

func (p private) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) { return p[key], nil }

func (p private) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	if !json.Valid(value) {
		return diag.Diagnostics{diag.NewErrorDiagnostic("not JSON", string(value))}
	}
	p[key] = value
	return nil
}

func TestStoreAndLoad(t *testing.T) {
	t.Parallel()
	kept := private{}
	if sent, diags := writeonly.Load(t.Context(), kept); sent != (writeonly.Sent{}) || diags.HasError() {
		t.Errorf("an empty private state holds %+v, %v", sent, diags)
	}
	for _, version := range []types.String{is("v1"), absent} {
		for _, password := range []string{"Sent-Last-1", "Correct-Horse-42"} {
			if diags := writeonly.Store(t.Context(), kept, is(password), version); diags.HasError() {
				t.Fatal(diags)
			}
			want := writeonly.Sent{Check: writeonly.Check(password), Counted: version.IsNull()}
			if sent, diags := writeonly.Load(t.Context(), kept); sent != want || diags.HasError() {
				t.Errorf("%+v, %v, expected %+v", sent, diags, want)
			}
		}
	}
	// Nothing else is kept.
	if len(kept) != 2 {
		t.Errorf("%d keys", len(kept))
	}
	if check, counted := string(kept["password_check_value"]), string(kept["password_version_counted"]); check != `"48df"` || counted != "true" {
		t.Errorf("%s and %s are kept", check, counted)
	}
}

// What is forgotten is told apart from what was never sent, until a password is accepted.
func TestForget(t *testing.T) {
	t.Parallel()
	kept := private{}
	if diags := writeonly.Forget(t.Context(), kept); diags.HasError() {
		t.Fatal(diags)
	}
	if sent, _ := writeonly.Load(t.Context(), kept); sent != (writeonly.Sent{Unanswered: true}) {
		t.Errorf("forgotten: %+v", sent)
	}
	if diags := writeonly.Store(t.Context(), kept, is(password), is("v1")); diags.HasError() {
		t.Fatal(diags)
	}
	if got, _ := writeonly.Load(t.Context(), kept); got != (writeonly.Sent{Check: sent}) {
		t.Errorf("stored: %+v", got)
	}
}

func TestLoadOfGarbage(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", " ", "null", "7", "{}", "[]", "[\"ab12\"]", `"ab12`, "\x00\xff", strings.Repeat("[", 20_000), `{"check": "ab12"}`} {
		sent, diags := writeonly.Load(t.Context(), private{"password_check_value": []byte(value), "password_version_counted": []byte(value)})
		if sent != (writeonly.Sent{}) || diags.HasError() {
			t.Errorf("%.20q is read as %+v, %v", value, sent, diags)
		}
	}
}

type broken struct{}

func (broken) GetKey(context.Context, string) ([]byte, diag.Diagnostics) {
	return nil, diag.Diagnostics{diag.NewErrorDiagnostic("broken", "")}
}

func (broken) SetKey(context.Context, string, []byte) diag.Diagnostics {
	return diag.Diagnostics{diag.NewErrorDiagnostic("broken", "")}
}

func TestPrivateStateThatFails(t *testing.T) {
	t.Parallel()
	if sent, diags := writeonly.Load(t.Context(), broken{}); sent != (writeonly.Sent{}) || !diags.HasError() {
		t.Errorf("%+v, %v", sent, diags)
	}
	if diags := writeonly.Store(t.Context(), broken{}, is("Sent-Last-1"), absent); !diags.HasError() {
		t.Error("the failure is lost")
	}
}
