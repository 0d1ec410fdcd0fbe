package user

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

var (
	_ datasource.DataSourceWithConfigure = &userDataSource{}
	_ datasource.DataSourceWithConfigure = &usersDataSource{}
)

// dataModel is a user as the data sources show it.
type dataModel struct {
	Name             types.String `tfsdk:"name"`
	Description      types.String `tfsdk:"description"`
	MFAEnabled       types.Bool   `tfsdk:"mfa_enabled"`
	IsDefault        types.Bool   `tfsdk:"is_default"`
	AdditionalFields types.String `tfsdk:"additional_fields"`
}

func dataModelOf(user api.User) dataModel {
	return dataModel{
		Name:             types.StringValue(user.Name),
		Description:      framework.Description(user.Description),
		MFAEnabled:       types.BoolValue(user.MFAEnabled),
		IsDefault:        types.BoolValue(user.IsDefault),
		AdditionalFields: types.StringValue(shownFields(user.AdditionalFields)),
	}
}

// dataAttributes are those of a user in both data sources.
func dataAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"name":        schema.StringAttribute{MarkdownDescription: "The name of the user.", Computed: true},
		"description": schema.StringAttribute{MarkdownDescription: "The description; null when there is none.", Computed: true},
		"mfa_enabled": schema.BoolAttribute{MarkdownDescription: "Whether the user has multi-factor authentication on.", Computed: true},
		"is_default":  schema.BoolAttribute{MarkdownDescription: "Whether this is the default administrator, who cannot be deleted.", Computed: true},
		"additional_fields": schema.StringAttribute{
			MarkdownDescription: "A JSON object of the fields that the appliance has more of the user, such as a role, under the names and with the values that `additional_fields` of the resource takes. " +
				"`{}` when there are none. What may be a secret by its name is left out.",
			Computed: true,
		},
	}
}

type userDataSource struct{ framework.DataSource }

// NewDataSource makes the data source veeam_user.
func NewDataSource() datasource.DataSource { return &userDataSource{} }

func (d *userDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_user"
}

func (d *userDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := dataAttributes()
	attributes["name"] = schema.StringAttribute{
		MarkdownDescription: "The name of the user.",
		Required:            true,
		Validators:          nameRules(),
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Looks up one user of the appliance by name.",
		Attributes:          attributes,
	}
}

func (d *userDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config dataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if d.Client == nil {
		resp.Diagnostics.Append(framework.NotConfigured("look up a user"))
		return
	}
	user, err := d.Client.Users.Get(ctx, config.Name.ValueString())
	switch {
	case api.IsNotFound(err):
		resp.Diagnostics.AddAttributeError(path.Root("name"), "No such user",
			fmt.Sprintf("No user of the appliance has the name %q.", config.Name.ValueString()))
	case err != nil:
		resp.Diagnostics.Append(framework.Diagnostic(err))
	default:
		resp.Diagnostics.Append(resp.State.Set(ctx, dataModelOf(user))...)
	}
}

type usersDataSource struct{ framework.DataSource }

// NewPluralDataSource makes the data source veeam_users.
func NewPluralDataSource() datasource.DataSource { return &usersDataSource{} }

func (d *usersDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_users"
}

type usersModel struct {
	SearchPattern types.String `tfsdk:"search_pattern"`
	Users         []dataModel  `tfsdk:"users"`
}

func (d *usersDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the users of the appliance, all of them or those that match a pattern.",
		Attributes: map[string]schema.Attribute{
			"search_pattern": schema.StringAttribute{
				MarkdownDescription: "Only the users whose name matches this, by the appliance's own rules. Leave it out for all.",
				Optional:            true,
			},
			"users": schema.ListNestedAttribute{
				MarkdownDescription: "The users, sorted by name.",
				Computed:            true,
				NestedObject:        schema.NestedAttributeObject{Attributes: dataAttributes()},
			},
		},
	}
}

func (d *usersDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model usersModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if d.Client == nil {
		resp.Diagnostics.Append(framework.NotConfigured("list users"))
		return
	}
	users, err := d.Client.Users.List(ctx, model.SearchPattern.ValueString())
	if err != nil {
		resp.Diagnostics.Append(framework.Diagnostic(err))
		return
	}
	model.Users = make([]dataModel, len(users)) // an empty list, not null, when none matches
	for i, user := range users {
		model.Users[i] = dataModelOf(user)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}
