// Package appliance describes the appliance itself.
package appliance

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

var _ datasource.DataSourceWithConfigure = &applianceDataSource{}

type applianceDataSource struct{ framework.DataSource }

// NewDataSource makes the data source veeam_appliance.
func NewDataSource() datasource.DataSource {
	return &applianceDataSource{framework.DataSource{Type: "appliance"}}
}

type dataModel struct {
	ProductVersion types.String `tfsdk:"product_version"`
	APIVersion     types.String `tfsdk:"api_version"`
}

func (d *applianceDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads the product version of the appliance, for use in `check` and `precondition` blocks.",
		Attributes: map[string]schema.Attribute{
			"product_version": schema.StringAttribute{
				MarkdownDescription: "The version of the product.",
				Computed:            true,
			},
			"api_version": schema.StringAttribute{
				MarkdownDescription: "The API revision that the provider uses.",
				Computed:            true,
			},
		},
	}
}

func (d *applianceDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	if resp.Diagnostics.Append(d.NeedsApplianceNow("read the appliance's version")...); resp.Diagnostics.HasError() {
		return
	}
	version, err := d.Client.ProductVersion(ctx)
	if err != nil {
		resp.Diagnostics.Append(framework.Diagnostic(err))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, dataModel{
		ProductVersion: types.StringValue(version),
		APIVersion:     types.StringValue(d.Client.APIVersion()),
	})...)
}
