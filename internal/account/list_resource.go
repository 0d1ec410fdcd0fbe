package account

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

var _ list.ListResourceWithConfigure = &accountListResource{}

type accountListResource struct{ framework.Resource }

// NewListResource makes the list resource veeam_standard_account.
func NewListResource() list.ListResource { return &accountListResource{} }

func (l *accountListResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_standard_account"
}

type listModel struct {
	SearchPattern types.String `tfsdk:"search_pattern"`
}

func (l *accountListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds the SMTP server credentials records of the appliance for `terraform query`, sorted by name.",
		Attributes: map[string]schema.Attribute{
			"search_pattern": schema.StringAttribute{
				MarkdownDescription: "Only the records whose name matches this, by the appliance's own rules. Leave it out for all.",
				Optional:            true,
			},
		},
	}
}

func (l *accountListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config listModel
	diags := req.Config.Get(ctx, &config)
	if l.Client == nil {
		diags.Append(framework.NotConfigured("list credentials records"))
	}
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	accounts := l.Client.StandardAccounts.Search(ctx, config.SearchPattern.ValueString(), req.Limit)
	stream.Results = framework.ListResults(accounts, req.Limit, func(account api.StandardAccount) list.ListResult {
		return listResult(ctx, req, account)
	})
}

// listResult shows a record as import would find it.
func listResult(ctx context.Context, req list.ListRequest, account api.StandardAccount) list.ListResult {
	result := req.NewListResult(ctx)
	result.DisplayName = account.Name
	id := types.StringValue(account.ID)
	result.Diagnostics.Append(result.Identity.Set(ctx, identityModel{ID: id})...)
	if req.IncludeResource {
		model := resourceModel{ID: id}
		model.take(account)
		result.Diagnostics.Append(framework.Set(ctx, result.Resource, &model)...)
	}
	return result
}
