package account

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

var (
	_ datasource.DataSourceWithConfigure      = &accountDataSource{}
	_ datasource.DataSourceWithValidateConfig = &accountDataSource{}
	_ datasource.DataSourceWithConfigure      = &accountsDataSource{}
)

// dataModel is a credentials record as the data sources show it.
type dataModel struct {
	ID          types.String `tfsdk:"id"`
	Name        types.String `tfsdk:"name"`
	Username    types.String `tfsdk:"username"`
	Description types.String `tfsdk:"description"`
}

func dataModelOf(account api.StandardAccount) dataModel {
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
		"username":    schema.StringAttribute{MarkdownDescription: "The user name that the appliance signs in to the mail server with.", Computed: true},
		"description": schema.StringAttribute{MarkdownDescription: "The description; null when there is none.", Computed: true},
	}
}

type accountDataSource struct{ framework.DataSource }

// NewDataSource makes the data source veeam_standard_account.
func NewDataSource() datasource.DataSource { return &accountDataSource{} }

func (d *accountDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_standard_account"
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
	switch withoutID, withoutName := framework.IsNothing(config.ID), framework.IsNothing(config.Name); {
	case withoutID && withoutName:
		resp.Diagnostics.AddAttributeError(path.Root("name"), "Missing name or id", "Set id or name of the credentials record to look up.")
	case !withoutID && !withoutName && !config.ID.IsUnknown() && !config.Name.IsUnknown():
		resp.Diagnostics.AddAttributeError(path.Root("id"), "Both id and name", "A credentials record is looked up by its id or by its name. Set one of them alone.")
	}
}

func (d *accountDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config dataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if d.Client == nil {
		resp.Diagnostics.Append(framework.NotConfigured("look up a credentials record"))
		return
	}
	account, found, err := d.lookUp(ctx, config)
	switch {
	case err != nil:
		resp.Diagnostics.Append(framework.Diagnostic(err))
	case !found:
		resp.Diagnostics.Append(noSuchAccount(config))
	default:
		resp.Diagnostics.Append(resp.State.Set(ctx, dataModelOf(account))...)
	}
}

func (d *accountDataSource) lookUp(ctx context.Context, config dataModel) (api.StandardAccount, bool, error) {
	if framework.IsNothing(config.ID) {
		return d.Client.StandardAccounts.Find(ctx, config.Name.ValueString())
	}
	account, err := d.Client.StandardAccounts.Get(ctx, config.ID.ValueString())
	if api.IsNotFound(err) {
		return account, false, nil
	}
	return account, err == nil, err
}

func noSuchAccount(config dataModel) diag.Diagnostic {
	attribute, value := "id", config.ID
	if framework.IsNothing(value) {
		attribute, value = "name", config.Name
	}
	return diag.NewAttributeErrorDiagnostic(path.Root(attribute), "No such credentials record",
		fmt.Sprintf("No credentials record on the appliance has the %s %q.", attribute, value.ValueString()))
}

type accountsDataSource struct{ framework.DataSource }

// NewPluralDataSource makes the data source veeam_standard_accounts.
func NewPluralDataSource() datasource.DataSource { return &accountsDataSource{} }

func (d *accountsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_standard_accounts"
}

type accountsModel struct {
	SearchPattern types.String `tfsdk:"search_pattern"`
	Accounts      []dataModel  `tfsdk:"accounts"`
}

func (d *accountsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the SMTP server credentials records of the appliance, all of them or those that match a pattern.",
		Attributes: map[string]schema.Attribute{
			"search_pattern": schema.StringAttribute{
				MarkdownDescription: "Only the records whose name matches this, by the appliance's own rules. Leave it out for all.",
				Optional:            true,
			},
			"accounts": schema.ListNestedAttribute{
				MarkdownDescription: "The records, sorted by name.",
				Computed:            true,
				NestedObject:        schema.NestedAttributeObject{Attributes: dataAttributes()},
			},
		},
	}
}

func (d *accountsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model accountsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if d.Client == nil {
		resp.Diagnostics.Append(framework.NotConfigured("list credentials records"))
		return
	}
	accounts, err := d.Client.StandardAccounts.List(ctx, model.SearchPattern.ValueString())
	if err != nil {
		resp.Diagnostics.Append(framework.Diagnostic(err))
		return
	}
	model.Accounts = make([]dataModel, len(accounts)) // an empty list, not null, when there are none
	for i, account := range accounts {
		model.Accounts[i] = dataModelOf(account)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}
