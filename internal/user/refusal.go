package user

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/fields"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// reportWrite appends the error of a write, with advice if the appliance misses a field.
func reportWrite(diags *diag.Diagnostics, err error) {
	if !missesField(err) {
		framework.ReportWrite(diags, err)
		return
	}
	diags.Append(framework.AttributeDiagnostic(path.Root("additional_fields"), err,
		"Later API revisions require fields, such as a role, for which this resource has no argument. Set them in additional_fields. "+
			"To find their names, create a user in the web console and look it up with the data source veeam_user, which returns them in additional_fields."))
}

// report explains a failed update. It blames the password given as the current one only if the refusal can be about it.
func (c change) report(diags *diag.Diagnostics, err error) {
	switch {
	case !wire.IsRefused(err) || isExternal(c.fields) || missesField(err):
		reportWrite(diags, err)
		return
	case isAboutFields(err, c.fields):
		diags.Append(framework.AttributeDiagnostic(path.Root("additional_fields"), err))
		return
	case !api.MayRefuseOldPassword(err):
		if failure, _ := errors.AsType[*wire.Error](err); failure.Fields == "description" || failure.Fields == "password" {
			diags.Append(framework.AttributeDiagnostic(path.Root(failure.Fields), err))
			return
		}
		framework.ReportWrite(diags, err)
		return
	}
	attribute, _ := c.current()
	var advice string
	switch {
	case c.password == confirm:
		advice = "The provider sent password as the user's current password, because it found no sign that password is new. " +
			"If password is new, set old_password to the user's current password."
	case attribute.Equal(path.Root("old_password")):
		advice = "Check that old_password is the user's current password."
	case !c.config.OldPassword.IsNull():
		advice = "Check that password is the user's current password: another client may have changed it. The provider did not send old_password, because password has not changed. " +
			"To set password again with old_password, change password_version."
	default:
		advice = "Check that password is the user's current password: another client may have changed it. To set password again, " +
			"set old_password to the user's current password and change password_version."
	}
	diags.Append(framework.AttributeDiagnostic(attribute, err, advice))
}

var (
	speaksOfMissing = regexp.MustCompile(`(?i)\b(required|missing|mandatory|must (be|have been) (given|set|specified|provided|supplied))\b`)
	missingNamed    = regexp.MustCompile(`(?i)\b(\w+)['"]* (?:field |property |parameter )?(?:is|are|must be|must have been) (?:required|missing|mandatory|given|set|specified|provided|supplied)`)
)

// missesField reports whether the appliance refuses a write because a field is missing that this provider does not know.
func missesField(err error) bool {
	failure, ok := errors.AsType[*wire.Error](err)
	if !ok || !wire.IsRefused(failure) || failure.Reason != wire.Unspecified || !speaksOfMissing.MatchString(failure.Message) {
		return false
	}
	named := strings.FieldsFunc(failure.Fields, func(r rune) bool { return r == ',' || r == '$' || r == '.' })
	for _, match := range missingNamed.FindAllStringSubmatch(failure.Message, -1) {
		named = append(named, match[1])
	}
	if len(named) == 0 {
		return !strings.Contains(strings.ToLower(failure.Message), "password")
	}
	return slices.ContainsFunc(named, func(name string) bool { return !isReserved(name) })
}

// isAboutFields reports whether a refusal is about one of the written fields, and not about a password.
func isAboutFields(err error, written fields.Object) bool {
	failure, ok := errors.AsType[*wire.Error](err)
	if !ok || failure.Reason != wire.Unspecified {
		return false
	}
	text := strings.ToLower(failure.Message)
	if strings.Contains(text, "password") {
		return false
	}
	return slices.ContainsFunc(slices.Collect(maps.Keys(written)), func(name string) bool {
		name = strings.ToLower(name)
		return name != "" && (slices.Contains(strings.Split(failure.Fields, ","), name) || slices.Contains(strings.FieldsFunc(text, notInName), name))
	})
}

func notInName(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }
