package acctest

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/provider"
)

// Fails checks that a configuration fails with an error that says these words: one provider block, and one resource or data
// source of it. make test asks the provider as Terraform would, which takes no time; make test-all asks Terraform.
func Fails(t *testing.T, configuration, says string) {
	t.Helper()
	if All() {
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: Providers(),
			TerraformVersionChecks:   WriteOnly,
			Steps:                    []resource.TestStep{{Config: configuration, ExpectError: Saying(says)}},
		})
		return
	}
	said := diagnose(t, configuration)
	if !failed(said) || !Saying(says).MatchString(strings.Join(said, "\n")) {
		t.Errorf("the configuration is answered with %q, expected an error that says %q", said, says)
	}
}

// diagnose returns the [Texts] of the first step in which a configuration fails: validation, configuration of the
// provider, plan.
func diagnose(t *testing.T, configuration string) []string {
	t.Helper()
	server := provider.NewServer("test")
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	Succeeded(t, schemas.Diagnostics, err)
	p := &Protocol{Server: server, Schemas: schemas}

	object := &hclsyntax.Block{}
	settings := Values{}
	for _, block := range parse(t, configuration).Blocks {
		switch {
		case block.Type == "provider":
			settings = values(t, block)
		case block.Labels[0] != "terraform_data":
			object = block
		}
	}
	config := Encode(t, schemas.Provider.ValueType(), settings)
	valid, err := server.ValidateProviderConfig(t.Context(), &tfprotov6.ValidateProviderConfigRequest{Config: config})
	Succeeded(t, nil, err)
	if said := Texts(valid.Diagnostics); failed(said) {
		return said
	}
	if said := p.validate(t, object); failed(said) {
		return said
	}
	configured, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.14.0", Config: config})
	Succeeded(t, nil, err)
	if said := Texts(configured.Diagnostics); failed(said) {
		return said
	}
	switch object.Type {
	case "resource":
		_, said := p.PlanNew(t, object.Labels[0], values(t, object))
		return said
	case "data":
		_, said := p.ReadData(t, object.Labels[0], values(t, object))
		return said
	}
	return nil
}

// validate returns the [Texts] of the validation of a resource or data source.
func (p *Protocol) validate(t *testing.T, block *hclsyntax.Block) []string {
	t.Helper()
	switch block.Type {
	case "resource":
		kind := p.Schemas.ResourceSchemas[block.Labels[0]].ValueType()
		valid, err := p.Server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
			TypeName: block.Labels[0], Config: Encode(t, kind, values(t, block)),
			ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
		})
		Succeeded(t, nil, err)
		return Texts(valid.Diagnostics)
	case "data":
		kind := p.Schemas.DataSourceSchemas[block.Labels[0]].ValueType()
		valid, err := p.Server.ValidateDataResourceConfig(t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{
			TypeName: block.Labels[0], Config: Encode(t, kind, values(t, block)),
		})
		Succeeded(t, nil, err)
		return Texts(valid.Diagnostics)
	}
	return nil
}

func parse(t *testing.T, configuration string) *hclsyntax.Body {
	t.Helper()
	file, diagnostics := hclsyntax.ParseConfig([]byte(configuration), "main.tf", hcl.InitialPos)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	return file.Body.(*hclsyntax.Body)
}

// values are the arguments of a block. What comes from terraform_data is not known yet.
func values(t *testing.T, block *hclsyntax.Block) Values {
	t.Helper()
	values := Values{}
	for name, attribute := range block.Body.Attributes {
		value, diagnostics := attribute.Expr.Value(&hcl.EvalContext{Variables: map[string]cty.Value{"terraform_data": cty.DynamicVal}})
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		switch {
		case !value.IsKnown():
			values[name] = Unknown
		case value.IsNull():
			values[name] = nil
		case value.Type() == cty.Bool:
			values[name] = value.True()
		case value.Type() == cty.Number:
			values[name] = value.AsBigFloat()
		default:
			text, err := convert.Convert(value, cty.String)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			values[name] = text.AsString()
		}
	}
	return values
}
