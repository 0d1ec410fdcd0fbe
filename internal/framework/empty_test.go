package framework_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

func TestEmpty(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rules func(...validator.String) []validator.String
		value types.String
		want  string // the detail of the only error; "" for none
	}{
		"optional, empty":     {framework.EmptyIsUnset, types.StringValue(""), ""},
		"optional, null":      {framework.EmptyIsUnset, types.StringNull(), ""},
		"optional, unknown":   {framework.EmptyIsUnset, types.StringUnknown(), ""},
		"optional, judged":    {framework.EmptyIsUnset, types.StringValue("abcd"), "Attribute x string length must be at most 3, got: 4"},
		"optional, good":      {framework.EmptyIsUnset, types.StringValue("abc"), ""},
		"defaulted, empty":    {framework.NotEmptyOrUnset, types.StringValue(""), `This must not be an empty string. Omit it or set it to null instead.`},
		"defaulted, null":     {framework.NotEmptyOrUnset, types.StringNull(), ""},
		"defaulted, unknown":  {framework.NotEmptyOrUnset, types.StringUnknown(), ""},
		"defaulted, judged":   {framework.NotEmptyOrUnset, types.StringValue("abcd"), "Attribute x string length must be at most 3, got: 4"},
		"required, empty":     {framework.NotEmpty, types.StringValue(""), "This must not be empty."},
		"required, unknown":   {framework.NotEmpty, types.StringUnknown(), ""},
		"required, judged":    {framework.NotEmpty, types.StringValue("abcd"), "Attribute x string length must be at most 3, got: 4"},
		"required, one space": {framework.NotEmpty, types.StringValue(" "), "This must not be empty."},
		"trimmed, long": {func(rules ...validator.String) []validator.String {
			return []validator.String{framework.Trimmed(rules...)}
		}, types.StringValue("abc\r\n"), ""},
		"trimmed, too long": {func(rules ...validator.String) []validator.String {
			return []validator.String{framework.Trimmed(rules...)}
		}, types.StringValue("abcd\n"), "Attribute x string length must be at most 3, got: 4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var resp validator.StringResponse
			for _, rule := range test.rules(stringvalidator.LengthAtMost(3)) {
				rule.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("x"), ConfigValue: test.value}, &resp)
			}
			got := ""
			for _, diagnostic := range resp.Diagnostics {
				got += diagnostic.Detail()
			}
			if got != test.want {
				t.Errorf("got %q, expected %q", got, test.want)
			}
		})
	}
}

// An empty write-only argument counts as unset. Any other value is unchanged.
func TestGet_nothing(t *testing.T) {
	t.Parallel()
	attributes := schema.Schema{Attributes: map[string]schema.Attribute{
		"name":        schema.StringAttribute{Optional: true, WriteOnly: true},
		"description": schema.StringAttribute{Optional: true},
		"id":          schema.StringAttribute{Optional: true, WriteOnly: true},
		"enabled":     schema.BoolAttribute{Optional: true, WriteOnly: true},
	}}
	value := tftypes.NewValue(attributes.Type().TerraformType(t.Context()), map[string]tftypes.Value{
		"name":        tftypes.NewValue(tftypes.String, ""),
		"description": tftypes.NewValue(tftypes.String, ""),
		"id":          tftypes.NewValue(tftypes.String, tftypes.UnknownValue),
		"enabled":     tftypes.NewValue(tftypes.Bool, true),
	})
	var got model
	if diags := framework.Get(t.Context(), tfsdk.Config{Raw: value, Schema: attributes}, &got); diags.HasError() {
		t.Fatal(diags)
	}
	want := model{Name: types.StringNull(), Description: types.StringValue(""), ID: types.StringUnknown(), Enabled: types.BoolValue(true)}
	if got != want {
		t.Errorf("read %+v, want %+v", got, want)
	}
}
