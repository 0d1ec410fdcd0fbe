package user

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/fields"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/writeonly"
)

// operation is what Terraform plans for a user.
type operation int

const (
	updating operation = iota
	creating
	replacing
	destroying
)

func operationOf(req resource.ModifyPlanRequest, plan, state resourceModel) operation {
	switch {
	case req.Plan.Raw.IsNull():
		return destroying
	case req.State.Raw.IsNull():
		return creating
	case !plan.Name.Equal(state.Name):
		return replacing
	}
	return updating
}

// ModifyPlan decides whether the password will change, reports what is missing for what is planned, and asks the appliance
// about new values.
func (r *userResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var config, plan, state resourceModel
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(framework.Get(ctx, req.State, &state)...)
	}
	if !req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(framework.Get(ctx, req.Config, &config)...)
		resp.Diagnostics.Append(framework.Get(ctx, req.Plan, &plan)...)
	}
	if r.Client != nil { // before a data source reads what the appliance says about the user
		r.Client.Hide(config.Password.ValueString(), config.OldPassword.ValueString())
	}
	sent, diags := writeonly.Load(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	planned := operationOf(req, plan, state)
	if planned == destroying || planned == replacing {
		resp.Diagnostics.Append(r.planDeletion(state)...)
	}
	if planned == creating {
		r.PlanCreation(resp, "user", "user "+plan.Name.String(), strings.ToLower(framework.Trim(plan.Name).ValueString()))
	}
	r.PlanTwoResources(ctx, resp, "user", "user "+state.ID.String(), state.ID.ValueString(), plannedActions[planned])
	if planned == destroying || resp.Diagnostics.HasError() {
		return
	}
	written, err := plan.planFields(state)
	if err != nil {
		resp.Diagnostics.Append(invalidFields(err))
		return
	}
	if planned == replacing { // by a new user
		rights, diags := loadRights(ctx, req.Private)
		resp.Diagnostics.Append(diags...)
		resp.Diagnostics.Append(r.Redacted(r.lostFields(ctx, state.ID, state.known(rights), written))...)
		state = resourceModel{}
	}
	password := passwordOf(config, state, sent)
	plan.PasswordVersion = password.PlanVersion()
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("password_version"), plan.PasswordVersion)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("additional_fields"), plan.AdditionalFields)...)
	user := "user " + plan.Name.String()
	resp.Diagnostics.Append(password.Findings(user)...)
	resp.Diagnostics.Append(password.EmptyString(ctx, req.Config, user)...)
	if planned == updating {
		r.planUpdate(ctx, &resp.Diagnostics, planChange(config, plan, state, written, sent))
	} else {
		r.planCreation(ctx, &resp.Diagnostics, config, plan, written, planned, sent)
	}
}

// plannedActions are what operations do with a user in the state. A creation has none there.
var plannedActions = map[operation]framework.PlannedAction{updating: framework.Stays, replacing: framework.Replaced, destroying: framework.Destroyed}

// planDeletion reports what prevents the deletion of a user, and its consequences.
func (r *userResource) planDeletion(state resourceModel) diag.Diagnostics {
	if state.IsDefault.ValueBool() {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("name"), "The default administrator cannot be deleted",
			"The appliance keeps its default administrator. To stop managing the user "+state.Name.String()+" without deleting it, use a removed block with destroy = false, or terraform state rm.")}
	}
	return r.ownUserDeletion(state.Name)
}

// planCreation plans a user who does not exist, or who replaces another.
func (r *userResource) planCreation(
	ctx context.Context, diags *diag.Diagnostics, config, plan resourceModel, written fields.Object, planned operation, sent writeonly.Sent,
) {
	name := framework.Trim(plan.Name)
	// Terraform plans a tainted user without its state. The user itself has the name if this run has read it.
	tainted := planned == creating && r.Client != nil && r.Client.Users.HasRefreshed(name.ValueString()) && !r.StaysPlanned("user", name.ValueString())
	if tainted {
		diags.Append(r.ownUserDeletion(name)...)
		diags.Append(r.Redacted(r.lostFields(ctx, name, api.User{}, written))...)
	}
	diags.Append(missingForCreation(ctx, config, plan, written)...)
	diags.Append(checkPassword(ctx, config.Password)...)
	// Terraform plans a replacement a second time, as a creation that still has the private state, and drops the warnings
	// of that.
	if planned == creating && sent.Check != "" || !r.ValidatesPlan(planned == replacing) {
		return
	}
	user := "user " + plan.Name.String()
	if !tainted && len(name.ValueString()) <= longestLocalName {
		r.Validate(ctx, diags, user, api.UserName, name)
	}
	r.Validate(ctx, diags, user, api.UserDescription, framework.Trim(plan.Description))
	r.Validate(ctx, diags, user, api.UserPassword, config.Password)
}

// planUpdate plans a change of a user who exists.
func (r *userResource) planUpdate(ctx context.Context, diags *diag.Diagnostics, c change) {
	if !c.onlyFieldsChange() || r.fieldsDiffer(ctx, c) {
		diags.Append(r.PlanWarnings(c.missing())...)
	}
	if c.password == set {
		diags.Append(checkPassword(ctx, c.config.Password)...)
		diags.Append(r.ownPasswordChange(c.state.Name)...)
	}
	if !r.ValidatesPlan(true) {
		return
	}
	user := "user " + c.plan.Name.String()
	if c.descriptionChanges {
		r.Validate(ctx, diags, user, api.UserDescription, framework.Trim(c.plan.Description))
	}
	if c.password == set {
		r.Validate(ctx, diags, user, api.UserPassword, c.config.Password)
	}
}

// fieldsDiffer reports whether the appliance is known to have other additional fields than the plan.
func (r *userResource) fieldsDiffer(ctx context.Context, c change) bool {
	if !r.IsPlanning() {
		return false
	}
	found, err := r.Client.Users.Refresh(ctx, c.plan.ID.ValueString())
	return err == nil && !c.fields.Compare(found.AdditionalFields).Confirms()
}

// ownUserDeletion warns about the deletion of the user whom Terraform signs in as.
func (r *userResource) ownUserDeletion(name types.String) diag.Diagnostics {
	if r.Client == nil || !r.Client.SignsInAs(framework.Trim(name).ValueString()) {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("name"), "Terraform signs in as the user "+name.String()+", who will be deleted",
		"The rest of the run may fail after the deletion, and the next run needs another user. To keep the user and stop managing it, use a removed block with destroy = false, or terraform state rm. Otherwise destroy everything else first.")}
}

// ownPasswordChange warns about another password for the user whom Terraform signs in as.
func (r *userResource) ownPasswordChange(name types.String) diag.Diagnostics {
	if r.Client == nil || !r.Client.SignsInAs(framework.Trim(name).ValueString()) {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("password"), "Terraform signs in as the user "+name.String()+", whose password will change",
		"This run continues with the new password. The next run needs it in the provider configuration: password, or VEEAM_PASSWORD.")}
}

func tooLong(model resourceModel, written fields.Object) diag.Diagnostics {
	length := utf8.RuneCountInString(framework.Trim(model.Name).ValueString())
	if length <= longestLocalName || model.AdditionalFields.IsUnknown() || isExternal(written) {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("name"), "The name is too long",
		fmt.Sprintf("It has %d characters, and the appliance accepts at most %d. Only a user of an identity provider may have up to 125: set accountType = \"External\" in additional_fields.",
			length, longestLocalName))}
}

// missingForCreation reports what a user cannot be created without, as far as this is known: what depends on unknown
// additional_fields is checked by the apply.
func missingForCreation(ctx context.Context, config, plan resourceModel, written fields.Object) diag.Diagnostics {
	diags := checkName(ctx, plan.Name)
	diags.Append(tooLong(plan, written)...)
	if config.Password.IsNull() && !plan.AdditionalFields.IsUnknown() && !isExternal(written) {
		diags.Append(writeonly.MissingForCreation("user", ofIdentityProvider)...)
	}
	if framework.Trim(plan.Name).ValueString() == reservedName {
		diags.AddAttributeError(path.Root("name"), "A new user cannot be called admin",
			"The appliance reserves this name. To manage the existing administrator of this name, import it.")
	}
	return diags
}

// ofIdentityProvider is advice for users who have no password. Terraform cannot know that without additional_fields.
const ofIdentityProvider = "For a user of an identity provider, who has no password, set accountType = \"External\" in additional_fields."
