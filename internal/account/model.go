package account

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

func accounts(client *api.Client) framework.Collection[api.StandardAccount] {
	return client.StandardAccounts
}

// resourceModel is a credentials record as configuration, plan and state hold it.
type resourceModel struct {
	ID              types.String
	Name            types.String
	Username        types.String
	Description     types.String
	Password        types.String
	PasswordVersion types.String
}

// Attributes implements [framework.Model].
func (m *resourceModel) Attributes() map[string]any {
	return map[string]any{
		"id":               &m.ID,
		"name":             &m.Name,
		"username":         &m.Username,
		"description":      &m.Description,
		"password":         &m.Password,
		"password_version": &m.PasswordVersion,
	}
}

// identityModel is what identifies a credentials record.
type identityModel struct {
	ID types.String `tfsdk:"id"`
}

// values is what a write sends, without the password.
func (m resourceModel) values() api.StandardAccountValues {
	return api.StandardAccountValues{
		Name:        framework.Trim(m.Name).ValueString(),
		Username:    framework.Trim(m.Username).ValueString(),
		Description: framework.Trim(m.Description).ValueString(),
	}
}

// fromAPI fills the model from what the appliance answered. The caller sets the id.
func (m *resourceModel) fromAPI(account api.StandardAccount) {
	m.Name = framework.Kept(m.Name, types.StringValue(account.Name))
	m.Username = framework.Kept(m.Username, types.StringValue(account.Username))
	m.Description = framework.Kept(m.Description, framework.Description(account.Description))
}

// compare warns of what the appliance changed in what it was sent.
func (m resourceModel) compare(answer api.StandardAccount) diag.Diagnostics {
	saved := m
	saved.fromAPI(answer)
	return framework.NotSaved("credentials record "+m.Name.String(), m.written(), saved.written())
}

// written are the attributes that the appliance is sent and answers with.
func (m resourceModel) written() []framework.Attribute {
	return []framework.Attribute{{Name: "name", Value: m.Name}, {Name: "username", Value: m.Username}, {Name: "description", Value: m.Description}}
}

// same reports whether two models mean the same to the appliance.
func (m resourceModel) same(other resourceModel) bool {
	return framework.Same(m.Name, other.Name) && framework.Same(m.Username, other.Username) && framework.Same(m.Description, other.Description)
}
