package user

import (
	"context"
	"fmt"
	"unicode/utf8"

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
	sent, diags := writeonly.Load(ctx, req.Private)
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
	// A tainted user comes without its state and has the name itself: this run has read it.
	tainted := creating && r.Client != nil && r.Client.Users.HasRefreshed(plan.Name.ValueString())
	switch {
	case destroying || replacing:
		resp.Diagnostics.Append(r.losing(state.Name)...)
	case tainted:
		resp.Diagnostics.Append(r.losing(plan.Name)...)
	}
	if destroying {
		return
	}
	if replacing { // by a user who begins with nothing
		state = resourceModel{}
	}

	user := "user " + plan.Name.String()
	password := passwordOf(config, state, sent)
	plan.PasswordVersion = password.PlanVersion()
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("password_version"), plan.PasswordVersion)...)

	change := planChange(config, plan, state, sent)
	switch {
	case creating || replacing:
		change = change.asCreation()
		resp.Diagnostics.Append(missingForCreation(config, plan)...)
	case !change.onlyExtends():
		resp.Diagnostics.Append(framework.Warnings(change.missing())...)
	case r.ValidatesPlan(true):
		if found, err := r.Client.Users.Refresh(ctx, plan.ID.ValueString()); err == nil && !change.fields.isConfirmed(found.AdditionalFields) {
			resp.Diagnostics.Append(framework.Warnings(change.missing())...)
		}
	}
	resp.Diagnostics.Append(password.Findings(user)...)
	if change.setsPassword {
		resp.Diagnostics.Append(checkPassword(ctx, config.Password)...)
		resp.Diagnostics.Append(r.rotating(state.Name)...)
	}
	// Terraform plans a replacement a second time, as a creation that still has the private state, and drops the
	// warnings of that.
	replanning := creating && sent.Check != ""
	if replanning || !r.ValidatesPlan(!creating) {
		return
	}
	if (creating || replacing) && !tainted && len(plan.Name.ValueString()) <= longestLocalName {
		r.Validate(ctx, &resp.Diagnostics, user, path.Root("name"), plan.Name, r.Client.Users.ValidateName)
	}
	if change.redescribes {
		r.Validate(ctx, &resp.Diagnostics, user, path.Root("description"), plan.Description, r.Client.Users.ValidateDescription)
	}
	if change.setsPassword {
		r.Validate(ctx, &resp.Diagnostics, user, path.Root("password"), config.Password, r.Client.Users.ValidatePassword)
	}
}

// losing warns of the deletion of the user whom Terraform signs in as.
func (r *userResource) losing(name types.String) diag.Diagnostics {
	if r.Client == nil || !r.Client.SignsInAs(name.ValueString()) {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("name"), "Terraform signs in as the user "+name.String()+", who is to be deleted",
		"What is left of the run may fail after that, and the next run needs another user. Let go of this one with a removed block with destroy = false, or terraform state rm, or destroy everything else first.")}
}

// rotating warns of another password for the user whom Terraform signs in as.
func (r *userResource) rotating(name types.String) diag.Diagnostics {
	if r.Client == nil || !r.Client.SignsInAs(name.ValueString()) {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("password"), "Terraform signs in as the user "+name.String()+", whose password is to change",
		"This run goes on with the new password by itself. The next one needs it in the provider configuration: password, or VEEAM_PASSWORD.")}
}

// ValidateConfig refuses names that only users of an identity provider can have. One with neither a password nor fields may
// be such a user who is adopted, as Terraform generates configurations.
func (r *userResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config resourceModel
	resp.Diagnostics.Append(framework.Get(ctx, req.Config, &config)...)
	if !config.Password.IsNull() || !config.AdditionalFields.IsNull() {
		resp.Diagnostics.Append(tooLong(config)...)
	}
}

func tooLong(model resourceModel) diag.Diagnostics {
	fields, err := parseFields(model.AdditionalFields.ValueString())
	length := utf8.RuneCountInString(model.Name.ValueString())
	if length <= longestLocalName || model.AdditionalFields.IsUnknown() || err != nil || fields.external() {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("name"), "The name is too long",
		fmt.Sprintf("It has %d characters, and the appliance takes %d. Only a user of an identity provider may have up to 125: one with accountType = \"External\" in additional_fields.",
			length, longestLocalName))}
}

// missingForCreation says what a user cannot be created without, as far as it is known: what depends on unknown
// additional_fields is left to the apply.
func missingForCreation(config, plan resourceModel) diag.Diagnostics {
	diags := tooLong(plan)
	fields, err := parseFields(plan.AdditionalFields.ValueString())
	switch {
	case plan.AdditionalFields.IsUnknown():
	case err != nil:
		diags.Append(invalidFields(err))
	case config.Password.IsNull() && !fields.external():
		diags.Append(writeonly.MissingForCreation("user", ofIdentityProvider)...)
	}
	if plan.Name.ValueString() == reservedName {
		diags.AddAttributeError(path.Root("name"), "A new user cannot be called admin",
			"The appliance reserves this name. An administrator of this name who exists can be managed after an import.")
	}
	return diags
}

// ofIdentityProvider is for those who have no password to give. What additional_fields does not name, Terraform does not know.
const ofIdentityProvider = "A user of an identity provider has no password: say so by accountType = \"External\" in additional_fields."

func passwordOf(config, state resourceModel, sent writeonly.Sent) writeonly.Password {
	return writeonly.Password{Value: config.Password, Version: config.PasswordVersion, PriorVersion: state.PasswordVersion, Sent: sent}
}

// change is an update of a user, the same when it is planned and when it is applied. Every PUT carries the current
// password, so what matters is which of the configured passwords that is.
type change struct {
	config, plan, state resourceModel
	fields              additionalFields
	redescribes         bool // the description changes
	extends             bool // the additional fields change
	rotates             bool // password is to be sent
	setsPassword        bool // it is sent as the new password
	confirms            bool // it is sent as the current one, for the appliance to confirm
	stale               bool // it is known not to be the current one although it is not to be sent
	uncertain           bool // whether anything changes is known only at apply
}

// planChange finds out what changes. A password that is to be sent is confirmed rather than set when there is no old one
// and nothing says that it is new: nobody knows the password of an adopted user, and a version may be taken up without
// another password.
func planChange(config, plan, state resourceModel, sent writeonly.Sent) change {
	rotates := !plan.PasswordVersion.Equal(state.PasswordVersion)
	differs := passwordOf(config, state, sent).Differs()
	confirms := rotates && !differs && config.OldPassword.IsNull()
	fields, _ := parseFields(plan.AdditionalFields.ValueString()) // validated, or about to be
	return change{
		config: config, plan: plan, state: state, fields: fields,
		redescribes:  !framework.Same(plan.Description, state.Description),
		extends:      !plan.AdditionalFields.Equal(state.AdditionalFields),
		rotates:      rotates,
		setsPassword: rotates && !confirms,
		confirms:     confirms,
		stale:        !rotates && differs,
		uncertain:    plan.PasswordVersion.IsUnknown() || plan.Description.IsUnknown() || plan.AdditionalFields.IsUnknown(),
	}
}

// asCreation is the change from nothing.
func (c change) asCreation() change {
	c.redescribes, c.rotates, c.setsPassword, c.confirms, c.stale = true, true, true, false, false
	return c
}

// isEmpty tells whether the appliance has everything already.
func (c change) isEmpty() bool { return !c.redescribes && !c.rotates && !c.extends }

// onlyExtends tells whether the appliance may have everything although the state has not: an adopted user is what it is,
// and Terraform knows no more of that than the configuration names.
func (c change) onlyExtends() bool { return c.extends && !c.redescribes && !c.rotates }

// current is the argument with the password that the user has before the update, and that password.
func (c change) current() (path.Path, types.String) {
	if c.setsPassword || c.stale {
		return path.Root("old_password"), c.config.OldPassword
	}
	return path.Root("password"), c.config.Password
}

func (c change) values() api.UserValues {
	_, current := c.current()
	values := api.UserValues{OldPassword: current.ValueString(), Description: c.plan.Description.ValueString(), AdditionalFields: c.fields.raw()}
	if c.setsPassword {
		values.Password = c.config.Password.ValueString()
	}
	return values
}

// missing says which password an update cannot do without. An apply ends with it; a plan warns of it.
func (c change) missing() diag.Diagnostics {
	user := c.plan.Name.String()
	attribute, current := c.current()
	var diags diag.Diagnostics
	switch {
	case c.isEmpty(), c.fields.external():
	case c.config.Password.IsNull() && c.rotates:
		if !c.uncertain {
			diags.Append(writeonly.Missing("user " + user)...)
		}
	case c.config.Password.IsNull():
		changing := "the description changes"
		if !c.redescribes {
			changing = "additional_fields change"
		}
		detail := "The appliance wants the user's current password with every change, and " + changing + ". Set password to it. " + ofIdentityProvider +
			" Where ignore_changes of a lifecycle block hides password from the plan, take it out there."
		if c.redescribes && framework.IsUnset(c.plan.Description) {
			detail += " Leaving out a description that the user has is a change too: to change nothing, set description to it."
		}
		diags.AddAttributeError(attribute, "The user's current password is needed for "+user, detail)
	case !current.IsNull() || c.uncertain:
	case c.rotates:
		detail := "The password of " + user + " is to change, and the appliance wants the current one with that. Set old_password for this run to the password the user has now.\n\n" +
			"If nobody has changed the password, its source seems to give another one each time, as an ephemeral random password does: password_version says when to send one of them."
		if !c.state.IsDefault.ValueBool() {
			detail += "\n\nTo make the user anew, plan with -replace and the address of this resource. That needs no old password."
		}
		diags.AddAttributeError(attribute, "The user's old password is needed for "+user, detail)
	default:
		diags.AddAttributeError(attribute, "The user's current password is needed for "+user,
			"The appliance wants the user's current password with every change. password is not the one sent last, and password_version, which has not changed, says not to send it. "+
				"Change password_version to send it, or set old_password to the password the user has now. "+writeonly.HiddenVersion)
	}
	return diags
}

// report explains a failed update. When the appliance refuses it, the password given as the current one is the
// likely reason.
func (c change) report(diags *diag.Diagnostics, err error) {
	switch {
	case !api.IsRefused(err) || c.fields.external() || missesField(err):
		reportWrite(diags, err)
		return
	case c.fields.blamedBy(err):
		diags.Append(framework.AttributeDiagnostic(path.Root("additional_fields"), err))
		return
	}
	attribute, _ := c.current()
	var advice string
	switch {
	case c.confirms:
		advice = "password is given to the appliance as the current one, to be confirmed, because nothing says that it is new. " +
			"If it is meant to be a new one, set old_password to the password the user has now."
	case attribute.Equal(path.Root("old_password")):
		advice = "Check that old_password is the password the user has now."
	case !c.config.OldPassword.IsNull():
		advice = "Check that password is the password the user has now: somebody may have changed it on the appliance. old_password was not used, because password is the one sent last. " +
			"To set password anew with it, set password_version to another value."
	default:
		advice = "Check that password is the password the user has now: somebody may have changed it on the appliance. To set it anew, " +
			"set old_password to the password the user has now, and password_version to another value."
	}
	diags.Append(framework.AttributeDiagnostic(attribute, err, advice))
}
