package email

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Two resources in one state can manage the same settings, for example after an import to a new address. If one of them is
// destroyed, it must not switch off what the other one manages. Terraform plans the two in any order, and the process that
// applies a plan hears only of those that change:
//
//   - If the resource that stays is planned first, the plan of the other one is marked. Its destruction then does nothing.
//   - If it is planned second, it becomes an update, so that the apply plans it again. Before the destruction, that keeps the
//     destruction from doing anything. After the destruction, it saves the settings again.

const twoResources = "Two resources for one object"

// leftToAnother is the mark in the private state of a planned destruction.
const leftToAnother = "left_to_another"

// planDestroy records that a resource goes, and marks the plan if another one stays.
func (r *notificationsResource) planDestroy(ctx context.Context, resp *resource.ModifyPlanResponse) {
	singleton := r.Singleton(fixedID)
	singleton.Lock()
	defer singleton.Unlock()
	singleton.Resources.Go = true
	var mark []byte
	if singleton.Resources.Stay {
		mark = []byte("true")
		resp.Diagnostics.AddWarning(twoResources,
			"Another veeam_email_notifications in this state manages the same settings. Destroying this resource changes nothing on the appliance.")
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, leftToAnother, mark)...)
}

// planToStay records that a resource stays, and plans to save it if another one goes.
func (r *notificationsResource) planToStay(ctx context.Context, resp *resource.ModifyPlanResponse) {
	singleton := r.Singleton(fixedID)
	singleton.Lock()
	defer singleton.Unlock()
	singleton.Resources.Stay = true
	if !singleton.Resources.Go {
		return
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), types.StringUnknown())...)
	resp.Diagnostics.AddWarning(twoResources,
		"Another veeam_email_notifications in this state manages the same settings, and will be destroyed. This resource saves them again, so that they stay as configured.")
}
