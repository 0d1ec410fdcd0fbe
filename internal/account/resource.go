// Package account manages SMTP server credentials records, which the API calls standard accounts.
package account

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/writeonly"
)

var (
	_ resource.ResourceWithConfigure   = &accountResource{}
	_ resource.ResourceWithIdentity    = &accountResource{}
	_ resource.ResourceWithImportState = &accountResource{}
	_ resource.ResourceWithModifyPlan  = &accountResource{}
)

type accountResource struct{ framework.Resource }

// NewResource makes the resource veeam_standard_account.
func NewResource() resource.Resource {
	return &accountResource{framework.Resource{Type: "standard_account"}}
}

func (r *accountResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages an SMTP server credentials record: the username and password with which the appliance signs in to a mail server. " +
			"Whitespace around a name, username or description is ignored, and so is the kind of line breaks (LF or CRLF).",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				MarkdownDescription: "The UUID of the record.",
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"name": schema.StringAttribute{
				MarkdownDescription: "The name of the record, unique on the appliance, 1 to 255 characters.",
				Required:            true,
				Validators:          framework.NotEmpty(framework.Trimmed(stringvalidator.UTF8LengthAtMost(255))),
				PlanModifiers:       []planmodifier.String{framework.IgnoreSpaceAround()},
			},
			"username": schema.StringAttribute{
				MarkdownDescription: "The username with which the appliance signs in to the mail server, 1 to 255 characters.",
				Required:            true,
				Validators:          framework.NotEmpty(framework.Trimmed(stringvalidator.UTF8LengthAtMost(255))),
				PlanModifiers:       []planmodifier.String{framework.IgnoreSpaceAround()},
			},
			"description": schema.StringAttribute{
				MarkdownDescription: "A description, at most 512 characters.",
				Optional:            true,
				Validators:          framework.EmptyIsUnset(framework.Trimmed(stringvalidator.UTF8LengthAtMost(512))),
				PlanModifiers:       []planmodifier.String{framework.IgnoreSpaceAround()},
			},
			"password": schema.StringAttribute{
				MarkdownDescription: "The password for the mail server, at most 255 characters. Required to create the record. " +
					"It is write-only: Terraform does not store it in the state or a plan. If omitted for an imported record, the record keeps its password.",
				Optional:   true,
				Sensitive:  true,
				WriteOnly:  true,
				Validators: framework.EmptyIsUnset(stringvalidator.UTF8LengthAtMost(255)),
			},
			"password_version": writeonly.VersionAttribute(framework.NotEmptyOrUnset()...),
		},
	}
}

func (r *accountResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{Description: "The UUID of the record.", RequiredForImport: true},
	}}
}

// ModifyPlan decides whether the password will be sent, and asks the appliance about a new name.
func (r *accountResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var config, plan, state resourceModel
	creating, planned := req.State.Raw.IsNull(), framework.Stays
	if !creating {
		resp.Diagnostics.Append(framework.Get(ctx, req.State, &state)...)
	}
	if req.Plan.Raw.IsNull() {
		planned = framework.Destroyed
	} else {
		resp.Diagnostics.Append(framework.Get(ctx, req.Config, &config)...)
		resp.Diagnostics.Append(framework.Get(ctx, req.Plan, &plan)...)
	}
	if creating {
		r.PlanCreation(resp, "record", "credentials record "+plan.Name.String(), framework.Trim(plan.Name).ValueString())
	}
	r.PlanTwoResources(ctx, resp, "record", "credentials record "+state.Name.String(), state.ID.ValueString(), planned)
	if planned == framework.Destroyed {
		return
	}
	sent, diags := writeonly.Load(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}

	password := writeonly.Password{Value: config.Password, Version: config.PasswordVersion, PriorVersion: state.PasswordVersion, Sent: sent}
	plan.PasswordVersion = password.PlanVersion()
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("password_version"), plan.PasswordVersion)...)
	record := "credentials record " + plan.Name.String()
	resp.Diagnostics.Append(password.Findings(record)...)
	resp.Diagnostics.Append(password.EmptyString(ctx, req.Config, record)...)
	if creating {
		if config.Password.IsNull() {
			resp.Diagnostics.Append(writeonly.MissingForCreation("credentials record")...)
		}
	} else if !plan.PasswordVersion.Equal(state.PasswordVersion) {
		resp.Diagnostics.Append(r.planPassword(record, config, plan, sent)...)
	}
	// Terraform plans a replacement a second time, as a creation that still has the private state.
	if replanned := creating && sent.Check != ""; !replanned && r.ValidatesPlan(!creating) {
		r.validateName(ctx, &resp.Diagnostics, creating, plan, state)
	}
}

// planPassword warns about an update that sends the password.
func (r *accountResource) planPassword(record string, config, plan resourceModel, sent writeonly.Sent) diag.Diagnostics {
	switch {
	case config.Password.IsNull() && !plan.PasswordVersion.IsUnknown():
		return r.PlanWarnings(writeonly.Missing(record))
	case sent.Check == "":
		return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("password"), "The password of "+record+" will be replaced",
			"The record was imported, or the appliance did not answer a change of its password, so its current password is unknown. "+
				"The apply sends the password in the configuration. To keep the record's password, omit password.")}
	}
	return nil
}

// validateName asks the appliance about a new name. The appliance would refuse a name that the same run frees, and might
// refuse the record's own name in another case.
func (r *accountResource) validateName(ctx context.Context, diags *diag.Diagnostics, creating bool, plan, state resourceModel) {
	name := framework.Trim(plan.Name)
	// Terraform plans a tainted record without its state. The record itself has the name if this run has read it.
	tainted := creating && r.Client.StandardAccounts.HasRefreshed(name.ValueString())
	if !tainted && !strings.EqualFold(name.ValueString(), framework.Trim(state.Name).ValueString()) {
		r.Validate(ctx, diags, "credentials record "+plan.Name.String(), api.RecordName, name)
	}
}

func (r *accountResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var config, plan resourceModel
	resp.Diagnostics.Append(framework.Get(ctx, req.Config, &config)...)
	resp.Diagnostics.Append(framework.Get(ctx, req.Plan, &plan)...)
	resp.Diagnostics.Append(r.NeedsAppliance("create credentials record " + plan.Name.String())...)
	if resp.Diagnostics.HasError() {
		return
	}
	values := plan.values()
	values.Password = config.Password.ValueString()
	account, err := r.Client.StandardAccounts.Create(ctx, values)
	if err != nil {
		framework.ReportWrite(&resp.Diagnostics, err)
		return
	}
	plan.ID = types.StringValue(account.ID)
	resp.Diagnostics.Append(framework.Set(ctx, &resp.State, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: plan.ID})...)
	resp.Diagnostics.Append(writeonly.Store(ctx, resp.Private, config.Password, config.PasswordVersion)...)
	resp.Diagnostics.Append(r.Redacted(plan.compare(account))...)
}

func (r *accountResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(framework.Get(ctx, req.State, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: state.ID})...)
	if resp.Diagnostics.HasError() || !r.BeginRead() {
		return
	}
	account, err := r.Client.StandardAccounts.Refresh(ctx, state.ID.ValueString(), state.Name.ValueString())
	if !framework.Refreshed(ctx, resp, err, state.Name.IsNull()) {
		return
	}
	r.NoteRead("record", account.ID, account.Name)
	state.fromAPI(account)
	resp.Diagnostics.Append(framework.Set(ctx, &resp.State, &state)...)
}

func (r *accountResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var config, plan, state resourceModel
	resp.Diagnostics.Append(framework.Get(ctx, req.Config, &config)...)
	resp.Diagnostics.Append(framework.Get(ctx, req.Plan, &plan)...)
	resp.Diagnostics.Append(framework.Get(ctx, req.State, &state)...)
	resp.Diagnostics.Append(r.NeedsAppliance("update credentials record " + state.Name.String())...)
	sends := !plan.PasswordVersion.Equal(state.PasswordVersion)
	if sends && config.Password.IsNull() {
		resp.Diagnostics.Append(writeonly.Missing("credentials record " + plan.Name.String())...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if sends || !plan.same(state) {
		values := plan.values()
		if sends {
			values.Password = config.Password.ValueString()
		}
		account, err := r.Client.StandardAccounts.Update(ctx, plan.ID.ValueString(), state.Name.ValueString(), values)
		if err != nil {
			if sends && wire.IsOutcomeUnknown(err) {
				resp.Diagnostics.Append(writeonly.Forget(ctx, resp.Private)...)
			}
			reportUpdate(&resp.Diagnostics, err, values.Name, !framework.Same(plan.Name, state.Name))
			return
		}
		resp.Diagnostics.Append(r.Redacted(plan.compare(account))...)
	}
	resp.Diagnostics.Append(framework.Set(ctx, &resp.State, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: plan.ID})...)
	if sends {
		resp.Diagnostics.Append(writeonly.Store(ctx, resp.Private, config.Password, config.PasswordVersion)...)
	}
}

// reportUpdate appends the error of an update, with advice if the appliance refuses a new name: Terraform renames records in
// any order.
func reportUpdate(diags *diag.Diagnostics, err error, name string, renamed bool) {
	if renamed && wire.RefusesValues(err) && strings.Contains(wire.AsError(err).Message, name) {
		diags.Append(framework.AttributeDiagnostic(path.Root("name"), err,
			"If this run renames the record that has this name, run Terraform again. To exchange the names of two records, first apply a third name for one of them."))
		return
	}
	framework.ReportWrite(diags, err)
}

func (r *accountResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	if framework.IsLeftToAnother(ctx, req, &resp.Diagnostics) {
		return
	}
	var state resourceModel
	resp.Diagnostics.Append(framework.Get(ctx, req.State, &state)...)
	resp.Diagnostics.Append(r.NeedsAppliance("delete credentials record " + state.Name.String())...)
	if resp.Diagnostics.HasError() {
		return
	}
	err := r.Client.StandardAccounts.Delete(ctx, state.ID.ValueString(), state.Name.ValueString())
	switch {
	case wire.RefusesValues(err):
		resp.Diagnostics.Append(framework.AttributeDiagnostic(path.Root("id"), err,
			"The appliance may refuse to delete a record that is in use, for example by the email notification settings. If so, remove it there first."))
	case err != nil:
		framework.ReportWrite(&resp.Diagnostics, err)
	}
}

// ImportState takes the id of a record or, because people know names, its exact name.
func (r *accountResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if resp.Diagnostics.Append(r.NeedsApplianceNow("import a credentials record")...); resp.Diagnostics.HasError() {
		return
	}
	id := types.StringValue(req.ID)
	if req.ID == "" {
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root("id"), &id)...)
		if resp.Diagnostics.HasError() {
			return
		}
	}
	account, found, err := r.Client.StandardAccounts.FindCached(ctx, id.ValueString())
	switch {
	case err != nil:
		resp.Diagnostics.Append(framework.Diagnostic(err))
	case !found:
		resp.Diagnostics.AddError("No such credentials record",
			fmt.Sprintf("No credentials record on %s has the id or the exact name %q.", r.Client.Host(), id.ValueString()))
	default:
		id = types.StringValue(account.ID)
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: id})...)
	}
}
