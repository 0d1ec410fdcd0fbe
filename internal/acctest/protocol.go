package acctest

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/provider"
)

// Protocol is the provider under test without Terraform: for requests that an older Terraform cannot send, and for
// requests at a certain time.
type Protocol struct {
	Server     tfprotov6.ProviderServer
	Schemas    *tfprotov6.GetProviderSchemaResponse
	Identities map[string]*tfprotov6.ResourceIdentitySchema
}

// Values are the attributes of an object: strings and bools, nil for null, and [Unknown]. Others are decoded as they are.
type Values map[string]any

// Unknown is a value that is known only after apply.
var Unknown = tftypes.UnknownValue

// Protocol returns the provider under test, configured for the simulated appliance with more arguments or others.
func (a *Appliance) Protocol(t *testing.T, arguments Values) *Protocol {
	t.Helper()
	p := &Protocol{Server: provider.NewServer("test")}
	schemas, err := p.Server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	Succeeded(t, schemas.Diagnostics, err)
	identities, err := p.Server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	Succeeded(t, identities.Diagnostics, err)
	p.Schemas, p.Identities = schemas, identities.IdentitySchemas

	config := Values{"host": a.Simulated.Host(), "username": Username, "password": Password, "ca_certificate": a.Simulated.CACertificate()}
	maps.Copy(config, arguments)
	configured, err := p.Server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: Encode(t, schemas.Provider.ValueType(), config)})
	Succeeded(t, configured.Diagnostics, err)
	return p
}

// Listed is one result of a list resource.
type Listed struct {
	DisplayName        string
	Identity, Resource Values
	Diagnostics        []*tfprotov6.Diagnostic
}

// List asks a list resource, after its configuration was validated. The results come as they are asked for.
func (p *Protocol) List(t *testing.T, typeName string, config Values, limit int64, includeResource bool) iter.Seq[Listed] {
	t.Helper()
	server := p.Server.(tfprotov6.ListResourceServer)
	encoded := Encode(t, p.Schemas.ListResourceSchemas[typeName].ValueType(), config)
	valid, err := server.ValidateListResourceConfig(t.Context(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: typeName, Config: encoded})
	Succeeded(t, valid.Diagnostics, err)
	stream, err := server.ListResource(t.Context(), &tfprotov6.ListResourceRequest{
		TypeName: typeName, Config: encoded, Limit: limit, IncludeResource: includeResource,
	})
	Succeeded(t, nil, err)
	return func(yield func(Listed) bool) {
		for result := range stream.Results {
			listed := Listed{DisplayName: result.DisplayName, Diagnostics: result.Diagnostics}
			if result.Identity != nil {
				listed.Identity = Decode(t, p.Identities[typeName].ValueType(), result.Identity.IdentityData)
			}
			if result.Resource != nil {
				listed.Resource = Decode(t, p.Schemas.ResourceSchemas[typeName].ValueType(), result.Resource)
			}
			if !yield(listed) {
				return
			}
		}
	}
}

// Generated is the configuration that Terraform writes for a listed resource: all that can be configured, without what
// is computed and null, and without what is sensitive.
func (p *Protocol) Generated(typeName string, resource Values) Values {
	config := Values{}
	for _, attribute := range p.Schemas.ResourceSchemas[typeName].Block.Attributes {
		if (attribute.Required || attribute.Optional) && !attribute.Sensitive {
			config[attribute.Name] = resource[attribute.Name]
		}
	}
	return config
}

// PlanNew plans the creation of a resource, as Terraform does. The second result is the [Texts] of what is said.
func (p *Protocol) PlanNew(t *testing.T, typeName string, config Values) (planned Values, said []string) {
	t.Helper()
	schema := p.Schemas.ResourceSchemas[typeName]
	proposed := Values{}
	for _, attribute := range schema.Block.Attributes {
		switch value := config[attribute.Name]; {
		case attribute.WriteOnly:
		case value == nil && attribute.Computed:
			proposed[attribute.Name] = Unknown
		default:
			proposed[attribute.Name] = value
		}
	}
	plan, err := p.Server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: typeName, PriorState: Null(t, schema.ValueType()),
		ProposedNewState: Encode(t, schema.ValueType(), proposed), Config: Encode(t, schema.ValueType(), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return Decode(t, schema.ValueType(), plan.PlannedState), Texts(plan.Diagnostics)
}

// Create plans the creation of a resource and, where that finds no error, applies it. Nil is what was not created.
func (p *Protocol) Create(t *testing.T, typeName string, config Values) (created Values, said []string) {
	t.Helper()
	kind := p.Schemas.ResourceSchemas[typeName].ValueType()
	planned, said := p.PlanNew(t, typeName, config)
	if failed(said) {
		return nil, said
	}
	applied, err := p.Server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: typeName, PriorState: Null(t, kind), PlannedState: Encode(t, kind, planned), Config: Encode(t, kind, config),
	})
	if err != nil {
		t.Fatal(err)
	}
	said = append(said, Texts(applied.Diagnostics)...)
	if state, err := applied.NewState.Unmarshal(kind); err != nil || state.IsNull() {
		return nil, said
	}
	return Decode(t, kind, applied.NewState), said
}

// Read refreshes a resource and gives the [Texts] of what is said.
func (p *Protocol) Read(t *testing.T, typeName string, state Values) (said []string) {
	t.Helper()
	return Texts(p.Refresh(t, typeName, state).Diagnostics)
}

// ReadState refreshes a resource and gives its state.
func (p *Protocol) ReadState(t *testing.T, typeName string, state Values) Values {
	t.Helper()
	read := p.Refresh(t, typeName, state)
	Succeeded(t, read.Diagnostics, nil)
	return Decode(t, p.Schemas.ResourceSchemas[typeName].ValueType(), read.NewState)
}

// Refresh refreshes a resource.
func (p *Protocol) Refresh(t *testing.T, typeName string, state Values) *tfprotov6.ReadResourceResponse {
	t.Helper()
	kind := p.Schemas.ResourceSchemas[typeName].ValueType()
	read, err := p.Server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: typeName, CurrentState: Encode(t, kind, state)})
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// Update plans a change of a resource and, where that finds no error, applies it. What is said by either is given as [Texts].
func (p *Protocol) Update(t *testing.T, typeName string, prior, config Values) (said []string) {
	t.Helper()
	return p.UpdateFrom(t, typeName, prior, nil, config)
}

// PlanUpdate plans a change of a resource and gives the [Texts] of what is said.
func (p *Protocol) PlanUpdate(t *testing.T, typeName string, prior Values, private []byte, config Values) (said []string) {
	t.Helper()
	return Texts(p.planUpdate(t, typeName, prior, private, config).Diagnostics)
}

func (p *Protocol) planUpdate(t *testing.T, typeName string, prior Values, private []byte, config Values) *tfprotov6.PlanResourceChangeResponse {
	t.Helper()
	schema := p.Schemas.ResourceSchemas[typeName]
	kind := schema.ValueType()
	plan, err := p.Server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: typeName, PriorState: Encode(t, kind, prior), PriorPrivate: private,
		ProposedNewState: Encode(t, kind, proposed(schema, prior, config)), Config: Encode(t, kind, config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// UpdateFrom is [Protocol.Update] of a resource that has a private state.
func (p *Protocol) UpdateFrom(t *testing.T, typeName string, prior Values, private []byte, config Values) (said []string) {
	t.Helper()
	kind := p.Schemas.ResourceSchemas[typeName].ValueType()
	plan := p.planUpdate(t, typeName, prior, private, config)
	said = Texts(plan.Diagnostics)
	if failed(said) {
		return said
	}
	applied, err := p.Server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: typeName, PriorState: Encode(t, kind, prior), PlannedState: plan.PlannedState, PlannedPrivate: plan.PlannedPrivate, Config: Encode(t, kind, config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return append(said, Texts(applied.Diagnostics)...)
}

// Delete deletes a resource and gives the [Texts] of what is said.
func (p *Protocol) Delete(t *testing.T, typeName string, state Values) (said []string) {
	t.Helper()
	kind := p.Schemas.ResourceSchemas[typeName].ValueType()
	applied, err := p.Server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: typeName, PriorState: Encode(t, kind, state), PlannedState: Null(t, kind), Config: Null(t, kind),
	})
	if err != nil {
		t.Fatal(err)
	}
	return Texts(applied.Diagnostics)
}

// PlanDestroy plans to destroy a resource with a state and its private state.
func (p *Protocol) PlanDestroy(t *testing.T, typeName string, state Values, private []byte) *tfprotov6.PlanResourceChangeResponse {
	t.Helper()
	kind := p.Schemas.ResourceSchemas[typeName].ValueType()
	plan, err := p.Server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: typeName, PriorState: Encode(t, kind, state), PriorPrivate: private, ProposedNewState: Null(t, kind), Config: Null(t, kind),
	})
	Succeeded(t, nil, err)
	return plan
}

// Destroy applies a plan of [Protocol.PlanDestroy].
func (p *Protocol) Destroy(t *testing.T, typeName string, state Values, plan *tfprotov6.PlanResourceChangeResponse) *tfprotov6.ApplyResourceChangeResponse {
	t.Helper()
	kind := p.Schemas.ResourceSchemas[typeName].ValueType()
	applied, err := p.Server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: typeName, PriorState: Encode(t, kind, state), PlannedState: Null(t, kind), PlannedPrivate: plan.PlannedPrivate, Config: Null(t, kind),
	})
	Succeeded(t, nil, err)
	return applied
}

// proposed is what Terraform proposes for an object that exists: the configuration, and what was there where it says nothing.
func proposed(schema *tfprotov6.Schema, prior, config Values) Values {
	values := Values{}
	for _, attribute := range schema.Block.Attributes {
		switch value := config[attribute.Name]; {
		case attribute.WriteOnly:
		case value == nil && attribute.Computed:
			values[attribute.Name] = prior[attribute.Name]
		default:
			values[attribute.Name] = value
		}
	}
	return values
}

func failed(said []string) bool {
	return slices.ContainsFunc(said, func(text string) bool { return strings.HasPrefix(text, tfprotov6.DiagnosticSeverityError.String()) })
}

// PlanImport imports a resource by its identity, reads it and plans it with a configuration, as Terraform does for an
// import block.
func (p *Protocol) PlanImport(t *testing.T, typeName string, identity, config Values) (imported, planned Values) {
	t.Helper()
	schema := p.Schemas.ResourceSchemas[typeName]
	imports, err := p.Server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: typeName,
		Identity: &tfprotov6.ResourceIdentityData{IdentityData: Encode(t, p.Identities[typeName].ValueType(), identity)},
	})
	Succeeded(t, imports.Diagnostics, err)
	found := imports.ImportedResources[0]
	read, err := p.Server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: typeName, CurrentState: found.State, CurrentIdentity: found.Identity, Private: found.Private,
	})
	Succeeded(t, read.Diagnostics, err)
	imported = Decode(t, schema.ValueType(), read.NewState)

	valid, err := p.Server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: typeName, Config: Encode(t, schema.ValueType(), config),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	Succeeded(t, valid.Diagnostics, err)
	plan, err := p.Server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: typeName, PriorState: read.NewState, PriorIdentity: read.NewIdentity, PriorPrivate: read.Private,
		ProposedNewState: Encode(t, schema.ValueType(), proposed(schema, imported, config)), Config: Encode(t, schema.ValueType(), config),
	})
	Succeeded(t, plan.Diagnostics, err)
	return imported, Decode(t, schema.ValueType(), plan.PlannedState)
}

// ReadData reads a data source. The second result is the [Texts] of what is said.
func (p *Protocol) ReadData(t *testing.T, typeName string, config Values) (Values, []string) {
	t.Helper()
	kind := p.Schemas.DataSourceSchemas[typeName].ValueType()
	read, err := p.Server.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: typeName, Config: Encode(t, kind, config)})
	if err != nil {
		t.Fatal(err)
	}
	if read.State == nil {
		return nil, Texts(read.Diagnostics)
	}
	return Decode(t, kind, read.State), Texts(read.Diagnostics)
}

// Move takes over the state of another provider's resource, given in JSON, as Terraform does for a moved block.
func (p *Protocol) Move(t *testing.T, sourceType, source, targetType string) (state, identity Values, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	moved, err := p.Server.MoveResourceState(t.Context(), &tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: "registry.terraform.io/somebody/else", SourceTypeName: sourceType,
		SourceState: &tfprotov6.RawState{JSON: []byte(source)}, TargetTypeName: targetType,
	})
	Succeeded(t, nil, err)
	if moved.TargetState != nil {
		state = Decode(t, p.Schemas.ResourceSchemas[targetType].ValueType(), moved.TargetState)
	}
	if moved.TargetIdentity != nil {
		identity = Decode(t, p.Identities[targetType].ValueType(), moved.TargetIdentity.IdentityData)
	}
	return state, identity, moved.Diagnostics
}

// Moved is the state of another provider's resource, with all that is not null after the move; nil where it is refused.
type Moved = struct {
	Source, State string // its type, and JSON with no secret but "s3cret"
	Want          Values
}

// Moves checks which states a type takes over by a moved block, and that a refusal shows no secret. identity is the
// attribute that the type is identified by.
func (p *Protocol) Moves(t *testing.T, targetType, identity string, cases map[string]Moved) {
	t.Helper()
	for name, moved := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state, identities, diagnostics := p.Move(t, moved.Source, moved.State, targetType)
			if moved.Want == nil {
				if state != nil || len(diagnostics) != 1 || strings.Contains(diagnostics[0].Detail, "s3cret") {
					t.Errorf("%v, %v", state, diagnostics)
				}
				return
			}
			maps.DeleteFunc(state, func(_ string, value any) bool { return value == nil })
			if diff := cmp.Diff(moved.Want, state); diff != "" || identities[identity] != moved.Want[identity] || len(diagnostics) > 0 {
				t.Errorf("%v, %v\n%s", identities, diagnostics, diff)
			}
		})
	}
}

// Invoke validates, plans and invokes an action, as Terraform does one after the other. It gives the progress shown and the
// [Texts] of the first step that has any. Without a config block Terraform sends null.
func (p *Protocol) Invoke(t *testing.T, typeName string, config Values) (progress, diagnostics []string) {
	t.Helper()
	server := p.Server.(tfprotov6.ActionServer)
	kind := p.Schemas.ActionSchemas[typeName].Schema.ValueType()
	encoded := Null(t, kind)
	if config != nil {
		encoded = Encode(t, kind, config)
	}
	validated, err := server.ValidateActionConfig(t.Context(), &tfprotov6.ValidateActionConfigRequest{ActionType: typeName, Config: encoded})
	if err != nil {
		t.Fatal(err)
	}
	if len(validated.Diagnostics) > 0 {
		return nil, Texts(validated.Diagnostics)
	}
	planned, err := server.PlanAction(t.Context(), &tfprotov6.PlanActionRequest{ActionType: typeName, Config: encoded})
	if err != nil {
		t.Fatal(err)
	}
	if len(planned.Diagnostics) > 0 {
		return nil, Texts(planned.Diagnostics)
	}
	stream, err := server.InvokeAction(t.Context(), &tfprotov6.InvokeActionRequest{ActionType: typeName, Config: encoded})
	if err != nil {
		t.Fatal(err)
	}
	completed := false
	for event := range stream.Events {
		switch event := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			progress = append(progress, event.Message)
		case tfprotov6.CompletedInvokeActionEventType:
			completed, diagnostics = true, Texts(event.Diagnostics)
		}
	}
	if !completed {
		t.Error("the action was not completed")
	}
	return progress, diagnostics
}

// Texts returns diagnostics as "WARNING attribute: summary: detail".
func Texts(diagnostics []*tfprotov6.Diagnostic) []string {
	var all []string
	for _, d := range diagnostics {
		all = append(all, fmt.Sprintf("%s %s: %s: %s", d.Severity, d.Attribute, d.Summary, d.Detail))
	}
	return all
}

// Null is the state of what does not exist.
func Null(t *testing.T, objectType tftypes.Type) *tfprotov6.DynamicValue {
	t.Helper()
	encoded, err := tfprotov6.NewDynamicValue(objectType, tftypes.NewValue(objectType, nil))
	if err != nil {
		t.Fatal(err)
	}
	return &encoded
}

// Succeeded fails the test if a call of the protocol failed.
func Succeeded(t *testing.T, diagnostics []*tfprotov6.Diagnostic, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, diagnostic := range diagnostics {
		if diagnostic.Severity == tfprotov6.DiagnosticSeverityError {
			t.Fatalf("%s: %s", diagnostic.Summary, diagnostic.Detail)
		}
	}
}

// Encode makes a value of an object type, with null for what is not given.
func Encode(t *testing.T, objectType tftypes.Type, values Values) *tfprotov6.DynamicValue {
	t.Helper()
	attributes := map[string]tftypes.Value{}
	for name, attributeType := range objectType.(tftypes.Object).AttributeTypes {
		if value, decoded := values[name].(tftypes.Value); decoded {
			attributes[name] = value
		} else {
			attributes[name] = tftypes.NewValue(attributeType, values[name])
		}
	}
	encoded, err := tfprotov6.NewDynamicValue(objectType, tftypes.NewValue(objectType, attributes))
	if err != nil {
		t.Fatal(err)
	}
	return &encoded
}

// Decode takes an object apart.
func Decode(t *testing.T, objectType tftypes.Type, encoded *tfprotov6.DynamicValue) Values {
	t.Helper()
	value, err := encoded.Unmarshal(objectType)
	if err != nil {
		t.Fatal(err)
	}
	var attributes map[string]tftypes.Value
	if err := value.As(&attributes); err != nil {
		t.Fatal(err)
	}
	values := Values{}
	for name, attribute := range attributes {
		values[name] = decodeAttribute(t, attribute)
	}
	return values
}

func decodeAttribute(t *testing.T, attribute tftypes.Value) any {
	t.Helper()
	switch {
	case attribute.IsNull():
		return nil
	case !attribute.IsKnown():
		return Unknown
	case attribute.Type().Is(tftypes.Bool):
		var value bool
		if err := attribute.As(&value); err != nil {
			t.Fatal(err)
		}
		return value
	case !attribute.Type().Is(tftypes.String):
		return attribute
	}
	var value string
	if err := attribute.As(&value); err != nil {
		t.Fatal(err)
	}
	return value
}
