package account

import (
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// NewListResource makes the list resource veeam_standard_account.
func NewListResource() list.ListResource {
	return &framework.ListResource[api.StandardAccount]{
		Resource:    framework.Resource{Type: "standard_account"},
		Description: "Finds the SMTP server credentials records of the appliance for `terraform query`, sorted by name.",
		Objects:     "credentials records",
		Collection:  accounts,
		Result: func(account api.StandardAccount) (string, any, framework.Model) {
			model := resourceModel{ID: types.StringValue(account.ID)}
			model.fromAPI(account)
			return account.Name, identityModel{ID: model.ID}, &model
		},
	}
}
