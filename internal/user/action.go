package user

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

var _ action.ActionWithConfigure = &disableMFA{}

type disableMFA struct{ framework.Action }

// NewAction makes the action veeam_disable_mfa.
func NewAction() action.Action { return &disableMFA{framework.Action{Type: "disable_mfa"}} }

func (a *disableMFA) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Switches off multi-factor authentication (MFA) for a user, for example after the loss of a phone. " +
			"The user then signs in with the password only, and can enroll again. Requires Terraform 1.14 or later.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				MarkdownDescription: "The name of the user.",
				Required:            true,
				Validators:          framework.NotEmpty(),
			},
		},
	}
}

// Invoke looks at the user first, so that it can say when there is nothing to do.
func (a *disableMFA) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var name types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("name"), &name)...)
	resp.Diagnostics.Append(a.NeedsApplianceNow("switch off multi-factor authentication")...)
	if resp.Diagnostics.HasError() {
		return
	}
	user, err := a.Client.Users.Get(ctx, framework.Trim(name).ValueString())
	switch {
	case store.IsNotFound(err):
		resp.Diagnostics.Append(a.NoSuch("user", "name", name))
		return
	case err != nil:
		resp.Diagnostics.Append(framework.Diagnostic(err))
		return
	case !user.MFAEnabled:
		resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf("Multi-factor authentication of %q is already off. Nothing was changed.", user.Name)})
		return
	}
	if err := a.Client.Users.DisableMFA(ctx, user.Name); err != nil {
		resp.Diagnostics.Append(framework.Diagnostic(err))
		return
	}
	resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf("Multi-factor authentication of %q is now off. The user signs in with the password only.", user.Name)})
}
