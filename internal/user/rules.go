package user

import (
	"context"
	"regexp"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// reservedName can be the name of an administrator that exists, but of no new user.
const reservedName = "admin"

// namePattern is the documented form of user names, whatever their length.
var namePattern = regexp.MustCompile(`^[a-z0-9_-]*\$?$`)

// longestLocalName is the maximum length of the name of a user who is not from an identity provider.
const longestLocalName = 32

// nameRules are the documented rules for the names of new users, those of an identity provider included.
func nameRules() []validator.String {
	return []validator.String{
		stringvalidator.UTF8LengthAtMost(125),
		stringvalidator.RegexMatches(namePattern,
			"must consist of lowercase Latin letters, digits, underscores and hyphens, with a dollar sign as the last character only"),
	}
}

// checkName reports the rules that the name of a new user breaks. An existing user may have a name that follows other
// rules.
func checkName(ctx context.Context, name types.String) diag.Diagnostics {
	return check(ctx, path.Root("name"), framework.Trim(name), nameRules())
}

// passwordRules are the documented rules for users' passwords.
func passwordRules() []validator.String {
	return []validator.String{
		stringvalidator.UTF8LengthBetween(8, 255),
		passwordRule{"must contain an uppercase letter", containsA(unicode.IsUpper)},
		passwordRule{"must contain a lowercase letter", containsA(unicode.IsLower)},
		passwordRule{"must contain a digit", containsA(unicode.IsDigit)},
		passwordRule{"must not contain a monotonic sequence such as abcd or 4321", func(password string) bool { return !hasMonotonicRun(password) }},
	}
}

// checkPassword reports the rules that a new password breaks. A password that is only confirmed may follow other rules.
func checkPassword(ctx context.Context, password types.String) diag.Diagnostics {
	return check(ctx, path.Root("password"), password, passwordRules())
}

func check(ctx context.Context, attribute path.Path, value types.String, rules []validator.String) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, rule := range rules {
		var resp validator.StringResponse
		rule.ValidateString(ctx, validator.StringRequest{Path: attribute, ConfigValue: value}, &resp)
		diags.Append(resp.Diagnostics...)
	}
	return diags
}

// passwordRule is a validator that never repeats the value, as the library's own would.
type passwordRule struct {
	description string
	holds       func(password string) bool
}

func (r passwordRule) Description(context.Context) string         { return r.description }
func (r passwordRule) MarkdownDescription(context.Context) string { return r.description }

func (r passwordRule) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || r.holds(req.ConfigValue.ValueString()) {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid password", "The password "+r.description+".")
}

func containsA(kind func(rune) bool) func(string) bool {
	return func(password string) bool { return strings.ContainsFunc(password, kind) }
}

// monotonicRun is how many characters in a row make a monotonic sequence: the length of the documented examples.
const monotonicRun = 4

// hasMonotonicRun reports whether ASCII letters or digits follow each other up or down by one. A stricter appliance
// reports it at plan time, so that doubtful cases pass here.
func hasMonotonicRun(password string) bool {
	rising, falling := 1, 1
	var previous rune
	for _, r := range password {
		inRun := isASCIIAlphanumeric(previous) && isASCIIAlphanumeric(r)
		rising, falling = extend(rising, inRun && r == previous+1), extend(falling, inRun && r == previous-1)
		if rising == monotonicRun || falling == monotonicRun {
			return true
		}
		previous = r
	}
	return false
}

func isASCIIAlphanumeric(r rune) bool {
	return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func extend(run int, goesOn bool) int {
	if goesOn {
		return run + 1
	}
	return 1
}

// sameName plans the name in the state where the configuration has it with other whitespace around it or in another
// case: new names have no uppercase letters, so that it is the same user.
type sameName struct{}

func (sameName) Description(context.Context) string {
	return "Whitespace around the name and the case of its letters are ignored."
}

func (m sameName) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (sameName) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	planned, prior := framework.Trim(req.PlanValue), framework.Trim(req.StateValue)
	if !planned.IsUnknown() && !prior.IsNull() && strings.EqualFold(planned.ValueString(), prior.ValueString()) {
		resp.PlanValue = req.StateValue
	}
}
