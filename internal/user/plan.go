package user

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/writeonly"
)

// ModifyPlan decides whether the password will change, says what is missing for what is planned, and asks the
// appliance about new values.
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
	check, diags := writeonly.Load(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	replacing := !creating && !destroying && !plan.Name.Equal(state.Name)
	if (destroying || replacing) && state.IsDefault.ValueBool() {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "The default administrator cannot be deleted",
			"The appliance keeps its default administrator. To stop managing the user "+state.Name.String()+" without deleting it, use a removed block with destroy = false, or terraform state rm.")
		return
	}
	if destroying {
		return
	}

	plan.PasswordVersion = writeonly.Password{
		Value: config.Password, Version: config.PasswordVersion, PriorVersion: state.PasswordVersion, Check: check,
	}.PlanVersion()
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("password_version"), plan.PasswordVersion)...)

	change := planChange(config, plan, state, check)
	if creating || replacing {
		resp.Diagnostics.Append(missingForCreation(config, plan)...)
		change.redescribes, change.setsPassword = true, true
	} else {
		resp.Diagnostics.Append(change.missing()...)
	}
	// Terraform plans a replacement a second time, as a creation that still has the private state, and drops the
	// warnings of that.
	replanning := creating && check != ""
	if resp.Diagnostics.HasError() || replanning || !r.ValidatesPlan(!creating) {
		return
	}
	if creating || replacing {
		framework.Validate(ctx, &resp.Diagnostics, path.Root("name"), plan.Name, r.Client.Users.ValidateName)
	}
	if change.redescribes {
		framework.Validate(ctx, &resp.Diagnostics, path.Root("description"), plan.Description, r.Client.Users.ValidateDescription)
	}
	if change.setsPassword {
		framework.Validate(ctx, &resp.Diagnostics, path.Root("password"), config.Password, r.Client.Users.ValidatePassword)
	}
}

// missingForCreation says what a user cannot be created without.
func missingForCreation(config, plan resourceModel) diag.Diagnostics {
	var diags diag.Diagnostics
	if config.Password.IsNull() {
		diags.AddAttributeError(path.Root("password"), "A password is needed",
			"The appliance creates a user with a password only. Set password. To manage a user who exists already without knowing the password, import the user first.")
	}
	if plan.Name.ValueString() == reservedName {
		diags.AddAttributeError(path.Root("name"), "A new user cannot be called admin",
			"The appliance reserves this name. An administrator of this name who exists can be managed after an import.")
	}
	return diags
}

// change is an update of a user, the same when it is planned and when it is applied. Every PUT carries the current
// password, so what matters is which of the configured passwords that is.
type change struct {
	config, plan resourceModel
	redescribes  bool // the description changes
	rotates      bool // password is to be sent
	setsPassword bool // it is sent as the new password
	confirms     bool // it is sent as the current one, for the appliance to confirm: nobody knows the password of an adopted user
	stale        bool // it is known not to be the current one although it is not to be sent
	uncertain    bool // whether anything changes is known only at apply
}

func planChange(config, plan, state resourceModel, check writeonly.CheckValue) change {
	rotates := !plan.PasswordVersion.Equal(state.PasswordVersion)
	confirms := rotates && check == "" && config.OldPassword.IsNull()
	return change{
		config: config, plan: plan,
		redescribes:  plan.Description.IsUnknown() || plan.Description.ValueString() != state.Description.ValueString(),
		rotates:      rotates,
		setsPassword: rotates && !confirms,
		confirms:     confirms,
		stale:        !rotates && writeonly.Password{Value: config.Password, Check: check}.Differs(),
		uncertain:    plan.PasswordVersion.IsUnknown() || plan.Description.IsUnknown(),
	}
}

// current is the password that the user has before the update.
func (c change) current() types.String {
	if c.setsPassword || c.stale {
		return c.config.OldPassword
	}
	return c.config.Password
}

func (c change) values() api.UserValues {
	values := api.UserValues{OldPassword: c.current().ValueString(), Description: c.plan.Description.ValueString()}
	if c.setsPassword {
		values.Password = c.config.Password.ValueString()
	}
	return values
}

// missing says which password an update cannot do without.
func (c change) missing() diag.Diagnostics {
	var diags diag.Diagnostics
	switch {
	case !c.rotates && !c.redescribes:
	case c.config.Password.IsNull() && c.rotates:
		if !c.uncertain {
			diags.AddAttributeError(path.Root("password"), "A password is needed",
				"password_version changes, which means that the password is to be sent, but there is none. Set password, or leave password_version as it is.")
		}
	case c.config.Password.IsNull():
		detail := "The appliance wants the user's current password with every change, and the description changes. Set password to it."
		if framework.IsNothing(c.plan.Description) {
			detail += " Leaving out a description that the user has is a change too: to change nothing, set description to it."
		}
		diags.AddAttributeError(path.Root("password"), "The user's current password is needed", detail)
	case !c.current().IsNull() || c.uncertain:
	case c.rotates:
		diags.AddAttributeError(path.Root("old_password"), "The user's old password is needed",
			"The password of "+c.plan.Name.String()+" is to change, and the appliance wants the current one with that. Set old_password for this run to the password the user has now. "+
				"To replace the user by a new one instead, mark it with terraform taint.")
	default:
		diags.AddAttributeError(path.Root("old_password"), "The user's current password is needed",
			"The appliance wants the user's current password with every change. password is not the one sent last, and password_version, which has not changed, says not to send it. "+
				"Change password_version to send it, or set old_password to the password the user has now.")
	}
	return diags
}

// refused explains a failed update. When the appliance refuses it, the password given as the current one is the
// likely reason.
func (c change) refused(err error) diag.Diagnostic {
	if !api.IsRefused(err) {
		return framework.Diagnostic(err)
	}
	if c.confirms {
		return framework.AttributeDiagnostic(path.Root("password"), err,
			"For a user adopted by import, password is given to the appliance as the current one, to be confirmed. If it is meant to be a new one, set old_password to the password the user has now.")
	}
	if c.current().Equal(c.config.OldPassword) {
		return framework.AttributeDiagnostic(path.Root("old_password"), err, "Check that old_password is the password the user has now.")
	}
	return framework.AttributeDiagnostic(path.Root("password"), err,
		"Check that password is the password the user has now: somebody may have changed it on the appliance.")
}
