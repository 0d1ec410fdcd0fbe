package framework

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

const withoutValidation = "To plan without validation, set plan_validation = false (VEEAM_PLAN_VALIDATION) in the provider configuration."

// ValidatesPlan reports whether to ask the appliance about the values of a planned object. Terraform plans every change
// a second time in the process that applies it, with an identical request. That process can be recognized: it has
// already written or, for an object that exists, it has not read anything.
func (p *Provider) ValidatesPlan(exists bool) bool {
	return p.PlanValidation && (p.IsPlanning() || !exists && p.Client != nil && !p.hasWritten.Load())
}

// IsPlanning reports whether this process has read objects and written none: it plans a change, and does not apply one.
func (p *Provider) IsPlanning() bool {
	return p.Client != nil && p.hasRead.Load() && !p.hasWritten.Load()
}

// Validate reports what the appliance says about the value of an attribute, which has the name of the API's field. object is the
// object that has it: `user "operator"`. After an error it asks nothing. A message about a name is only a warning, because the
// same run may free the name. So is a missing permission, because a plan may run with read-only credentials.
func (p *Provider) Validate(ctx context.Context, diags *diag.Diagnostics, object string, asked api.Validation, value types.String) {
	if diags.HasError() || IsUnset(value) || value.IsUnknown() {
		return
	}
	attribute := path.Root(asked.Field)
	messages, err := p.Client.Validate(ctx, asked, value.ValueString())
	if failure, ok := errors.AsType[*wire.Error](err); ok {
		switch {
		case wire.IsBlocked(err):
			Report(diags, err)
		case failure.Reason == wire.NotInRevision, failure.Reason == wire.AccessDenied:
			diags.AddWarning(fmt.Sprintf("Could not validate the %s at plan time", attribute),
				messageOf(failure)+"\n\nThe appliance validates it when the plan is applied. "+withoutValidation)
		case failure.Reason == wire.SessionRefused, failure.Status == 0 && failure.Reason == wire.Unspecified: // interrupted
			diags.Append(Diagnostic(err))
		default:
			diags.Append(AttributeDiagnostic(attribute, err, withoutValidation))
		}
		return
	}
	for _, message := range messages {
		says := p.Client.Host() + " says: " + message.Text
		switch {
		case !message.IsError():
			diags.AddAttributeWarning(attribute, fmt.Sprintf("The appliance warns about the %s of %s", attribute, object), says)
		case asked.Field == "name":
			diags.AddAttributeWarning(attribute, "The appliance would refuse the name of "+object+" now", says+"\n\nThe apply fails unless the name is free by then.")
		default:
			diags.AddAttributeError(attribute, fmt.Sprintf("The appliance would refuse the %s of %s", attribute, object), says)
		}
	}
}

// PlanWarnings turns errors that will stop an apply into warnings of its plan. A missing argument of an object that
// exists must not block a destroy or a replacement: Terraform plans an update before either. A warning has only the
// first paragraph. An apply, which plans once more, has no warning, because the error follows.
func (p *Provider) PlanWarnings(errors diag.Diagnostics) diag.Diagnostics {
	if p.Client != nil && !p.IsPlanning() {
		return nil
	}
	var warnings diag.Diagnostics
	for _, e := range errors {
		detail, _, _ := strings.Cut(e.Detail(), "\n\n")
		detail += "\n\nIf you apply this plan unchanged, the update fails before anything is sent."
		if on, ok := e.(diag.DiagnosticWithPath); ok {
			warnings.AddAttributeWarning(on.Path(), e.Summary(), detail)
		} else {
			warnings.AddWarning(e.Summary(), detail)
		}
	}
	return warnings
}
