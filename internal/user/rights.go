package user

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/fields"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/writeonly"
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

// rightsOf returns the fields of an answer that decide what a user may do.
func rightsOf(answer fields.Object) fields.Object {
	rights := answer.WithoutSecrets()
	maps.DeleteFunc(rights, func(name string, value any) bool { return !isAboutRights(name, value) })
	return rights
}

// afterCreation returns a new user, read once more if the answer to its creation lacks what the appliance may have chosen, or
// a field that was written.
func (r *userResource) afterCreation(ctx context.Context, user api.User, written fields.Object) api.User {
	answer := user.AdditionalFields
	if !r.Client.Users.MayHaveRoles() || len(rightsOf(answer)) > 0 && written.Compare(answer).Complete {
		return user
	}
	return r.lookAgain(ctx, user)
}

// lookAgain returns a user as it is now, or as it was answered if it cannot be read.
func (r *userResource) lookAgain(ctx context.Context, answered api.User) api.User {
	if user, err := r.Client.Users.Get(ctx, answered.Name); err == nil {
		return user
	}
	return answered
}

// rightsKey is where the private state has the rights of a user as they were last answered, for an update to compare.
const rightsKey = "rights"

func (r *userResource) storeRights(ctx context.Context, private writeonly.PrivateWriter, answer fields.Object) diag.Diagnostics {
	var text []byte // none removes the key
	if rights := rightsOf(answer).MapStrings(r.Client.Redact); len(rights) > 0 {
		text = []byte(rights.String())
	}
	return private.SetKey(ctx, rightsKey, text)
}

// loadRights returns what is stored. What cannot be read counts as not stored.
func loadRights(ctx context.Context, private writeonly.PrivateReader) (fields.Object, diag.Diagnostics) {
	stored, diags := private.GetKey(ctx, rightsKey)
	rights, _ := fields.Parse(string(stored))
	return rights, diags
}

// compareRights warns about rights that an update changed although the configuration does not set them: an appliance may
// reset a field that an update omits. It reads the user if the answer does not have them.
func (r *userResource) compareRights(
	ctx context.Context, private writeonly.PrivateReader, keep writeonly.PrivateWriter, name types.String, answered api.User, written fields.Object,
) diag.Diagnostics {
	before, diags := loadRights(ctx, private)
	answer := answered.AdditionalFields
	if len(before.Without(written).Without(answer)) > 0 {
		answer = r.lookAgain(ctx, answered).AdditionalFields
	}
	rights := rightsOf(answer).MapStrings(r.Client.Redact)
	if changes := changedFields(before, rights, written); len(before) > 0 && len(changes) > 0 {
		diags.AddAttributeWarning(path.Root("additional_fields"), "Rights changed by the update of user "+name.String(),
			"These values are not in the configuration, and changed since Terraform last read the user:\n\n  "+strings.Join(changes, "\n  ")+
				"\n\nCheck that they give no more rights than intended. To set other values, set these fields in additional_fields.")
	}
	if len(before.Without(answer)) == 0 {
		diags.Append(r.storeRights(ctx, keep, answer)...)
	}
	return diags
}

// changedFields lists the fields of an answer that nobody wrote and that have another value than before.
func changedFields(before, answer, written fields.Object) []string {
	var changes []string
	for _, name := range slices.Sorted(maps.Keys(answer)) {
		was, _ := before.Lookup(name)
		_, isWritten := written.Lookup(name)
		if old, now := (fields.Object{"": was}), (fields.Object{"": answer[name]}); !isWritten && !old.Equal(now) {
			changes = append(changes, fmt.Sprintf("%s: %s -> %s", name, fields.JSON(was), fields.JSON(answer[name])))
		}
	}
	return changes
}

// chosenFields warns about the fields of a new user that the appliance chose. A user without a role may be given every
// right. If the configuration has additional_fields, only fields about rights count.
func chosenFields(plan resourceModel, written, answer fields.Object) diag.Diagnostics {
	chosen := answer.Without(written).WithoutSecrets()
	if !framework.IsUnset(plan.AdditionalFields) {
		chosen = rightsOf(chosen)
	}
	if len(chosen) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("additional_fields"), "Fields chosen by the appliance for user "+plan.Name.String(),
		"The new user has values that the configuration does not set:\n\n  "+quoted(chosen)+
			"\n\nCheck that they give no more rights than intended. To set other values, set these fields in additional_fields.")}
}

// lostFields warns about what a recreated user loses. known is the user as the state has it, if this run reads no users.
func (r *userResource) lostFields(ctx context.Context, id types.String, known api.User, written fields.Object) diag.Diagnostics {
	user := known
	if r.IsPlanning() {
		if found, err := r.Client.Users.Refresh(ctx, id.ValueString()); err == nil { // from the cache of this run
			user = found
		}
	}
	var losses []string
	if lost := user.AdditionalFields.Without(written).WithoutSecrets(); len(lost) > 0 {
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
