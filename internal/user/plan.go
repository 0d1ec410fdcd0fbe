package user

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/fields"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/writeonly"
)

// ModifyPlan decides whether the password will change, reports what is missing for what is planned, and asks the appliance
// about new values.
func (r *userResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var config, plan, state resourceModel
	creating, destroying := req.State.Raw.IsNull(), req.Plan.Raw.IsNull()
	if !creating {
		resp.Diagnostics.Append(framework.Get(ctx, req.State, &state)...)
	}
	if !destroying {
		resp.Diagnostics.Append(framework.Get(ctx, req.Config, &config)...)
		resp.Diagnostics.Append(framework.Get(ctx, req.Plan, &plan)...)
	}
	sent, diags := writeonly.Load(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	replacing := !creating && !destroying && !plan.Name.Equal(state.Name)
	if destroying || replacing {
		resp.Diagnostics.Append(r.planDeletion(state)...)
	}
	if destroying || resp.Diagnostics.HasError() {
		return
	}
	written, err := plan.planFields(state)
	if err != nil {
		resp.Diagnostics.Append(invalidFields(err))
		return
	}
	if replacing { // by a user who begins with nothing
		state = resourceModel{}
	}
	password := passwordOf(config, state, sent)
	plan.PasswordVersion = password.PlanVersion()
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("password_version"), plan.PasswordVersion)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("additional_fields"), plan.AdditionalFields)...)
	resp.Diagnostics.Append(password.Findings("user " + plan.Name.String())...)
	if !creating && !replacing {
		r.planUpdate(ctx, &resp.Diagnostics, planChange(config, plan, state, written, sent))
		return
	}
	// A tainted user comes without its state and has the name itself: this run has read it.
	tainted := creating && r.Client != nil && r.Client.Users.HasRefreshed(plan.Name.ValueString())
	if tainted {
		resp.Diagnostics.Append(r.planDeletion(plan)...)
	}
	resp.Diagnostics.Append(missingForCreation(ctx, config, plan, written)...)
	resp.Diagnostics.Append(checkPassword(ctx, config.Password)...)
	// Terraform plans a replacement a second time, as a creation that still has the private state, and drops the warnings
	// of that.
	if replanned := creating && sent.Check != ""; !replanned && r.ValidatesPlan(replacing) {
		r.validateCreation(ctx, &resp.Diagnostics, config, plan, tainted)
	}
}

// planDeletion reports what stands against the deletion of a user, and what follows from it.
func (r *userResource) planDeletion(user resourceModel) diag.Diagnostics {
	if user.IsDefault.ValueBool() {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("name"), "The default administrator cannot be deleted",
			"The appliance keeps its default administrator. To stop managing the user "+user.Name.String()+" without deleting it, use a removed block with destroy = false, or terraform state rm.")}
	}
	return r.ownUserDeletion(user.Name)
}

// validateCreation asks the appliance about the values of a new user. It would refuse the name of a tainted one, which the
// same run frees.
func (r *userResource) validateCreation(ctx context.Context, diags *diag.Diagnostics, config, plan resourceModel, tainted bool) {
	user, name := "user "+plan.Name.String(), framework.Trim(plan.Name)
	if !tainted && len(name.ValueString()) <= longestLocalName {
		r.Validate(ctx, diags, user, path.Root("name"), name, r.Client.Users.ValidateName)
	}
	r.Validate(ctx, diags, user, path.Root("description"), framework.Trim(plan.Description), r.Client.Users.ValidateDescription)
	r.Validate(ctx, diags, user, path.Root("password"), config.Password, r.Client.Users.ValidatePassword)
}

// planUpdate plans a change of a user who exists.
func (r *userResource) planUpdate(ctx context.Context, diags *diag.Diagnostics, c change) {
	if !c.onlyFieldsChange() || r.fieldsDiffer(ctx, c) {
		diags.Append(framework.Warnings(c.missing())...)
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
		r.Validate(ctx, diags, user, path.Root("description"), framework.Trim(c.plan.Description), r.Client.Users.ValidateDescription)
	}
	if c.password == set {
		r.Validate(ctx, diags, user, path.Root("password"), c.config.Password, r.Client.Users.ValidatePassword)
	}
}

// fieldsDiffer reports whether the appliance is known to have other additional fields than the plan.
func (r *userResource) fieldsDiffer(ctx context.Context, c change) bool {
	if !r.ValidatesPlan(true) {
		return false
	}
	found, err := r.Client.Users.Refresh(ctx, c.plan.ID.ValueString())
	return err == nil && !c.fields.Compare(fields.Of(found.AdditionalFields)).Confirms()
}

// ownUserDeletion warns about the deletion of the user whom Terraform signs in as.
func (r *userResource) ownUserDeletion(name types.String) diag.Diagnostics {
	if r.Client == nil || !r.Client.SignsInAs(framework.Trim(name).ValueString()) {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("name"), "Terraform signs in as the user "+name.String()+", who is to be deleted",
		"What is left of the run may fail after that, and the next run needs another user. Let go of this one with a removed block with destroy = false, or terraform state rm, or destroy everything else first.")}
}

// ownPasswordChange warns about another password for the user whom Terraform signs in as.
func (r *userResource) ownPasswordChange(name types.String) diag.Diagnostics {
	if r.Client == nil || !r.Client.SignsInAs(framework.Trim(name).ValueString()) {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("password"), "Terraform signs in as the user "+name.String()+", whose password is to change",
		"This run goes on with the new password by itself. The next one needs it in the provider configuration: password, or VEEAM_PASSWORD.")}
}

func tooLong(model resourceModel, written fields.Object) diag.Diagnostics {
	length := utf8.RuneCountInString(framework.Trim(model.Name).ValueString())
	if length <= longestLocalName || model.AdditionalFields.IsUnknown() || isExternal(written) {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("name"), "The name is too long",
		fmt.Sprintf("It has %d characters, and the appliance takes %d. Only a user of an identity provider may have up to 125: one with accountType = \"External\" in additional_fields.",
			length, longestLocalName))}
}

// missingForCreation reports what a user cannot be created without, as far as it is known: what depends on unknown
// additional_fields is left to the apply.
func missingForCreation(ctx context.Context, config, plan resourceModel, written fields.Object) diag.Diagnostics {
	diags := checkName(ctx, plan.Name)
	diags.Append(tooLong(plan, written)...)
	if config.Password.IsNull() && !plan.AdditionalFields.IsUnknown() && !isExternal(written) {
		diags.Append(writeonly.MissingForCreation("user", ofIdentityProvider)...)
	}
	if framework.Trim(plan.Name).ValueString() == reservedName {
		diags.AddAttributeError(path.Root("name"), "A new user cannot be called admin",
			"The appliance reserves this name. An administrator of this name who exists can be managed after an import.")
	}
	return diags
}

// ofIdentityProvider is for those who have no password to give. What additional_fields does not name, Terraform does not know.
const ofIdentityProvider = "A user of an identity provider has no password: say so by accountType = \"External\" in additional_fields."
