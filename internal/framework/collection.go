package framework

import (
	"context"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
)

// Collection is all objects of a kind, as a client of the appliance has them. Both methods return the objects whose
// names match the appliance's SearchPattern, sorted by name. An empty pattern matches all.
type Collection[T any] interface {
	List(ctx context.Context, searchPattern string) ([]T, error)
	// Search reads only the pages that the caller needs. limit is the maximum number of objects, 0 for all.
	Search(ctx context.Context, searchPattern string, limit int64) iter.Seq2[T, error]
}

var (
	_ datasource.DataSourceWithConfigure = &PluralDataSource[any, any]{}
	_ list.ListResourceWithConfigure     = &ListResource[any]{}
)

const searchPattern = "search_pattern"

func describeSearchPattern(objects string) string {
	return "Return only the " + objects + " whose name matches this pattern. The appliance decides what matches. If omitted, all are returned."
}

// PluralDataSource lists the objects of a kind: all of them, or those that match search_pattern. M is the tagged struct of
// one object.
type PluralDataSource[T, M any] struct {
	DataSource
	Description string
	Objects     string                      // what they are called: "users"
	Attribute   string                      // which lists them
	Attributes  map[string]schema.Attribute // of each
	Collection  func(*api.Client) Collection[T]
	Model       func(*api.Client, T) M
}

// Schema implements [datasource.DataSource].
func (d *PluralDataSource[T, M]) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: d.Description,
		Attributes: map[string]schema.Attribute{
			searchPattern: schema.StringAttribute{MarkdownDescription: describeSearchPattern(d.Objects), Optional: true},
			d.Attribute: schema.ListNestedAttribute{
				MarkdownDescription: "The " + d.Objects + ", sorted by name.",
				Computed:            true,
				NestedObject:        schema.NestedAttributeObject{Attributes: d.Attributes},
			},
		},
	}
}

// Read implements [datasource.DataSource].
func (d *PluralDataSource[T, M]) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var pattern types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root(searchPattern), &pattern)...)
	resp.Diagnostics.Append(d.NeedsApplianceNow("list " + d.Objects)...)
	if resp.Diagnostics.HasError() {
		return
	}
	objects, err := d.Collection(d.Client).List(ctx, pattern.ValueString())
	if err != nil {
		resp.Diagnostics.Append(Diagnostic(err))
		return
	}
	models := make([]M, len(objects)) // an empty list, not null, when there are none
	for i, object := range objects {
		models[i] = d.Model(d.Client, object)
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(searchPattern), pattern)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(d.Attribute), models)...)
}

// ListResource finds the objects of a kind for terraform query: all of them, or those that match search_pattern.
type ListResource[T any] struct {
	Resource
	Description string
	Objects     string // what they are called: "users"
	Collection  func(*api.Client) Collection[T]
	// Result shows an object as an import would find it. identity is a tagged struct.
	Result func(T) (name string, identity any, resource Model)
}

// ListResourceConfigSchema implements [list.ListResource].
func (l *ListResource[T]) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: l.Description,
		Attributes: map[string]listschema.Attribute{
			searchPattern: listschema.StringAttribute{MarkdownDescription: describeSearchPattern(l.Objects), Optional: true},
		},
	}
}

// List implements [list.ListResource]. It reads objects as Terraform asks for results. A failure to read them is the
// last result.
func (l *ListResource[T]) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var pattern types.String
	diags := req.Config.GetAttribute(ctx, path.Root(searchPattern), &pattern)
	diags.Append(l.NeedsApplianceNow("list " + l.Objects)...)
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		var pushed int64
		for object, err := range l.Collection(l.Client).Search(ctx, pattern.ValueString(), req.Limit) {
			if err != nil {
				push(list.ListResult{Diagnostics: diag.Diagnostics{Diagnostic(err)}})
				return
			}
			if pushed++; !push(l.result(ctx, req, object)) || pushed == req.Limit {
				return
			}
		}
	}
}

func (l *ListResource[T]) result(ctx context.Context, req list.ListRequest, object T) list.ListResult {
	result := req.NewListResult(ctx)
	name, identity, resource := l.Result(object)
	result.DisplayName = name
	result.Diagnostics.Append(result.Identity.Set(ctx, identity)...)
	if req.IncludeResource {
		result.Diagnostics.Append(Set(ctx, result.Resource, resource)...)
	}
	return result
}
