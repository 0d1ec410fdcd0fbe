package user

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

var _ resource.ResourceWithMoveState = &userResource{}

// MoveState takes over users that a generic REST provider manages. additional_fields stay null, as after an import.
func (r *userResource) MoveState(context.Context) []resource.StateMover {
	return framework.Movers("user", "/users", func(ctx context.Context, object framework.Moved, resp *resource.MoveStateResponse) bool {
		name := object.Key("name")
		if name == "" {
			return false
		}
		model := resourceModel{
			ID: types.StringValue(name), Name: types.StringValue(name), Description: framework.Description(object.Text("description")),
			MFAEnabled: types.BoolPointerValue(object.Bool("mfaEnabled")), IsDefault: types.BoolPointerValue(object.Bool("isDefault")),
		}
		resp.Diagnostics.Append(framework.Set(ctx, &resp.TargetState, &model)...)
		resp.Diagnostics.Append(resp.TargetIdentity.Set(ctx, identityModel{Name: model.Name})...)
		return true
	})
}
