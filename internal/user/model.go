package user

import (
	"maps"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/fields"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

func users(client *api.Client) framework.Collection[api.User] { return client.Users }

// resourceModel is a user in a configuration, plan or state.
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
		Name: m.Name.ValueString(), Description: m.Description.ValueString(),
		MFAEnabled: m.MFAEnabled.ValueBool(), IsDefault: m.IsDefault.ValueBool(),
	}
}

// known is the user with all that the state has of it, the rights in the private state included.
func (m resourceModel) known(rights fields.Object) api.User {
	user := m.user()
	user.AdditionalFields = fields.Object{}
	maps.Copy(user.AdditionalFields, rights)
	managed, _ := parseFields(m.AdditionalFields.ValueString()) // a broken state has none
	maps.Copy(user.AdditionalFields, managed)
	return user
}

// planFields parses the additional_fields of a plan, and plans the text in the state if it means the same: formatting
// and the form of a number are ignored. Fields that are unknown are nil.
func (m *resourceModel) planFields(state resourceModel) (fields.Object, error) {
	planned, err := parseFields(m.AdditionalFields.ValueString())
	if err != nil || m.AdditionalFields.IsNull() || m.AdditionalFields.IsUnknown() || state.AdditionalFields.IsNull() {
		return planned, err
	}
	if prior, err := parseFields(state.AdditionalFields.ValueString()); err == nil && planned.Equal(prior) {
		m.AdditionalFields = state.AdditionalFields
	}
	return planned, nil
}

// fromAPI fills the model from what the appliance answered about this user. A name cannot change: a known one, for
// example from an import, equals that of the answer except for case. redact hides the secrets of this run.
func (m *resourceModel) fromAPI(user api.User, redact func(string) string) {
	if m.ID.IsNull() {
		m.ID = types.StringValue(user.Name)
	}
	if m.Name.IsNull() {
		m.Name = m.ID
	}
	m.Description = framework.Kept(m.Description, framework.Description(user.Description))
	m.MFAEnabled = types.BoolValue(user.MFAEnabled)
	m.IsDefault = types.BoolValue(user.IsDefault)
	written, _ := parseFields(m.AdditionalFields.ValueString()) // a broken state stays as it is
	if compared := written.Compare(user.AdditionalFields); len(compared.Different) > 0 {
		redacted := compared.Now.MapStrings(redact)
		for _, name := range compared.Different {
			compared.Now[name] = redacted[name]
		}
		m.AdditionalFields = types.StringValue(compared.Now.String())
	}
}

// fillComputed fills a planned model with the values that only the answer has, and warns about other values that the
// appliance changed. written are its additional_fields.
func (m *resourceModel) fillComputed(user api.User, written fields.Object) diag.Diagnostics {
	m.ID = framework.Trim(m.Name)
	if m.MFAEnabled.IsUnknown() {
		m.MFAEnabled = types.BoolValue(user.MFAEnabled)
	}
	if m.IsDefault.IsUnknown() {
		m.IsDefault = types.BoolValue(user.IsDefault)
	}
	name := m.Name.String()
	saved := framework.Kept(m.Description, framework.Description(user.Description))
	diags := framework.NotSaved("user "+name, []framework.Attribute{{Name: "description", Value: m.Description}}, []framework.Attribute{{Name: "description", Value: saved}})
	if different := written.Compare(user.AdditionalFields).Different; len(different) > 0 { // by name: values may be long
		diags.AddAttributeWarning(path.Root("additional_fields"), "The appliance did not save additional_fields of user "+name+" as sent",
			"The appliance saved other values for: "+strings.Join(different, ", ")+". Run terraform plan to see them, then adapt additional_fields.")
	}
	return diags
}
