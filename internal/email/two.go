package email

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// planDestroy warns if another resource manages the same settings: the destruction then changes nothing on the
// appliance.
func (r *notificationsResource) planDestroy(ctx context.Context, resp *resource.ModifyPlanResponse) {
	if r.Singleton(fixedID).PlanDestruction(ctx, resp) {
		resp.Diagnostics.AddWarning(framework.TwoResources,
			"Another veeam_email_notifications in this state manages the same settings. Destroying this resource changes nothing on the appliance.")
	}
}

// planToStay plans to save the settings if another resource that manages them is to be destroyed. As an update, the resource is
// planned again by the apply: before the destruction, that keeps the destruction from doing anything, and after it, the
// settings are saved again.
func (r *notificationsResource) planToStay(ctx context.Context, resp *resource.ModifyPlanResponse) {
	if !r.Singleton(fixedID).PlanToStay() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), types.StringUnknown())...)
	resp.Diagnostics.AddWarning(framework.TwoResources,
		"Another veeam_email_notifications in this state manages the same settings, and will be destroyed. This resource saves them again, so that they stay as configured.")
}
