package user

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/fields"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// reserved are the fields that additional_fields cannot have, with the reason.
var reserved = map[string]string{
	"name":        "this resource has an argument for it",
	"description": "this resource has an argument for it",
	"password":    "this resource has an argument for it",
	"oldPassword": "this resource has the argument old_password for it",
	"id":          "only the appliance sets it",
	"mfaEnabled":  "only the appliance sets it",
	"isDefault":   "only the appliance sets it",
	"_links":      "only the appliance sets it",
}

// fieldsRule is the rule for additional_fields. Its errors never repeat a value.
var fieldsRule = framework.StringRule{
	What:  "a JSON object of fields that have no argument in this resource",
	Check: func(text string) error { _, err := parseFields(text); return err },
}

// isReserved reports whether a field cannot be in additional_fields, in whatever case.
func isReserved(name string) bool {
	for known := range reserved {
		if strings.EqualFold(known, name) {
			return true
		}
	}
	return false
}

// parseFields reads additional_fields. Errors contain names and no values.
func parseFields(text string) (fields.Object, error) {
	parsed, err := fields.Parse(text)
	if err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(parsed))
	for i, name := range names {
		for known, reason := range reserved {
			if strings.EqualFold(name, known) {
				return nil, fmt.Errorf("%q is not allowed, because %s", name, reason)
			}
		}
		for _, other := range names[:i] {
			if strings.EqualFold(name, other) {
				return nil, fmt.Errorf("%q and %q differ only in case, which the appliance may treat as the same name", other, name)
			}
		}
	}
	return parsed, nil
}

// invalidFields is the error of additional_fields that could not be checked before the apply.
func invalidFields(err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("additional_fields"), "Invalid additional_fields", "This must be "+fieldsRule.What+": "+err.Error()+".")
}

// isExternal reports whether a user comes from an identity provider, and therefore has no password.
func isExternal(user fields.Object) bool {
	accountType, _ := user.Lookup("accountType")
	text, ok := accountType.(string)
	return ok && strings.EqualFold(text, "External")
}

// shownFields are the additional fields of an answer as the data sources show them. redact hides the secrets of this run.
func shownFields(answer fields.Object, redact func(string) string) string {
	return answer.WithoutSecrets().MapStrings(redact).String()
}
