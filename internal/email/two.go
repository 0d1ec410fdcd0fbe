package email

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Two resources in one state can have the same settings, for example after an import to a new address. If one of them is
// destroyed, it must not switch off what the other one manages. Terraform plans them in any order, and applies only those
// that change:
//
//   - If the one that stays is planned first, the other one takes a mark to the apply: there is nothing to switch off.
//   - If it is planned second, it becomes an update. In the apply, Terraform then plans it again, either before the
//     destruction, which sees that, or after it, so that the settings are saved again.

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
			"Another veeam_email_notifications in this state manages the same settings, and is kept. Destroying this resource changes nothing on the appliance.")
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
		"Another veeam_email_notifications in this state manages the same settings, and is destroyed. This resource saves them again, so that they stay as configured.")
}
