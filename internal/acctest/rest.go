package acctest

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

// ProvidersWithREST are the factories of the provider under test and of stand-ins for two generic REST providers: what is
// configured of restapi_object and restful_resource becomes their state, and nothing else happens.
func ProvidersWithREST() map[string]func() (tfprotov6.ProviderServer, error) {
	factories := Providers()
	factories["restapi"] = providerserver.NewProtocol6WithError(standIn{resourceType: "restapi_object", attributes: map[string]schema.Attribute{
		"id": optional, "path": optional, "read_path": optional, "id_attribute": optional,
		"data": optional, "api_response": optional,
	}})
	factories["restful"] = providerserver.NewProtocol6WithError(standIn{resourceType: "restful_resource", attributes: map[string]schema.Attribute{
		"id": optional, "path": optional, "read_path": optional,
		"body": schema.DynamicAttribute{Optional: true}, "output": schema.DynamicAttribute{Optional: true},
	}})
	return factories
}

var optional = schema.StringAttribute{Optional: true}

// standIn is a provider and its only resource.
type standIn struct {
	resourceType string
	attributes   map[string]schema.Attribute
}

func (s standIn) Metadata(context.Context, provider.MetadataRequest, *provider.MetadataResponse) {}
func (s standIn) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse)       {}
func (s standIn) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}
func (s standIn) DataSources(context.Context) []func() datasource.DataSource { return nil }
func (s standIn) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return standInResource{s} }}
}

type standInResource struct{ standIn standIn }

func (r standInResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.standIn.resourceType
}

func (r standInResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: r.standIn.attributes}
}

func (r standInResource) Create(_ context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.State.Raw = req.Plan.Raw
}

func (r standInResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (r standInResource) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
}

func (r standInResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// StateWithout checks that the state does not contain a text.
func StateWithout(text string) statecheck.StateCheck { return stateWithout(text) }

type stateWithout string

func (s stateWithout) CheckState(_ context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	state, err := json.Marshal(req.State)
	if err == nil && strings.Contains(string(state), string(s)) {
		err = errors.New("what must not be in the state is there")
	}
	resp.Error = err
}
