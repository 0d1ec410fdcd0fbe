package user

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// resourceModel is a user as configuration, plan and state hold it.
type resourceModel struct {
	ID              types.String `tfsdk:"id"`
	Name            types.String `tfsdk:"name"`
	Description     types.String `tfsdk:"description"`
	Password        types.String `tfsdk:"password"`
	OldPassword     types.String `tfsdk:"old_password"`
	PasswordVersion types.String `tfsdk:"password_version"`
	MFAEnabled      types.Bool   `tfsdk:"mfa_enabled"`
	IsDefault       types.Bool   `tfsdk:"is_default"`
}

// identityModel is what identifies a user.
type identityModel struct {
	Name types.String `tfsdk:"name"`
}

// take fills the model from what the appliance answered.
func (m *resourceModel) take(user api.User) {
	m.ID = types.StringValue(user.Name)
	m.Name = types.StringValue(user.Name)
	m.Description = framework.Description(user.Description)
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
