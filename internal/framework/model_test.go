package framework_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

type model struct {
	Name, Description, ID types.String
	Enabled               types.Bool
}

func (m *model) Attributes() map[string]any {
	return map[string]any{"name": &m.Name, "description": &m.Description, "id": &m.ID, "enabled": &m.Enabled}
}

var modelSchema = schema.Schema{Attributes: map[string]schema.Attribute{
	"name":        schema.StringAttribute{Required: true},
	"description": schema.StringAttribute{Optional: true},
	"id":          schema.StringAttribute{Computed: true},
	"enabled":     schema.BoolAttribute{Computed: true},
}}

func TestModel(t *testing.T) {
	t.Parallel()
	object := modelSchema.Type().TerraformType(t.Context())
	value := tftypes.NewValue(object, map[string]tftypes.Value{
		"name":        tftypes.NewValue(tftypes.String, "relay"),
		"description": tftypes.NewValue(tftypes.String, nil),
		"id":          tftypes.NewValue(tftypes.String, tftypes.UnknownValue),
		"enabled":     tftypes.NewValue(tftypes.Bool, true),
	})

	var got model
	if diags := framework.Get(t.Context(), tfsdk.Plan{Raw: value, Schema: modelSchema}, &got); diags.HasError() {
		t.Fatal(diags)
	}
	want := model{Name: types.StringValue("relay"), Description: types.StringNull(), ID: types.StringUnknown(), Enabled: types.BoolValue(true)}
	if got != want {
		t.Errorf("read %+v, want %+v", got, want)
	}

	state := tfsdk.State{Raw: tftypes.NewValue(object, nil), Schema: modelSchema}
	if diags := framework.Set(t.Context(), &state, &got); diags.HasError() {
		t.Fatal(diags)
	}
	if !state.Raw.Equal(value) {
		t.Errorf("wrote %s, want %s", state.Raw, value)
	}
}

// incomplete lacks an attribute.
type incomplete struct{ model }

func (m *incomplete) Attributes() map[string]any {
	attributes := m.model.Attributes()
	delete(attributes, "description")
	return attributes
}

func TestSet_incompleteModel(t *testing.T) {
	t.Parallel()
	state := tfsdk.State{Raw: tftypes.NewValue(modelSchema.Type().TerraformType(t.Context()), nil), Schema: modelSchema}
	if diags := framework.Set(t.Context(), &state, &incomplete{}); !diags.HasError() {
		t.Errorf("an incomplete model was written: %s", state.Raw)
	}
}
