package account

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

var (
	_ datasource.DataSourceWithConfigure      = &accountDataSource{}
	_ datasource.DataSourceWithValidateConfig = &accountDataSource{}
)

// dataModel is a credentials record as the data sources show it.
type dataModel struct {
	ID          types.String `tfsdk:"id"`
	Name        types.String `tfsdk:"name"`
	Username    types.String `tfsdk:"username"`
	Description types.String `tfsdk:"description"`
}

func dataModelOf(_ *api.Client, account api.StandardAccount) dataModel {
	return dataModel{
		ID:          types.StringValue(account.ID),
		Name:        types.StringValue(account.Name),
		Username:    types.StringValue(account.Username),
		Description: framework.Description(account.Description),
	}
}

// dataAttributes are those of a credentials record in both data sources.
func dataAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":          schema.StringAttribute{MarkdownDescription: "The UUID of the record.", Computed: true},
		"name":        schema.StringAttribute{MarkdownDescription: "The name of the record.", Computed: true},
		"username":    schema.StringAttribute{MarkdownDescription: "The username with which the appliance signs in to the mail server.", Computed: true},
		"description": schema.StringAttribute{MarkdownDescription: "The description. Null if there is none.", Computed: true},
	}
}

type accountDataSource struct{ framework.DataSource }

// NewDataSource makes the data source veeam_standard_account.
func NewDataSource() datasource.DataSource {
	return &accountDataSource{framework.DataSource{Type: "standard_account"}}
}

func (d *accountDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := dataAttributes()
	attributes["id"] = schema.StringAttribute{
		MarkdownDescription: "The UUID of the record. Set this or `name`.",
		Optional:            true,
		Computed:            true,
	}
	attributes["name"] = schema.StringAttribute{
		MarkdownDescription: "The exact name of the record. Set this or `id`.",
		Optional:            true,
		Computed:            true,
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Looks up one SMTP server credentials record by its id or its exact name.",
		Attributes:          attributes,
	}
}

func (d *accountDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var config dataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	switch withoutID, withoutName := framework.IsUnset(config.ID), framework.IsUnset(config.Name); {
	case withoutID && withoutName:
		resp.Diagnostics.AddAttributeError(path.Root("name"), "Missing name or id", "Set id or name to look up a credentials record.")
	case !withoutID && !withoutName && !config.ID.IsUnknown() && !config.Name.IsUnknown():
		resp.Diagnostics.AddAttributeError(path.Root("id"), "Conflicting id and name", "Set either id or name, not both.")
	}
}

func (d *accountDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config dataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(d.NeedsApplianceNow("look up a credentials record")...)
	if resp.Diagnostics.HasError() {
		return
	}
	account, found, err := d.lookUp(ctx, config)
	switch {
	case err != nil:
		resp.Diagnostics.Append(framework.Diagnostic(err))
	case !found && framework.IsUnset(config.ID):
		resp.Diagnostics.Append(d.NoSuch("credentials record", "name", config.Name))
	case !found:
		resp.Diagnostics.Append(d.NoSuch("credentials record", "id", config.ID))
	default:
		resp.Diagnostics.Append(resp.State.Set(ctx, dataModelOf(d.Client, account))...)
	}
}

func (d *accountDataSource) lookUp(ctx context.Context, config dataModel) (api.StandardAccount, bool, error) {
	if framework.IsUnset(config.ID) {
		return d.Client.StandardAccounts.Find(ctx, config.Name.ValueString())
	}
	account, err := d.Client.StandardAccounts.Get(ctx, config.ID.ValueString())
	if store.IsNotFound(err) {
		return account, false, nil
	}
	return account, err == nil, err
}

// NewPluralDataSource makes the data source veeam_standard_accounts.
func NewPluralDataSource() datasource.DataSource {
	return &framework.PluralDataSource[api.StandardAccount, dataModel]{
		DataSource:  framework.DataSource{Type: "standard_accounts"},
		Description: "Lists the SMTP server credentials records of the appliance, all of them or those that match a pattern.",
		Objects:     "credentials records",
		Attribute:   "accounts",
		Attributes:  dataAttributes(),
		Collection:  accounts,
		Model:       dataModelOf,
	}
}
