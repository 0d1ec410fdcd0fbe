package user

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

var _ list.ListResourceWithConfigure = &userListResource{}

type userListResource struct{ framework.Resource }

// NewListResource makes the list resource veeam_user.
func NewListResource() list.ListResource { return &userListResource{} }

func (l *userListResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_user"
}

type listModel struct {
	SearchPattern types.String `tfsdk:"search_pattern"`
}

func (l *userListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Finds the users of the appliance for `terraform query`, sorted by name.",
		Attributes: map[string]schema.Attribute{
			"search_pattern": schema.StringAttribute{
				MarkdownDescription: "Only the users whose name matches this, by the appliance's own rules. Leave it out for all.",
				Optional:            true,
			},
		},
	}
}

func (l *userListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config listModel
	diags := req.Config.Get(ctx, &config)
	if l.Client == nil {
		diags.Append(framework.NotConfigured("list users"))
	}
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	users := l.Client.Users.Search(ctx, config.SearchPattern.ValueString(), req.Limit)
	stream.Results = framework.ListResults(users, req.Limit, func(user api.User) list.ListResult {
		return listResult(ctx, req, user)
	})
}

// listResult shows a user as import would find it.
func listResult(ctx context.Context, req list.ListRequest, user api.User) list.ListResult {
	result := req.NewListResult(ctx)
	result.DisplayName = user.Name
	result.Diagnostics.Append(result.Identity.Set(ctx, identityModel{Name: types.StringValue(user.Name)})...)
	if req.IncludeResource {
		var model resourceModel
		model.take(user)
		result.Diagnostics.Append(framework.Set(ctx, result.Resource, &model)...)
	}
	return result
}
