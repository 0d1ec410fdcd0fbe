package user

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

var _ datasource.DataSourceWithConfigure = &userDataSource{}

// dataModel is a user as the data sources show it.
type dataModel struct {
	Name             types.String `tfsdk:"name"`
	Description      types.String `tfsdk:"description"`
	MFAEnabled       types.Bool   `tfsdk:"mfa_enabled"`
	IsDefault        types.Bool   `tfsdk:"is_default"`
	AdditionalFields types.String `tfsdk:"additional_fields"`
}

func dataModelOf(client *api.Client, user api.User) dataModel {
	return dataModel{
		Name:             types.StringValue(user.Name),
		Description:      framework.Description(user.Description),
		MFAEnabled:       types.BoolValue(user.MFAEnabled),
		IsDefault:        types.BoolValue(user.IsDefault),
		AdditionalFields: types.StringValue(shownFields(user.AdditionalFields, client.Redact)),
	}
}

// dataAttributes are those of a user in both data sources.
func dataAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"name":        schema.StringAttribute{MarkdownDescription: "The name of the user.", Computed: true},
		"description": schema.StringAttribute{MarkdownDescription: "The description. Null if there is none.", Computed: true},
		"mfa_enabled": schema.BoolAttribute{MarkdownDescription: "Whether MFA is enabled for the user.", Computed: true},
		"is_default":  schema.BoolAttribute{MarkdownDescription: "Whether this is the default administrator, who cannot be deleted.", Computed: true},
		"additional_fields": schema.StringAttribute{
			MarkdownDescription: "A JSON object of the other fields of the user, such as a role, in the form of the resource's `additional_fields`. " +
				"`{}` if there are none. Fields with names that suggest a secret are omitted.",
			Computed: true,
		},
	}
}

type userDataSource struct{ framework.DataSource }

// NewDataSource makes the data source veeam_user.
func NewDataSource() datasource.DataSource {
	return &userDataSource{framework.DataSource{Type: "user"}}
}

func (d *userDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := dataAttributes()
	attributes["name"] = schema.StringAttribute{
		MarkdownDescription: "The name of the user.",
		Required:            true,
		Validators:          framework.NotEmpty(),
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Looks up one user of the appliance by name.",
		Attributes:          attributes,
	}
}

func (d *userDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config dataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(d.NeedsApplianceNow("look up a user")...)
	if resp.Diagnostics.HasError() {
		return
	}
	user, err := d.Client.Users.Get(ctx, framework.Trim(config.Name).ValueString())
	switch {
	case store.IsNotFound(err):
		resp.Diagnostics.Append(d.NoSuch("user", "name", config.Name))
	case err != nil:
		resp.Diagnostics.Append(framework.Diagnostic(err))
	default:
		resp.Diagnostics.Append(resp.State.Set(ctx, dataModelOf(d.Client, user))...)
	}
}

// NewPluralDataSource makes the data source veeam_users.
func NewPluralDataSource() datasource.DataSource {
	return &framework.PluralDataSource[api.User, dataModel]{
		DataSource:  framework.DataSource{Type: "users"},
		Description: "Lists the users of the appliance, all of them or those that match a pattern.",
		Objects:     "users",
		Attribute:   "users",
		Attributes:  dataAttributes(),
		Collection:  users,
		Model:       dataModelOf,
	}
}
