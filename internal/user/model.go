package user

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

func users(client *api.Client) framework.Collection[api.User] { return client.Users }

// resourceModel is a user as configuration, plan and state hold it.
type resourceModel struct {
	ID               types.String
	Name             types.String
	Description      types.String
	Password         types.String
	OldPassword      types.String
	PasswordVersion  types.String
	AdditionalFields types.String
	MFAEnabled       types.Bool
	IsDefault        types.Bool
}

// Attributes implements [framework.Model].
func (m *resourceModel) Attributes() map[string]any {
	return map[string]any{
		"id":                &m.ID,
		"name":              &m.Name,
		"description":       &m.Description,
		"password":          &m.Password,
		"old_password":      &m.OldPassword,
		"password_version":  &m.PasswordVersion,
		"additional_fields": &m.AdditionalFields,
		"mfa_enabled":       &m.MFAEnabled,
		"is_default":        &m.IsDefault,
	}
}

// identityModel is what identifies a user.
type identityModel struct {
	Name types.String `tfsdk:"name"`
}

// user is a user as the appliance would answer.
func (m resourceModel) user() api.User {
	return api.User{
		Name: m.Name.ValueString(), Description: m.Description.ValueStringPointer(),
		MFAEnabled: m.MFAEnabled.ValueBool(), IsDefault: m.IsDefault.ValueBool(),
	}
}

// take fills the model from what the appliance answered about this user. A name cannot change: where it is known, the
// answer's is the same, in whatever case.
func (m *resourceModel) take(user api.User) {
	if m.Name.IsNull() {
		m.ID, m.Name = types.StringValue(user.Name), types.StringValue(user.Name)
	}
	m.Description = framework.Kept(m.Description, framework.Description(user.Description))
	m.AdditionalFields = refreshedFields(m.AdditionalFields, user.AdditionalFields)
	m.MFAEnabled = types.BoolValue(user.MFAEnabled)
	m.IsDefault = types.BoolValue(user.IsDefault)
}

// complete fills a planned model with what only the answer to the write could tell, and warns of what the appliance
// changed in the rest.
func (m *resourceModel) complete(user api.User) diag.Diagnostics {
	saved := *m
	saved.take(user)
	m.ID = m.Name
	if m.MFAEnabled.IsUnknown() {
		m.MFAEnabled = saved.MFAEnabled
	}
	if m.IsDefault.IsUnknown() {
		m.IsDefault = saved.IsDefault
	}
	diags := framework.NotSaved("user "+m.Name.String(), m.written(), saved.written())
	diags.Append(refutedFields(m.Name, m.AdditionalFields, user.AdditionalFields)...)
	return diags
}

// written are the attributes that the appliance is sent and answers with.
func (m resourceModel) written() []framework.Attribute {
	return []framework.Attribute{{Name: "description", Value: m.Description}}
}
