// Package email manages the appliance's email notifications and sends test messages with them.
package email

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

var (
	_ resource.ResourceWithConfigure   = &notificationsResource{}
	_ resource.ResourceWithIdentity    = &notificationsResource{}
	_ resource.ResourceWithImportState = &notificationsResource{}
	_ resource.ResourceWithModifyPlan  = &notificationsResource{}
)

type notificationsResource struct{ framework.Resource }

// NewResource makes the resource veeam_email_notifications.
func NewResource() resource.Resource {
	return &notificationsResource{framework.Resource{Type: "email_notifications"}}
}

// Schema gives what is left out a default, so that the plan shows what will be saved and taking an argument away has an
// effect that can be told in advance: the product's for port and subject, and messages about everything, for nobody
// sets up notifications to miss a failure. timeout alone keeps the appliance's value: without a documented unit any
// default could be far too short. enabled is required, as in the API.
func (r *notificationsResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The email notifications of the appliance: through which mail server, from whom, to whom and about what it sends mail. " +
			"An appliance has one such object, so that there can be one such resource for it.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				MarkdownDescription: "Always `" + fixedID + "`.",
				Computed:            true,
				Default:             stringdefault.StaticString(fixedID),
			},
			"enabled": schema.BoolAttribute{
				MarkdownDescription: "Whether the appliance sends notifications.",
				Required:            true,
			},
			"server": schema.StringAttribute{
				MarkdownDescription: "The mail server: a DNS name or an IP address, without scheme, port or path.",
				Required:            true,
				Validators:          serverRules(),
			},
			"port": schema.Int64Attribute{
				MarkdownDescription: "The port of the mail server, 1 to 65535; 25 unless given.",
				Optional:            true,
				Computed:            true,
				Default:             int64default.StaticInt64(api.DefaultSMTPPort),
				Validators:          []validator.Int64{int64validator.Between(1, 65535)},
			},
			"use_ssl": schema.BoolAttribute{
				MarkdownDescription: "Whether to secure the connection to the mail server with STARTTLS; false unless given. A server that wants TLS from the first byte on (SMTPS, port 465) cannot be used.",
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(false),
			},
			"timeout": schema.Int64Attribute{
				MarkdownDescription: "How long the appliance waits for the mail server, above 0, in a unit that Veeam does not document. Leave it out to keep the appliance's value.",
				Optional:            true,
				Computed:            true,
				PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
				Validators:          []validator.Int64{int64validator.AtLeast(1)},
			},
			"credentials_id": schema.StringAttribute{
				MarkdownDescription: "The `id` of the credentials record (`veeam_standard_account`) to sign in to the mail server with. Leave it out to send without signing in.",
				Optional:            true,
			},
			"from": schema.StringAttribute{
				MarkdownDescription: "The sender's email address.",
				Required:            true,
				Validators:          senderRules(),
				PlanModifiers:       []planmodifier.String{framework.IgnoreSpaceAround()},
			},
			"to": schema.StringAttribute{
				MarkdownDescription: "The recipient's email address, or several with semicolons or commas between them. " +
					"It is one string, as in the API, and reaches the appliance as it is: Veeam does not document what separates the addresses.",
				Required:      true,
				Validators:    framework.NotEmpty(recipientRule()),
				PlanModifiers: []planmodifier.String{framework.IgnoreSpaceAround()},
			},
			"subject": schema.StringAttribute{
				MarkdownDescription: "The subject, with the variables `%JobName%`, `%JobResult%`, `%ObjectCount%` and `%Issues%`; `" + api.DefaultSubject + "` unless given.",
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(api.DefaultSubject),
				Validators:          framework.NotEmptyOrUnset(),
				PlanModifiers:       []planmodifier.String{framework.IgnoreSpaceAround()},
			},
			"on_success": schema.BoolAttribute{
				MarkdownDescription: "Whether to notify when a backup policy succeeds; true unless given.",
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(true),
			},
			"on_warning": schema.BoolAttribute{
				MarkdownDescription: "Whether to notify when a backup policy ends with a warning; true unless given.",
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(true),
			},
			"on_failure": schema.BoolAttribute{
				MarkdownDescription: "Whether to notify when a backup policy fails; true unless given.",
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(true),
			},
			"daily_report_time": schema.StringAttribute{
				MarkdownDescription: "When to send the daily report: a time of day, `HH:MM` in UTC. Leave it out for no daily report.",
				Optional:            true,
				Validators:          timeOfDayRules(),
			},
		},
	}
}

func (r *notificationsResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{Description: "Always " + fixedID + ".", RequiredForImport: true},
	}}
}

// ModifyPlan warns of settings that no mail server can be reached with, and says what a creation replaces: the appliance
// always has settings already.
func (r *notificationsResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	creating := req.State.Raw.IsNull()
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if plan.Port.ValueInt64() == smtpsPort && !req.Plan.Raw.Equal(req.State.Raw) {
		resp.Diagnostics.AddAttributeWarning(path.Root("port"), "Mail servers expect TLS from the first byte on at port 465",
			"The appliance cannot speak that (SMTPS): use_ssl stands for STARTTLS, which mail servers offer at port 587 or 25.")
	}
	if !creating || !r.ValidatesPlan(!creating) {
		return
	}
	settings, err := r.Client.EmailNotifications(ctx)
	if err != nil {
		framework.Report(&resp.Diagnostics, err)
		return
	}
	there := plan
	there.take(settings)
	if plan.Timeout.IsUnknown() {
		plan.Timeout = there.Timeout
	}
	if changes := there.changesTo(plan); isSetUp(settings) && len(changes) > 0 {
		resp.Diagnostics.AddWarning("The appliance has email notification settings already",
			"Creating this resource replaces those of "+r.Client.Host()+":\n\n  "+strings.Join(changes, "\n  ")+
				"\n\nTo begin with what is there instead, import the resource by the id "+fixedID+".")
	}
}

// isSetUp tells whether somebody has made something of the settings: a fresh appliance knows no mail server.
func isSetUp(settings api.EmailNotifications) bool { return settings.Enabled || settings.Server != "" }

// Create refuses what a plan cannot see: it knows nothing of another resource for the same settings.
func (r *notificationsResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	one := r.Singleton(fixedID)
	one.Lock()
	defer one.Unlock()
	if one.Saved {
		resp.Diagnostics.AddError("Two resources for one object",
			"Another veeam_email_notifications has been saved in this run. An appliance has these settings once, so that the two would overwrite each other at every apply. "+
				"Nothing was sent for this one: keep one of them.")
		return
	}
	resp.Diagnostics.Append(r.save(ctx, req.Plan, &resp.State, resp.Identity)...)
}

func (r *notificationsResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: types.StringValue(fixedID)})...)
	if resp.Diagnostics.HasError() || r.Client == nil {
		return
	}
	settings, err := r.Client.EmailNotifications(ctx)
	if err != nil {
		framework.ReportRefresh(&resp.Diagnostics, err, state.Server.IsNull())
		return
	}
	state.take(settings)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (r *notificationsResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	there := plan
	if there.take(state.settings()); len(there.changesTo(plan)) == 0 { // "" in place of no credentials changes nothing
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: plan.ID})...)
		return
	}
	one := r.Singleton(fixedID)
	one.Lock()
	defer one.Unlock()
	resp.Diagnostics.Append(r.save(ctx, req.Plan, &resp.State, resp.Identity)...)
}

const (
	saving       = "save the email notification settings"
	switchingOff = "switch off the email notifications"
)

// smtpsPort is where mail servers want TLS without STARTTLS.
const smtpsPort = 465

// save makes the settings on the appliance those of a plan. Terraform accepts nothing but the planned values in the state,
// so a difference to what the appliance saved is a warning here, and drift at the next refresh.
func (r *notificationsResource) save(ctx context.Context, planned tfsdk.Plan, state *tfsdk.State, identity *tfsdk.ResourceIdentity) diag.Diagnostics {
	var plan resourceModel
	diags := planned.Get(ctx, &plan)
	diags.Append(r.NeedsAppliance(saving)...)
	if diags.HasError() {
		return diags
	}
	if plan.Timeout.IsUnknown() { // the appliance's value is kept, and its API replaces the settings as a whole
		settings, err := r.Client.EmailNotifications(ctx)
		if err != nil {
			framework.ReportWrite(&diags, r.Client.NotSent(saving, err))
			return diags
		}
		plan.Timeout = types.Int64PointerValue(settings.Timeout)
	}
	answer, err := r.Client.SaveEmailNotifications(ctx, plan.settings())
	if err != nil {
		framework.ReportWrite(&diags, err)
		return diags
	}
	r.Singleton(fixedID).Saved = true
	diags.Append(state.Set(ctx, plan)...)
	diags.Append(identity.Set(ctx, identityModel{ID: plan.ID})...)
	saved := plan
	saved.take(answer)
	diags.Append(framework.NotSaved("the email notification settings", plan.written(), saved.written())...)
	return diags
}

// Delete switches notifications off and takes the credentials out, as a record in use may not be deletable. The rest
// stays as it is on the appliance, not as it was in the state. What this run has saved belongs to another resource: this
// one was renamed.
func (r *notificationsResource) Delete(ctx context.Context, _ resource.DeleteRequest, resp *resource.DeleteResponse) {
	if resp.Diagnostics.Append(r.NeedsAppliance(switchingOff)...); resp.Diagnostics.HasError() {
		return
	}
	one := r.Singleton(fixedID)
	one.Lock()
	defer one.Unlock()
	if one.Saved {
		return
	}
	if err := r.Client.SwitchOffEmailNotifications(ctx); err != nil {
		framework.ReportWrite(&resp.Diagnostics, err)
	}
}

// ImportState takes any id: there is one object to import, once somebody has made something of it.
func (r *notificationsResource) ImportState(ctx context.Context, _ resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if resp.Diagnostics.Append(r.NeedsApplianceNow("import the email notification settings")...); resp.Diagnostics.HasError() {
		return
	}
	settings, err := r.Client.EmailNotifications(ctx)
	if err != nil {
		resp.Diagnostics.Append(framework.Diagnostic(err))
		return
	}
	if !isSetUp(settings) {
		resp.Diagnostics.AddError("There are no email notification settings to import",
			"Nothing was set up on "+r.Client.Host()+" yet: it knows no mail server. Take the import away, and let Terraform create the resource.")
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), fixedID)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: types.StringValue(fixedID)})...)
}
