package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// A module without a value passes "". Every optional argument accepts it, unless the argument has a default, and every other
// argument says what to do.
func TestEmpty(t *testing.T) {
	t.Parallel()
	p := acctest.NewSimulated(t, simulator.Config{}).Protocol(t, nil)
	type validate func(typeName string, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error)
	actions := map[string]*tfprotov6.Schema{}
	for name, schema := range p.Schemas.ActionSchemas {
		actions[name] = schema.Schema
	}
	for kind, of := range map[string]struct {
		schemas  map[string]*tfprotov6.Schema
		validate validate
	}{
		"resource": {p.Schemas.ResourceSchemas, func(name string, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
			resp, err := p.Server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
				TypeName: name, Config: config, ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
			})
			return resp.Diagnostics, err
		}},
		"data source": {p.Schemas.DataSourceSchemas, func(name string, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
			resp, err := p.Server.ValidateDataResourceConfig(t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{TypeName: name, Config: config})
			return resp.Diagnostics, err
		}},
		"list resource": {p.Schemas.ListResourceSchemas, func(name string, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
			resp, err := p.Server.(tfprotov6.ListResourceServer).ValidateListResourceConfig(t.Context(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: name, Config: config})
			return resp.Diagnostics, err
		}},
		"ephemeral resource": {p.Schemas.EphemeralResourceSchemas, func(name string, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
			resp, err := p.Server.ValidateEphemeralResourceConfig(t.Context(), &tfprotov6.ValidateEphemeralResourceConfigRequest{TypeName: name, Config: config})
			return resp.Diagnostics, err
		}},
		"action": {actions, func(name string, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
			resp, err := p.Server.(tfprotov6.ActionServer).ValidateActionConfig(t.Context(), &tfprotov6.ValidateActionConfigRequest{ActionType: name, Config: config})
			return resp.Diagnostics, err
		}},
	} {
		for name, schema := range of.schemas {
			for _, argument := range schema.Block.Attributes {
				if argument.Type == nil || !argument.Type.Is(tftypes.String) || !argument.Required && !argument.Optional {
					continue
				}
				want := ""
				switch {
				case argument.Required:
					want = "This must not be empty."
				case argument.Computed && kind == "resource" && argument.Name != "subject": // an appliance may have an empty one
					want = `This must not be an empty string. Omit it or set it to null instead.`
				}
				diagnostics, err := of.validate(name, acctest.Encode(t, schema.ValueType(), acctest.Values{argument.Name: ""}))
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, diagnostic := range diagnostics {
					if diagnostic.Attribute != nil && diagnostic.Attribute.Equal(tftypes.NewAttributePath().WithAttributeName(argument.Name)) &&
						!strings.HasPrefix(diagnostic.Summary, "Missing") { // the data source that wants one of two
						got = append(got, diagnostic.Detail)
					}
				}
				if strings.Join(got, "\n") != want {
					t.Errorf("%s %s: %s = \"\" is answered with %q, expected %q", kind, name, argument.Name, got, want)
				}
			}
		}
	}
}
