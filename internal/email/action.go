package email

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

var _ action.ActionWithConfigure = &testAction{}

type testAction struct{ framework.Action }

// NewAction makes the action veeam_send_test_email.
func NewAction() action.Action { return &testAction{framework.Action{Type: "send_test_email"}} }

func (a *testAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Sends a test message with the email notification settings that the appliance has, and fails if the mail server does not accept it. " +
			"Requires Terraform 1.14 or later.",
		Attributes: map[string]schema.Attribute{
			"to": schema.StringAttribute{
				MarkdownDescription: "The recipient to use instead of those in the settings: an email address, or several addresses separated by semicolons or commas.",
				Optional:            true,
				Validators:          framework.EmptyIsUnset(recipientRule),
			},
		},
	}
}

// Invoke reads the settings and has the appliance send a message with them.
func (a *testAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	// Without a config block there is no object at all, and the attribute is null.
	var to types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("to"), &to)...)
	resp.Diagnostics.Append(a.NeedsApplianceNow("send a test message")...)
	if resp.Diagnostics.HasError() {
		return
	}
	settings, err := a.Client.EmailNotifications(ctx)
	if err != nil {
		resp.Diagnostics.Append(framework.Diagnostic(err))
		return
	}
	if settings.Server == "" {
		resp.Diagnostics.AddError("No mail server configured",
			a.Client.Host()+" has no mail server in its settings. Set one with the resource veeam_email_notifications, then run the action again.")
		return
	}
	if !framework.IsUnset(to) {
		settings.To = tidyAddresses(to.ValueString())
	}
	way := describe(settings)
	resp.SendProgress(action.InvokeProgressEvent{Message: "Sending a test message " + way})
	result, err := a.Client.SendTestMessage(ctx, settings)
	if err != nil {
		diagnostic := framework.Diagnostic(err)
		detail := diagnostic.Detail()
		if failure, ok := errors.AsType[*wire.Error](err); ok && failure.Reason == wire.TimedOut {
			detail += "\n\nThe appliance may still be waiting for its mail server: it sends the message " + way + ". Check that the appliance can reach the mail server."
			if settings.Timeout != nil {
				detail += fmt.Sprintf(" The timeout in the email notification settings is %d.", *settings.Timeout)
			}
		}
		resp.Diagnostics.AddError(diagnostic.Summary(), detail)
		return
	}
	says := a.Client.Host() + " says: " + cmp.Or(result.Message, "nothing")
	if !result.Sent {
		resp.Diagnostics.AddError("The test message was not sent",
			says+"\n\nThe appliance tried to send the message "+way+". If the mail server refused the password, set the password of the credentials record to the one that the mail server expects.")
		return
	}
	resp.SendProgress(action.InvokeProgressEvent{Message: says})
}

// describe says how a message is sent, without secrets.
func describe(settings api.EmailNotifications) string {
	way := fmt.Sprintf("to %s through %s", settings.To, net.JoinHostPort(settings.Server, strconv.FormatInt(settings.Port, 10)))
	if settings.UseSSL {
		way += " with STARTTLS"
	}
	if settings.UseCredentials && settings.CredentialsID != nil {
		return way + ", signing in with the credentials record " + *settings.CredentialsID
	}
	return way + ", without signing in"
}
