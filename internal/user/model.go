package user

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// resourceModel is a user as configuration, plan and state hold it.
type resourceModel struct {
	ID              types.String
	Name            types.String
	Description     types.String
	Password        types.String
	OldPassword     types.String
	PasswordVersion types.String
	MFAEnabled      types.Bool
	IsDefault       types.Bool
}

// Attributes implements [framework.Model].
func (m *resourceModel) Attributes() map[string]any {
	return map[string]any{
		"id":               &m.ID,
		"name":             &m.Name,
		"description":      &m.Description,
		"password":         &m.Password,
		"old_password":     &m.OldPassword,
		"password_version": &m.PasswordVersion,
		"mfa_enabled":      &m.MFAEnabled,
		"is_default":       &m.IsDefault,
	}
}

// identityModel is what identifies a user.
type identityModel struct {
	Name types.String `tfsdk:"name"`
}

// take fills the model from what the appliance answered.
func (m *resourceModel) take(user api.User) {
	m.ID = types.StringValue(user.Name)
	m.Name = types.StringValue(user.Name)
	m.Description = framework.Kept(m.Description, framework.Description(user.Description))
	m.MFAEnabled = types.BoolValue(user.MFAEnabled)
	m.IsDefault = types.BoolValue(user.IsDefault)
}

// takeKeepingPlan fills the model from the answer to an update, except for the computed values that the plan knew:
// Terraform calls another value there inconsistent, and the next refresh shows it.
func (m *resourceModel) takeKeepingPlan(user api.User) {
	planned := *m
	m.take(user)
	m.ID = planned.ID
	if !planned.MFAEnabled.IsUnknown() {
		m.MFAEnabled = planned.MFAEnabled
	}
	if !planned.IsDefault.IsUnknown() {
		m.IsDefault = planned.IsDefault
	}
}
