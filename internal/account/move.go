package account

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

var _ resource.ResourceWithMoveState = &accountResource{}

// MoveState takes over credentials records that a generic REST provider manages.
func (r *accountResource) MoveState(context.Context) []resource.StateMover {
	return framework.Movers("credentials record", "/accounts/standard", func(ctx context.Context, object framework.Moved, resp *resource.MoveStateResponse) bool {
		id := object.Key("id")
		if id == "" {
			return false
		}
		model := resourceModel{ID: types.StringValue(id), Description: framework.Description(object.Text("description"))}
		for field, attribute := range map[string]*types.String{"name": &model.Name, "username": &model.Username} {
			if text := object.Text(field); text != "" {
				*attribute = types.StringValue(text)
			}
		}
		resp.Diagnostics.Append(framework.Set(ctx, &resp.TargetState, &model)...)
		resp.Diagnostics.Append(resp.TargetIdentity.Set(ctx, identityModel{ID: model.ID})...)
		return true
	})
}
