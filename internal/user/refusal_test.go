package user

import (
	"errors"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/fields"
)

// The way on is shown where the appliance misses what the provider does not know, and only there.
func TestMissesField(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"the framework's words":          {&api.Error{Status: 400, Fields: "role", Message: "One or more validation errors occurred: Role: The Role field is required."}, true},
		"the product's words":            {&api.Error{Status: 400, Problem: "validationerror", Message: "Validation error: userRole must be specified."}, true},
		"of a body that does not parse":  {&api.Error{Status: 422, Fields: "$", Message: "The body was missing required properties, including: 'role'."}, true},
		"two, one of them unknown":       {&api.Error{Status: 400, Fields: "password,role", Message: "The Password field is required. The Role field is required."}, true},
		"a field it has an argument for": {&api.Error{Status: 400, Fields: "description", Message: "The Description field is required."}, false},
		"the same without its names":     {&api.Error{Status: 400, Message: "The Description field is required."}, false},
		"a wrong value":                  {&api.Error{Status: 400, Fields: "role", Message: "The value is not valid for Role."}, false},
		"no right to do it":              {&api.Error{Status: 403, Reason: api.AccessDenied, Message: "The role Portal Administrator is required."}, false},
		"a missing user":                 {&api.Error{Status: 404, Message: "The user is missing."}, false},
		"a fault of the appliance":       {&api.Error{Status: 500, Message: "A required service is missing."}, false},
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
		"a property":       {&api.Error{Status: 400, Message: `Validation error: The property "Role" is not known`}, true},
		"its value":        {&api.Error{Status: 400, Fields: "role", Message: "The value is not valid."}, true},
		"a longer name":    {&api.Error{Status: 400, Message: "The controller refused it."}, false},
		"the old password": {&api.Error{Status: 400, Message: "The old password is wrong for this role."}, false},
		"no right":         {&api.Error{Status: 403, Reason: api.AccessDenied, Message: "Your role may not do this."}, false},
		"something else":   {errors.New("role"), false},
	} {
		if blames(test.err, written) != test.want {
			t.Errorf("%s: %v", name, !test.want)
		}
	}
}
