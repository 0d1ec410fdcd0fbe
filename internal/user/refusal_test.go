package user

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/fields"
)

// The way on is shown where the appliance misses what the provider does not know, and only there.
func TestMissesField(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"the framework's words":          {&wire.Error{Status: 400, Fields: "role", Message: "One or more validation errors occurred: Role: The Role field is required."}, true},
		"the product's words":            {&wire.Error{Status: 400, Problem: "validationerror", Message: "Validation error: userRole must be specified."}, true},
		"of a body that does not parse":  {&wire.Error{Status: 422, Fields: "$", Message: "The body was missing required properties, including: 'role'."}, true},
		"two, one of them unknown":       {&wire.Error{Status: 400, Fields: "password,role", Message: "The Password field is required. The Role field is required."}, true},
		"a field it has an argument for": {&wire.Error{Status: 400, Fields: "description", Message: "The Description field is required."}, false},
		"the same without its names":     {&wire.Error{Status: 400, Message: "The Description field is required."}, false},
		"the old password":               {&wire.Error{Status: 400, Message: "Old password is required."}, false},
		"the old password, quoted":       {&wire.Error{Status: 400, Message: "A value for 'oldPassword' must be specified."}, false},
		"the old password, at the end":   {&wire.Error{Status: 400, Message: "Missing: old password."}, false},
		"a wrong value":                  {&wire.Error{Status: 400, Fields: "role", Message: "The value is not valid for Role."}, false},
		"no right to do it":              {&wire.Error{Status: 403, Reason: wire.AccessDenied, Message: "The role Portal Administrator is required."}, false},
		"a missing user":                 {&wire.Error{Status: 404, Message: "The user is missing."}, false},
		"a fault of the appliance":       {&wire.Error{Status: 500, Message: "A required service is missing."}, false},
		"something else":                 {errors.New("required"), false},
	} {
		if missesField(test.err) != test.want {
			t.Errorf("%s: %v", name, !test.want)
		}
	}
}

// An update that is refused because of additional_fields is not blamed on the password.
func TestBlames(t *testing.T) {
	t.Parallel()
	written := fields.Object{"role": "x"}
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"a property":       {&wire.Error{Status: 400, Message: `Validation error: The property "Role" is not known`}, true},
		"its value":        {&wire.Error{Status: 400, Fields: "role", Message: "The value is not valid."}, true},
		"a longer name":    {&wire.Error{Status: 400, Message: "The controller refused it."}, false},
		"the old password": {&wire.Error{Status: 400, Message: "The old password is wrong for this role."}, false},
		"no right":         {&wire.Error{Status: 403, Reason: wire.AccessDenied, Message: "Your role may not do this."}, false},
		"something else":   {errors.New("role"), false},
	} {
		if isAboutFields(test.err, written) != test.want {
			t.Errorf("%s: %v", name, !test.want)
		}
	}
}

// Only a refusal that can be about the current password blames it. Any other says what the appliance said.
func TestReport(t *testing.T) {
	t.Parallel()
	const password, fieldsAttribute = "old_password", "additional_fields"
	for name, test := range map[string]struct {
		err  *wire.Error
		want string // the attribute; "" for none
	}{
		"it does not say":                 {&wire.Error{Status: 400, Message: "Refused."}, password},
		"the old password":                {&wire.Error{Status: 400, Fields: "oldpassword", Message: "Invalid: OldPassword: It is wrong."}, password},
		"the old password is missing":     {&wire.Error{Status: 400, Message: "Old password is required."}, password},
		"the same in a field":             {&wire.Error{Status: 400, Fields: "oldpassword", Message: "Invalid: OldPassword: The OldPassword field is required."}, password},
		"the same in other words":         {&wire.Error{Status: 400, Message: "The current password must be specified."}, password},
		"the user may not":                {&wire.Error{Status: 403, Reason: wire.AccessDenied, Message: "You may not change other users."}, ""},
		"a 403 to the password":           {&wire.Error{Status: 403, Reason: wire.AccessDenied, Message: "The old password is wrong."}, password},
		"the description":                 {&wire.Error{Status: 400, Fields: "description", Message: "Invalid: Description: It is too long."}, "description"},
		"the description, in words":       {&wire.Error{Status: 400, Message: "The description is too long."}, ""},
		"the new password":                {&wire.Error{Status: 400, Fields: "password", Message: "Invalid: Password: It has been used before."}, "password"},
		"a written field":                 {&wire.Error{Status: 400, Fields: "role", Message: "Invalid: Role: The value is not valid."}, fieldsAttribute},
		"a field that nobody has written": {&wire.Error{Status: 400, Fields: "team", Message: "Invalid: Team: The Team field is required."}, fieldsAttribute},
		"a fault of the appliance":        {&wire.Error{Status: 500, Message: "The old password could not be read."}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var diags diag.Diagnostics
			change{fields: fields.Object{"role": "x"}, password: set}.report(&diags, test.err)
			if len(diags) != 1 {
				t.Fatal(diags)
			}
			var got string
			if on, ok := diags[0].(diag.DiagnosticWithPath); ok {
				got = on.Path().String()
			}
			if got != test.want || strings.Contains(diags[0].Detail(), "old_password") != (test.want == password) {
				t.Errorf("%q: %s", got, diags[0].Detail())
			}
		})
	}
}
