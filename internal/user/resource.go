// Package user manages the appliance's users.
package user

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/writeonly"
)

var (
	_ resource.ResourceWithConfigure   = &userResource{}
	_ resource.ResourceWithIdentity    = &userResource{}
	_ resource.ResourceWithImportState = &userResource{}
	_ resource.ResourceWithModifyPlan  = &userResource{}
)

type userResource struct{ framework.Resource }

// NewResource makes the resource veeam_user.
func NewResource() resource.Resource { return &userResource{framework.Resource{Type: "user"}} }

func (r *userResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages a user of the appliance.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				MarkdownDescription: "The name of the user.",
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"name": schema.StringAttribute{
				MarkdownDescription: "The username, unique on the appliance. A new name has 1 to 32 characters (up to 125 for a user of an identity provider): lowercase Latin letters, digits, `_` and `-`, and `$` as the last character only. " +
					"It cannot be `admin`. Case and surrounding whitespace are ignored. A change replaces the user.",
				Required:      true,
				Validators:    framework.NotEmpty(),
				PlanModifiers: []planmodifier.String{sameName{}, stringplanmodifier.RequiresReplace()},
			},
			"description": schema.StringAttribute{
				MarkdownDescription: "A description, at most 255 characters. Whitespace around it and the kind of its line breaks are ignored.",
				Optional:            true,
				Validators:          framework.EmptyIsUnset(framework.Trimmed(stringvalidator.UTF8LengthAtMost(255))),
				PlanModifiers:       []planmodifier.String{framework.IgnoreSpaceAround()},
			},
			"password": schema.StringAttribute{
				MarkdownDescription: "The user's password: 8 to 255 characters with uppercase letters, lowercase letters and digits, and without a monotonic sequence such as `abcd` or `4321`. " +
					"Required to create the user, and for every change, because the appliance requires the current password. " +
					"It is write-only: Terraform does not store it in the state or a plan.",
				Optional:  true,
				Sensitive: true,
				WriteOnly: true,
			},
			"old_password": schema.StringAttribute{
				MarkdownDescription: "The user's password before this run. Required only in the run that changes `password`. It is write-only.",
				Optional:            true,
				Sensitive:           true,
				WriteOnly:           true,
				Validators:          framework.EmptyIsUnset(stringvalidator.UTF8LengthAtMost(255)),
			},
			"password_version": writeonly.VersionAttribute(framework.NotEmptyOrUnset()...),
			"additional_fields": schema.StringAttribute{
				MarkdownDescription: "A JSON object (`jsonencode`) of user fields that have no argument in this resource, such as a role. " +
					"The provider sends them unchanged with every change of the user. To clear a field, set it to `null`; to stop managing it, remove it. See [above](#roles-and-identity-provider-users). " +
					"Do not use it for secrets: it is shown in plans and stored in the state.",
				Optional:   true,
				Validators: framework.EmptyIsUnset(fieldsRule),
			},
			"mfa_enabled": schema.BoolAttribute{
				MarkdownDescription: "Whether MFA is enabled for the user.",
				Computed:            true,
				PlanModifiers:       []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
			},
			"is_default": schema.BoolAttribute{
				MarkdownDescription: "Whether this is the default administrator, who cannot be deleted.",
				Computed:            true,
				PlanModifiers:       []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
			},
		},
	}
}

func (r *userResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"name": identityschema.StringAttribute{Description: "The name of the user.", RequiredForImport: true},
	}}
}

func (r *userResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var config, plan resourceModel
	resp.Diagnostics.Append(framework.Get(ctx, req.Config, &config)...)
	resp.Diagnostics.Append(framework.Get(ctx, req.Plan, &plan)...)
	resp.Diagnostics.Append(r.NeedsAppliance("create user " + plan.Name.String())...)
	if resp.Diagnostics.HasError() {
		return
	}
	written, err := parseFields(plan.AdditionalFields.ValueString()) // which may have been unknown before
	if err != nil {
		resp.Diagnostics.Append(invalidFields(err))
		return
	}
	if resp.Diagnostics.Append(missingForCreation(ctx, config, plan, written)...); resp.Diagnostics.HasError() {
		return
	}
	user, err := r.Client.Users.Create(ctx, api.UserValues{
		Name: framework.Trim(plan.Name).ValueString(), Description: framework.Trim(plan.Description).ValueString(), Password: config.Password.ValueString(), AdditionalFields: written,
	})
	if err != nil {
		reportWrite(&resp.Diagnostics, err)
		return
	}
	user = r.afterCreation(ctx, user, written)
	resp.Diagnostics.Append(r.Redacted(plan.fillComputed(user, written))...)
	resp.Diagnostics.Append(framework.Set(ctx, &resp.State, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Name: plan.ID})...)
	resp.Diagnostics.Append(r.Redacted(chosenFields(plan, written, user.AdditionalFields))...)
	resp.Diagnostics.Append(r.storeRights(ctx, resp.Private, user.AdditionalFields)...)
	resp.Diagnostics.Append(writeonly.Store(ctx, resp.Private, config.Password, config.PasswordVersion)...)
}

func (r *userResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(framework.Get(ctx, req.State, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Name: state.ID})...)
	if resp.Diagnostics.HasError() || !r.BeginRead() {
		return
	}
	user, err := r.Client.Users.Refresh(ctx, state.ID.ValueString())
	if !framework.Refreshed(ctx, resp, err, state.Name.IsNull()) {
		return
	}
	r.NoteRead("user", user.Name, strings.ToLower(user.Name))
	state.fromAPI(user, r.Client.Redact)
	resp.Diagnostics.Append(framework.Set(ctx, &resp.State, &state)...)
	resp.Diagnostics.Append(r.storeRights(ctx, resp.Private, user.AdditionalFields)...)
}

func (r *userResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var config, plan, state resourceModel
	resp.Diagnostics.Append(framework.Get(ctx, req.Config, &config)...)
	resp.Diagnostics.Append(framework.Get(ctx, req.Plan, &plan)...)
	resp.Diagnostics.Append(framework.Get(ctx, req.State, &state)...)
	updating := "update user " + state.Name.String()
	resp.Diagnostics.Append(r.NeedsAppliance(updating)...)
	sent, diags := writeonly.Load(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	written, err := parseFields(plan.AdditionalFields.ValueString()) // which may have been unknown before
	if err != nil {
		resp.Diagnostics.Append(invalidFields(err))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	change := planChange(config, plan, state, written, sent)
	if change.onlyFieldsChange() {
		user, err := r.Client.Users.Get(ctx, plan.ID.ValueString())
		if err != nil {
			framework.ReportWrite(&resp.Diagnostics, r.Client.NotSent(updating, err))
			return
		}
		change.fieldsChange = !written.Compare(user.AdditionalFields).Confirms()
	}
	if resp.Diagnostics.Append(change.missing()...); resp.Diagnostics.HasError() {
		return
	}
	user := state.user()
	if !change.isEmpty() {
		if user, err = r.Client.Users.Update(ctx, plan.ID.ValueString(), change.values()); err != nil {
			if wire.IsOutcomeUnknown(err) {
				if change.password == set {
					resp.Diagnostics.Append(writeonly.Forget(ctx, resp.Private)...)
				}
				unanswered := api.User{Name: plan.ID.ValueString()}
				resp.Diagnostics.Append(r.compareRights(ctx, req.Private, resp.Private, plan.Name, unanswered, written)...)
			}
			change.report(&resp.Diagnostics, err)
			return
		}
		resp.Diagnostics.Append(r.compareRights(ctx, req.Private, resp.Private, plan.Name, user, written)...)
	}
	resp.Diagnostics.Append(r.Redacted(plan.fillComputed(user, written))...)
	resp.Diagnostics.Append(framework.Set(ctx, &resp.State, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Name: plan.ID})...)
	if change.sendsPassword() {
		resp.Diagnostics.Append(writeonly.Store(ctx, resp.Private, config.Password, config.PasswordVersion)...)
	}
}

// Delete does not delete a user that this run has created: the user to delete no longer exists, and only the name
// distinguishes users.
func (r *userResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	if framework.IsLeftToAnother(ctx, req, &resp.Diagnostics) {
		return
	}
	var name types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("id"), &name)...)
	resp.Diagnostics.Append(r.NeedsAppliance("delete user " + name.String())...)
	if resp.Diagnostics.HasError() {
		return
	}
	if r.Client.Users.HasCreated(name.ValueString()) {
		return
	}
	if err := r.Client.Users.Delete(ctx, name.ValueString()); err != nil {
		framework.ReportWrite(&resp.Diagnostics, err)
	}
}

// ImportState takes the name of a user.
func (r *userResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if resp.Diagnostics.Append(r.NeedsApplianceNow("import a user")...); resp.Diagnostics.HasError() {
		return
	}
	if req.ID == "" && req.Identity.Raw.IsNull() {
		resp.Diagnostics.AddError("Empty import ID", "Import a user by its username.")
		return
	}
	req.ID = strings.TrimSpace(req.ID)
	resource.ImportStatePassthroughWithIdentity(ctx, path.Root("id"), path.Root("name"), req, resp)
}
