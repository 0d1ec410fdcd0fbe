package user

import (
	"github.com/hashicorp/terraform-plugin-framework/list"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// NewListResource makes the list resource veeam_user.
func NewListResource() list.ListResource {
	return &framework.ListResource[api.User]{
		Resource:    framework.Resource{Type: "user"},
		Description: "Finds the users of the appliance for `terraform query`, sorted by name.",
		Objects:     "users",
		Collection:  users,
		Result: func(user api.User) (string, any, framework.Model) {
			var model resourceModel
			model.fromAPI(user, nil) // it has no additional_fields to redact
			return user.Name, identityModel{Name: model.Name}, &model
		},
	}
}
