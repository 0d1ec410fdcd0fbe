// Package email manages the email notification settings of an appliance and sends test messages with them.
package email

import (
	"context"
	"strings"

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
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

var (
	_ resource.ResourceWithConfigure   = &notificationsResource{}
	_ resource.ResourceWithIdentity    = &notificationsResource{}
	_ resource.ResourceWithImportState = &notificationsResource{}
	_ resource.ResourceWithModifyPlan  = &notificationsResource{}
)

// Defaults of the product.
const (
	productPort    = 25
	productSubject = "[%JobResult%] %JobName% (%ObjectCount% instances) %Issues%"
)

type notificationsResource struct{ framework.Resource }

// NewResource makes the resource veeam_email_notifications.
func NewResource() resource.Resource {
	return &notificationsResource{framework.Resource{Type: "email_notifications"}}
}

// Schema has a default for most omitted arguments, so that a plan shows what will be saved: the product's for port, and
// messages about everything, because users set up notifications in order not to miss a failure. An omitted timeout or
// subject keeps the appliance's value. No argument but enabled is required, because the settings of an appliance may be
// half empty; see [resourceModel.check].
func (r *notificationsResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages the email notification settings of the appliance: the mail server, the sender, the recipients, and the events to report. " +
			"An appliance has one set of these settings, so use one such resource for each appliance.",
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
				MarkdownDescription: "The mail server: a DNS name or an IP address, without scheme, port or path. Required if `enabled` is `true`.",
				Optional:            true,
				PlanModifiers:       []planmodifier.String{keepSame{}},
			},
			"port": schema.Int64Attribute{
				CustomType:          framework.WholeNumber{},
				MarkdownDescription: "The port of the mail server, 1 to 65535. Defaults to 25.",
				Optional:            true,
				Computed:            true,
				Default:             int64default.StaticInt64(productPort),
			},
			"use_ssl": schema.BoolAttribute{
				MarkdownDescription: "Whether to secure the connection to the mail server with STARTTLS. Defaults to `false`. The appliance cannot use a server that requires TLS from the start (SMTPS, port 465).",
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(false),
			},
			"timeout": schema.Int64Attribute{
				CustomType:          framework.WholeNumber{},
				MarkdownDescription: "How long the appliance waits for the mail server, 1 or more. Veeam does not document the unit. If omitted, the appliance keeps its value.",
				Optional:            true,
				Computed:            true,
				PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
			},
			"credentials_id": schema.StringAttribute{
				MarkdownDescription: "The `id` of the credentials record (`veeam_standard_account`) with which the appliance signs in to the mail server. If omitted, the appliance does not sign in.",
				Optional:            true,
			},
			"from": schema.StringAttribute{
				MarkdownDescription: "The sender's email address. Required if `enabled` is `true`.",
				Optional:            true,
				PlanModifiers:       []planmodifier.String{keepSame{}},
			},
			"to": schema.StringAttribute{
				MarkdownDescription: "The recipient's email address, or several addresses separated by semicolons or commas. Required if `enabled` is `true`. " +
					"As in the API, this is one string. Veeam does not document the separator; the web console uses semicolons. Whitespace around an address is ignored.",
				Optional:      true,
				PlanModifiers: []planmodifier.String{keepSame{}},
			},
			"subject": schema.StringAttribute{
				MarkdownDescription: "The subject, with the variables `%JobName%`, `%JobResult%`, `%ObjectCount%` and `%Issues%`. " +
					"If omitted, the appliance keeps its value. A new resource sets `" + productSubject + "`.",
				Optional:      true,
				Computed:      true,
				PlanModifiers: []planmodifier.String{keepSame{}, defaultSubject{}},
			},
			"on_success": schema.BoolAttribute{
				MarkdownDescription: "Whether to notify when a backup policy succeeds. Defaults to `true`.",
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(true),
			},
			"on_warning": schema.BoolAttribute{
				MarkdownDescription: "Whether to notify when a backup policy ends with a warning. Defaults to `true`.",
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(true),
			},
			"on_failure": schema.BoolAttribute{
				MarkdownDescription: "Whether to notify when a backup policy fails. Defaults to `true`.",
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(true),
			},
			"daily_report_time": schema.StringAttribute{
				MarkdownDescription: "The time of day to send the daily report, `HH:MM` in UTC. If omitted, the appliance sends no daily report.",
				Optional:            true,
			},
		},
	}
}

func (r *notificationsResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{Description: "Always " + fixedID + ".", RequiredForImport: true},
	}}
}

// ModifyPlan checks the values that a plan sets, and reports what happens to the settings of the appliance, which exist
// before any resource manages them.
func (r *notificationsResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		r.planDestroy(ctx, resp)
		return
	}
	creating := req.State.Raw.IsNull()
	var plan, state resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !creating {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(plan.check(ctx, state)...)
	if plan.Port.ValueInt64() == smtpsPort && !req.Plan.Raw.Equal(req.State.Raw) {
		resp.Diagnostics.AddAttributeWarning(path.Root("port"), "Mail servers expect TLS from the start at port 465",
			"The appliance does not support SMTPS. use_ssl means STARTTLS, which mail servers offer at port 587 or 25.")
	}
	switch {
	case !creating:
		r.planToStay(ctx, resp)
	case !resp.Diagnostics.HasError():
		resp.Diagnostics.Append(r.warnOfExisting(ctx, plan)...)
	}
}

// warnOfExisting reports what a creation replaces.
func (r *notificationsResource) warnOfExisting(ctx context.Context, plan resourceModel) diag.Diagnostics {
	var diags diag.Diagnostics
	if !r.ValidatesPlan(false) {
		return nil
	}
	settings, err := r.Client.EmailNotifications(ctx)
	if err != nil {
		framework.Report(&diags, err)
		return diags
	}
	there := plan
	there.fromAPI(settings)
	if plan.Timeout.IsUnknown() {
		plan.Timeout = there.Timeout
	}
	if changes := there.changesTo(plan); (settings.Enabled || settings.Server != "") && len(changes) > 0 {
		diags.AddWarning("The appliance has email notification settings already",
			"Creating this resource replaces the settings of "+r.Client.Host()+":\n\n  "+strings.Join(changes, "\n  ")+
				"\n\nTo keep the existing settings, import the resource with the ID "+fixedID+".")
	}
	return diags
}

func (r *notificationsResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	singleton := r.Singleton(fixedID)
	singleton.Lock()
	defer singleton.Unlock()
	if singleton.Saved { // a plan cannot see that
		resp.Diagnostics.AddError(framework.TwoResources,
			"An appliance has one set of email notification settings, and this run has already saved it for another veeam_email_notifications. "+
				"Nothing was sent for this resource. Remove one of the two resources.")
		return
	}
	resp.Diagnostics.Append(r.save(ctx, req.Plan, &resp.State, resp.Identity)...)
}

func (r *notificationsResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: types.StringValue(fixedID)})...)
	if resp.Diagnostics.HasError() || !r.BeginRead() {
		return
	}
	settings, err := r.Client.EmailNotifications(ctx)
	if err != nil {
		framework.ReportRefresh(&resp.Diagnostics, err, state.Enabled.IsNull())
		return
	}
	state.fromAPI(settings)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (r *notificationsResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.ID.IsUnknown() && plan.sameAs(state) { // "" instead of null changes nothing
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: plan.ID})...)
		return
	}
	singleton := r.Singleton(fixedID)
	singleton.Lock()
	defer singleton.Unlock()
	resp.Diagnostics.Append(r.save(ctx, req.Plan, &resp.State, resp.Identity)...)
}

const (
	saving       = "save the email notification settings"
	switchingOff = "switch off the email notifications"
)

// smtpsPort is where mail servers expect TLS without STARTTLS.
const smtpsPort = 465

// save writes the planned settings to the appliance. The caller holds the lock. Terraform accepts only the planned
// values in the state, so that a value that the appliance changed is a warning here, and drift at the next refresh.
func (r *notificationsResource) save(ctx context.Context, planned tfsdk.Plan, state *tfsdk.State, identity *tfsdk.ResourceIdentity) diag.Diagnostics {
	var plan resourceModel
	diags := planned.Get(ctx, &plan)
	diags.Append(r.NeedsAppliance(saving)...)
	if r.Singleton(fixedID).Unanswered {
		diags.AddError("Could not "+saving,
			"This run destroyed another veeam_email_notifications, and the appliance did not answer the request to switch notifications off. That request may still take effect, so nothing was sent for this resource. "+
				"Run Terraform again.")
	}
	if diags.HasError() {
		return diags
	}
	there, err := r.Client.EmailNotifications(ctx)
	if err != nil {
		framework.ReportWrite(&diags, r.Client.NotSent(saving, err))
		return diags
	}
	settings := plan.settings(there)
	answer, err := r.Client.SaveEmailNotifications(ctx, settings)
	if err != nil {
		framework.ReportWrite(&diags, err)
		return diags
	}
	r.Singleton(fixedID).Saved = true
	plan.fillComputed(settings)
	diags.Append(state.Set(ctx, plan)...)
	diags.Append(identity.Set(ctx, identityModel{ID: plan.ID})...)
	saved := plan
	saved.fromAPI(answer)
	diags.Append(r.Redacted(framework.NotSaved("the email notification settings", plan.written(), saved.written()))...)
	return diags
}

// Delete switches notifications off. The other settings stay as the appliance has them. Nothing is done if another
// resource manages the settings: this run has saved them for it, or will not touch them.
func (r *notificationsResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	if framework.IsLeftToAnother(ctx, req, &resp.Diagnostics) || resp.Diagnostics.HasError() {
		return
	}
	if resp.Diagnostics.Append(r.NeedsAppliance(switchingOff)...); resp.Diagnostics.HasError() {
		return
	}
	singleton := r.Singleton(fixedID)
	singleton.Lock()
	defer singleton.Unlock()
	if singleton.Saved || singleton.Resources.Stay {
		return
	}
	singleton.Resources.Go = true
	if err := r.Client.SwitchOffEmailNotifications(ctx); err != nil {
		singleton.Unanswered = wire.IsOutcomeUnknown(err)
		framework.ReportWrite(&resp.Diagnostics, err)
	}
}

// ImportState accepts any id, because there is one object to import.
func (r *notificationsResource) ImportState(ctx context.Context, _ resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if resp.Diagnostics.Append(r.NeedsApplianceNow("import the email notification settings")...); resp.Diagnostics.HasError() {
		return
	}
	if _, err := r.Client.EmailNotifications(ctx); err != nil {
		resp.Diagnostics.Append(framework.Diagnostic(err))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), fixedID)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: types.StringValue(fixedID)})...)
}
