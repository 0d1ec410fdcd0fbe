package user

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/fields"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/writeonly"
)

// passwordUse is what an update does with the password in the configuration. Every PUT carries the current password.
type passwordUse int

const (
	keep    passwordUse = iota // it is the one sent last, and therefore the current one
	confirm                    // it is sent as the current one, for the appliance to confirm
	set                        // it is sent as the new one
	stale                      // it must not be sent, and is known not to be the current one
)

func passwordOf(config, state resourceModel, sent writeonly.Sent) writeonly.Password {
	return writeonly.Password{Value: config.Password, Version: config.PasswordVersion, PriorVersion: state.PasswordVersion, Sent: sent}
}

// useOf decides what to do with the password. A password to send is confirmed, not set, if there is no old password and
// nothing shows that it is new: the password of an adopted user is unknown, and a version may change without the
// password.
func useOf(config, plan, state resourceModel, sent writeonly.Sent) passwordUse {
	sends, differs := !plan.PasswordVersion.Equal(state.PasswordVersion), passwordOf(config, state, sent).Differs()
	switch {
	case sends && !differs && config.OldPassword.IsNull():
		return confirm
	case sends:
		return set
	case differs:
		return stale
	}
	return keep
}

// change is an update of a user, the same when it is planned and when it is applied.
type change struct {
	config, plan, state resourceModel
	fields              fields.Object // additional_fields of the plan
	password            passwordUse
	descriptionChanges  bool
	fieldsChange        bool
}

func planChange(config, plan, state resourceModel, written fields.Object, sent writeonly.Sent) change {
	return change{
		config: config, plan: plan, state: state, fields: written,
		password:           useOf(config, plan, state, sent),
		descriptionChanges: !framework.Same(plan.Description, state.Description),
		fieldsChange:       !plan.AdditionalFields.Equal(state.AdditionalFields),
	}
}

// sendsPassword reports whether the password is the reason for a request.
func (c change) sendsPassword() bool { return c.password == set || c.password == confirm }

// isEmpty reports whether the appliance has everything already.
func (c change) isEmpty() bool { return !c.sendsPassword() && !c.descriptionChanges && !c.fieldsChange }

// onlyFieldsChange reports whether the appliance may have everything although the state does not: Terraform knows only
// the configured fields of an adopted user.
func (c change) onlyFieldsChange() bool {
	return c.fieldsChange && !c.sendsPassword() && !c.descriptionChanges
}

// isUncertain reports whether anything changes is known only at apply.
func (c change) isUncertain() bool {
	return c.plan.PasswordVersion.IsUnknown() || c.plan.Description.IsUnknown() || c.plan.AdditionalFields.IsUnknown()
}

// current returns the argument with the password that the user has before the update, and that password.
func (c change) current() (path.Path, types.String) {
	if c.password == set || c.password == stale {
		return path.Root("old_password"), c.config.OldPassword
	}
	return path.Root("password"), c.config.Password
}

func (c change) values() api.UserValues {
	_, current := c.current()
	values := api.UserValues{OldPassword: current.ValueString(), Description: framework.Trim(c.plan.Description).ValueString(), AdditionalFields: c.fields}
	if c.password == set {
		values.Password = c.config.Password.ValueString()
	}
	return values
}

// missing returns the error for a password that the update needs and does not have. A plan warns of it.
func (c change) missing() diag.Diagnostics {
	attribute, current := c.current()
	switch {
	case c.isEmpty() || isExternal(c.fields):
		return nil
	case c.config.Password.IsNull() && !c.sendsPassword():
		return diag.Diagnostics{c.currentPasswordMissing()}
	case c.isUncertain():
		return nil
	case c.config.Password.IsNull():
		return writeonly.Missing("user " + c.plan.Name.String())
	case !current.IsNull():
		return nil
	case c.password == set:
		return diag.Diagnostics{c.oldPasswordMissing()}
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(attribute, "The user's current password is needed for "+c.plan.Name.String(),
		"The appliance requires the user's current password with every change, and password has changed without password_version. "+
			"To send the new password, change password_version too. Otherwise set old_password to the user's current password. "+writeonly.HiddenVersion)}
}

func (c change) currentPasswordMissing() diag.Diagnostic {
	changing := "the description changes"
	if !c.descriptionChanges {
		changing = "additional_fields change"
	}
	detail := "The appliance requires the user's current password with every change, and " + changing + ". Set password to the current password. " + ofIdentityProvider +
		" If ignore_changes contains password, remove it there."
	if c.descriptionChanges && framework.IsUnset(c.plan.Description) {
		detail += " Removing the description is also a change: to avoid it, set description to the current value."
	}
	attribute, _ := c.current()
	return diag.NewAttributeErrorDiagnostic(attribute, "The user's current password is needed for "+c.plan.Name.String(), detail)
}

func (c change) oldPasswordMissing() diag.Diagnostic {
	user := c.plan.Name.String()
	detail := "The password of " + user + " changes, and the appliance requires the current password for that. For this run, set old_password to the user's current password.\n\n" +
		"If the user may already have the new password, for example because the state was restored from a backup, set old_password to the same value as password. " +
		"If the source of the password returns a different value in each run, set password_version: the password is then sent only when that version changes."
	if !c.state.IsDefault.ValueBool() {
		detail += "\n\nTo recreate the user instead, use -replace with the address of this resource. This requires no old password, but the user loses MFA and all fields that additional_fields does not set."
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("old_password"), "The user's old password is needed for "+user, detail)
}
