package user

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/fields"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// rightsNames match the names of fields that decide what a user may do.
var rightsNames = regexp.MustCompile(`(?i)role|permission|privilege|group|admin`)

// isAboutRights reports whether a field, or one inside it, decides what a user may do.
func isAboutRights(name string, value any) bool {
	if rightsNames.MatchString(name) {
		return true
	}
	members, _ := value.(map[string]any)
	for name, member := range members {
		if isAboutRights(name, member) {
			return true
		}
	}
	return false
}

// chosenFields warns about the fields of a new user that the appliance chose. A user without a role may be given every
// right. If the configuration has additional_fields, only fields about rights count.
func chosenFields(plan resourceModel, written, answer fields.Object) diag.Diagnostics {
	chosen := answer.Without(written).WithoutSecrets()
	if !framework.IsUnset(plan.AdditionalFields) {
		maps.DeleteFunc(chosen, func(name string, value any) bool { return !isAboutRights(name, value) })
	}
	if len(chosen) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("additional_fields"), "Fields chosen by the appliance for user "+plan.Name.String(),
		"The new user has values that the configuration does not set:\n\n  "+quoted(chosen)+
			"\n\nCheck that they give no more rights than intended. To set other values, set these fields in additional_fields.")}
}

// lostFields warns about what a recreated user loses.
func (r *userResource) lostFields(ctx context.Context, id types.String, written fields.Object) diag.Diagnostics {
	if !r.IsPlanning() {
		return nil
	}
	user, err := r.Client.Users.Refresh(ctx, id.ValueString()) // from the cache of this run
	if err != nil {
		return nil
	}
	var losses []string
	if lost := fields.Of(user.AdditionalFields).Without(written).WithoutSecrets(); len(lost) > 0 {
		losses = append(losses, "The user is recreated, and the plan does not set these values for the new one:\n\n  "+quoted(lost)+
			"\n\nTo keep them, set these fields in additional_fields.")
	}
	if user.MFAEnabled {
		losses = append(losses, "MFA is off for the new user, who must enroll again.")
	}
	if len(losses) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("name"), "Values lost by replacing user "+id.String(), strings.Join(losses, "\n\n"))}
}

// longestQuote is how much of an answer a warning has.
const longestQuote = 1000

// quoted returns fields with their values, or the names alone where that is too long.
func quoted(shown fields.Object) string {
	if text := shown.String(); len(text) <= longestQuote {
		return text
	}
	return strings.Join(slices.Sorted(maps.Keys(shown)), ", ")
}
