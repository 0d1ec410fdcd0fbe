package histories

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/provider"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// This file is Terraform as a provider sees it: which calls it makes, in which order, with what in them, and what it makes
// of the answers.

const (
	accountType = "veeam_standard_account"
	userType    = "veeam_user"
)

// values are the attributes of an object: strings, bools, nil for null, and unknown.
type values map[string]any

var unknown any = tftypes.UnknownValue

// object is an object in the state.
type object struct {
	values   values
	private  []byte
	identity *tfprotov6.ResourceIdentityData
	tainted  bool

	// What the test remembers beside Terraform: the password that was sent last, as far as the provider reported success, and
	// whether the provider had counted the version it was sent with.
	sent    string
	counted bool
}

func (o *object) id() string {
	id, _ := o.values["id"].(string)
	return id
}

// instance is a resource in the state.
type instance struct {
	typeName string
	current  *object
	deposed  []*object
}

type state map[string]*instance

// objects calls back for every object in the state.
func (s state) objects(call func(address string, typeName string, o *object)) {
	for _, address := range slices.Sorted(maps.Keys(s)) {
		for _, o := range append([]*object{s[address].current}, s[address].deposed...) {
			if o != nil {
				call(address, s[address].typeName, o)
			}
		}
	}
}

func (s state) manages(k key) bool {
	found := false
	s.objects(func(_, typeName string, o *object) { found = found || k == key{typeName, o.id()} })
	return found
}

// sharesUsers reports whether two resources have one user. If both have one name, and the second is created while the
// first is missing without Terraform's knowledge, one may be deleted for both.
func (s state) sharesUsers() bool {
	names, shared := map[string]bool{}, false
	s.objects(func(_, typeName string, o *object) {
		if typeName == userType {
			shared = shared || names[o.id()]
			names[o.id()] = true
		}
	})
	return shared
}

// action is what Terraform plans for a resource.
type action string

const (
	noOp             action = "no-op"
	create           action = "create"
	update           action = "update"
	remove           action = "delete"
	deleteThenCreate action = "delete then create"
	createThenDelete action = "create then delete"
)

func (a action) isReplace() bool { return a == deleteThenCreate || a == createThenDelete }

// change is one line of a plan.
type change struct {
	address  string
	typeName string
	block    *block // nil for a removal
	action   action
	before   *object
	deposed  bool // what is removed is a deposed object
	after    values
	private  []byte
	identity *tfprotov6.ResourceIdentityData
}

// process is a provider as Terraform starts it: one for the plan, another for the apply.
type process struct {
	w           *world
	server      provider.Server
	schemas     *tfprotov6.GetProviderSchemaResponse
	mu          sync.Mutex
	connections []net.Conn
}

func (w *world) start() *process {
	p := &process{w: w}
	p.server = provider.NewServer("test", func(c *api.Config) {
		c.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			connection, err := w.network.dial(ctx)
			if err == nil {
				p.mu.Lock()
				p.connections = append(p.connections, connection)
				p.mu.Unlock()
			}
			return connection, err
		}
	})
	var err error
	if p.schemas, err = p.server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		panic(err)
	}
	configured, err := p.server.ConfigureProvider(context.Background(), &tfprotov6.ConfigureProviderRequest{
		Config: encode(p.schemas.Provider.ValueType(), values{
			"host": "http://127.0.0.1:11005", "username": simulator.DefaultUsername, "password": simulator.DefaultPassword, "max_retries": w.habits.maxRetries,
			"api_version": w.habits.apiVersion,
		}),
	})
	if err != nil || len(configured.Diagnostics) > 0 {
		panic(fmt.Sprint(err, said(configured.Diagnostics)))
	}
	return p
}

// end ends the process: it signs out, and its connections break.
func (p *process) end() {
	p.server.SignOut()
	_, _ = p.server.StopProvider(context.Background(), &tfprotov6.StopProviderRequest{})
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, connection := range p.connections {
		_ = connection.Close()
	}
}

func (p *process) schema(typeName string) *tfprotov6.Schema {
	return p.schemas.ResourceSchemas[typeName]
}

// each calls the operations of a walk: one after the other, or concurrently. Those of different addresses have no order
// between them. Each begins a little after the one before it, and later by its delay, if it has one: a real Terraform calls
// an operation when it has done what that depends on.
func (w *world) each(operations []func(), delays ...time.Duration) {
	if !w.habits.parallel {
		for _, operation := range operations {
			operation()
		}
		return
	}
	var running sync.WaitGroup
	for i, operation := range operations {
		running.Go(func() {
			time.Sleep(time.Duration(i) * stagger)
			if i < len(delays) {
				time.Sleep(delays[i])
			}
			operation()
		})
	}
	running.Wait()
}

// failures are the diagnostics that are errors.
func failures(diagnostics []*tfprotov6.Diagnostic) []*tfprotov6.Diagnostic {
	var errs []*tfprotov6.Diagnostic
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			errs = append(errs, d)
		}
	}
	return errs
}

func said(diagnostics []*tfprotov6.Diagnostic) string {
	var texts []string
	for _, d := range diagnostics {
		text := fmt.Sprintf("%s: %s: %s", strings.ToLower(d.Severity.String()), d.Summary, strings.Join(strings.Fields(d.Detail), " "))
		if d.Attribute != nil {
			text += " (" + d.Attribute.String() + ")"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

// validate is the validation of a resource block.
func (p *process) validate(b *block) []*tfprotov6.Diagnostic {
	response, err := p.server.ValidateResourceConfig(context.Background(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: b.typeName, Config: encode(p.schema(b.typeName).ValueType(), b.values()),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	return p.answered(err, func() ([]*tfprotov6.Diagnostic, [][]byte) { return response.Diagnostics, nil })
}

// answered looks for passwords in an answer, and gives its diagnostics.
func (p *process) answered(err error, answer func() ([]*tfprotov6.Diagnostic, [][]byte)) []*tfprotov6.Diagnostic {
	if err != nil {
		p.w.violated(neverCrashes, "%v", err)
		return []*tfprotov6.Diagnostic{{Severity: tfprotov6.DiagnosticSeverityError, Summary: err.Error()}}
	}
	diagnostics, stored := answer()
	text := []byte(said(diagnostics))
	for _, password := range append(passwords, othersPassword, simulator.DefaultPassword) {
		for _, bytesStored := range append(stored, text) {
			if bytes.Contains(bytesStored, []byte(password)) {
				p.w.violated(noSecrets, "%q", bytesStored)
			}
		}
	}
	return diagnostics
}

func stored(value *tfprotov6.DynamicValue, private []byte) [][]byte {
	if value == nil {
		return [][]byte{private}
	}
	return [][]byte{value.MsgPack, value.JSON, private}
}

// refresh reads an object, which was upgraded before as Terraform does with all that it has from a state file. It gives nil
// when the object is gone.
func (p *process) refresh(typeName string, o *object) (*object, []*tfprotov6.Diagnostic) {
	ctx, objectType := context.Background(), p.schema(typeName).ValueType()
	kept, err := json.Marshal(o.values)
	if err != nil {
		panic(err)
	}
	upgraded, err := p.server.UpgradeResourceState(ctx, &tfprotov6.UpgradeResourceStateRequest{
		TypeName: typeName, Version: p.schema(typeName).Version, RawState: &tfprotov6.RawState{JSON: kept},
	})
	diagnostics := p.answered(err, func() ([]*tfprotov6.Diagnostic, [][]byte) {
		return upgraded.Diagnostics, stored(upgraded.UpgradedState, nil)
	})
	if len(failures(diagnostics)) > 0 {
		return o, diagnostics
	}
	read, err := p.server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: typeName, CurrentState: upgraded.UpgradedState, Private: o.private, CurrentIdentity: o.identity,
	})
	diagnostics = p.answered(err, func() ([]*tfprotov6.Diagnostic, [][]byte) {
		return read.Diagnostics, stored(read.NewState, read.Private)
	})
	if len(failures(diagnostics)) > 0 {
		return o, diagnostics
	}
	found := decode(objectType, read.NewState)
	if found == nil {
		return nil, diagnostics
	}
	p.assertKept(o.values, found)
	refreshed := *o
	refreshed.values, refreshed.private, refreshed.identity = found, read.Private, read.NewIdentity
	return &refreshed, diagnostics
}

// planCall is one PlanResourceChange.
func (p *process) planCall(typeName string, prior *object, private []byte, config values) (values, *tfprotov6.PlanResourceChangeResponse, []*tfprotov6.Diagnostic) {
	schema := p.schema(typeName)
	objectType := schema.ValueType()
	request := &tfprotov6.PlanResourceChangeRequest{TypeName: typeName, PriorPrivate: private, PriorState: encode(objectType, nil), Config: encode(objectType, config)}
	var before values
	if prior != nil {
		before = prior.values
		request.PriorState, request.PriorIdentity = encode(objectType, before), prior.identity
	}
	request.ProposedNewState = encode(objectType, proposed(schema, before, config))
	planned, err := p.server.PlanResourceChange(context.Background(), request)
	diagnostics := p.answered(err, func() ([]*tfprotov6.Diagnostic, [][]byte) {
		return planned.Diagnostics, stored(planned.PlannedState, planned.PlannedPrivate)
	})
	if len(failures(diagnostics)) > 0 {
		return nil, nil, diagnostics
	}
	after := decode(objectType, planned.PlannedState)
	if after != nil && config != nil {
		p.assertPlanValid(schema, before, config, after)
	}
	return after, planned, diagnostics
}

// proposed merges a configuration with what is computed of the prior state.
func proposed(schema *tfprotov6.Schema, prior, config values) values {
	if config == nil {
		return nil
	}
	merged := values{}
	for _, attribute := range schema.Block.Attributes {
		switch value := config[attribute.Name]; {
		case attribute.WriteOnly:
		case value == nil && attribute.Computed:
			merged[attribute.Name] = prior[attribute.Name]
		default:
			merged[attribute.Name] = value
		}
	}
	return merged
}

// plan plans a resource block, in the plan and once more in the apply, where done is what the plan decided.
func (p *process) plan(address string, b *block, current *object, forceReplace bool, done *change) (*change, []*tfprotov6.Diagnostic) {
	planned := &change{address: address, typeName: b.typeName, block: b, before: current}
	prior := current
	if current != nil && current.tainted {
		prior = nil
	}
	var private []byte
	if prior != nil {
		private = prior.private
	}
	diagnostics := p.validate(b)
	if len(failures(diagnostics)) > 0 {
		return nil, diagnostics
	}
	after, response, answered := p.planCall(b.typeName, prior, private, b.values())
	diagnostics = append(diagnostics, answered...)
	if len(failures(diagnostics)) > 0 {
		return nil, diagnostics
	}
	planned.after, planned.private, planned.identity = after, response.PlannedPrivate, response.PlannedIdentity
	replace := deleteThenCreate
	if b.createBeforeDestroy {
		replace = createThenDelete
	}
	switch {
	case prior == nil:
		planned.action = create
	case maps.Equal(after, prior.values) && !forceReplace:
		planned.action = noOp
	case forceReplace || slices.ContainsFunc(response.RequiresReplace, func(path *tftypes.AttributePath) bool {
		name := string(path.Steps()[0].(tftypes.AttributeName))
		return after[name] != prior.values[name]
	}):
		planned.action = replace
	default:
		planned.action = update
	}
	if planned.action.isReplace() {
		// Terraform plans the new object again without the old one, but with its private state, and drops the warnings of that.
		after, response, answered = p.planCall(b.typeName, nil, planned.private, b.values())
		if len(failures(answered)) > 0 {
			return nil, append(diagnostics, answered...)
		}
		planned.after, planned.private, planned.identity = after, response.PlannedPrivate, response.PlannedIdentity
	}
	if planned.action == create && current != nil {
		planned.action = replace
	}
	if done != nil && done.action.isReplace() && planned.action == create {
		planned.action, planned.before = done.action, done.before
	}
	return planned, diagnostics
}

// planRemoval plans the removal of an object. Terraform shows none of its warnings.
func (p *process) planRemoval(address, typeName string, o *object, deposed bool) (*change, []*tfprotov6.Diagnostic) {
	_, response, diagnostics := p.planCall(typeName, o, o.private, nil)
	if len(failures(diagnostics)) > 0 {
		return nil, failures(diagnostics)
	}
	return &change{address: address, typeName: typeName, action: remove, before: o, deposed: deposed, private: response.PlannedPrivate}, nil
}

// apply applies one change, and gives the object that goes to the state.
func (p *process) apply(c *change, prior *object) (*object, []*tfprotov6.Diagnostic) {
	objectType := p.schema(c.typeName).ValueType()
	request := &tfprotov6.ApplyResourceChangeRequest{
		TypeName: c.typeName, PriorState: encode(objectType, nil), PlannedState: encode(objectType, c.after), Config: encode(objectType, nil),
		PlannedPrivate: c.private, PlannedIdentity: c.identity,
	}
	if prior != nil {
		request.PriorState = encode(objectType, prior.values)
	}
	if c.after != nil {
		request.Config = encode(objectType, c.block.values())
	}
	response, err := p.server.ApplyResourceChange(context.Background(), request)
	diagnostics := p.answered(err, func() ([]*tfprotov6.Diagnostic, [][]byte) {
		return response.Diagnostics, stored(response.NewState, response.Private)
	})
	if err != nil {
		return prior, diagnostics
	}
	after := decode(objectType, response.NewState)
	failed := len(failures(diagnostics)) > 0
	if !failed {
		p.assertConsistent(c.address, c.after, after)
	}
	switch {
	case failed && after == nil:
		return prior, diagnostics
	case after == nil:
		return nil, diagnostics
	}
	result := &object{values: after, private: response.Private, identity: response.NewIdentity}
	if prior != nil {
		result.sent, result.counted = prior.sent, prior.counted
	}
	if failed && prior != nil {
		result.tainted = prior.tainted
		if result.identity == nil {
			result.identity = prior.identity
		}
	}
	if failed && prior == nil {
		result.tainted = true
	}
	return result, diagnostics
}

// encode makes a value of an object type, with null for what is not given; nil is null.
func encode(objectType tftypes.Type, given values) *tfprotov6.DynamicValue {
	value := tftypes.NewValue(objectType, nil)
	if given != nil {
		attributes := map[string]tftypes.Value{}
		for name, attributeType := range objectType.(tftypes.Object).AttributeTypes {
			attributes[name] = tftypes.NewValue(attributeType, given[name])
		}
		value = tftypes.NewValue(objectType, attributes)
	}
	encoded, err := tfprotov6.NewDynamicValue(objectType, value)
	if err != nil {
		panic(err)
	}
	return &encoded
}

func decode(objectType tftypes.Type, encoded *tfprotov6.DynamicValue) values {
	if encoded == nil {
		return nil
	}
	value, err := encoded.Unmarshal(objectType)
	if err != nil {
		panic(err)
	}
	if value.IsNull() {
		return nil
	}
	var attributes map[string]tftypes.Value
	if err := value.As(&attributes); err != nil {
		panic(err)
	}
	decoded := values{}
	for name, attribute := range attributes {
		decoded[name] = decodeAttribute(attribute)
	}
	return decoded
}

func decodeAttribute(attribute tftypes.Value) any {
	var (
		text string
		yes  bool
		err  error
	)
	switch {
	case attribute.IsNull():
		return nil
	case !attribute.IsKnown():
		return unknown
	case attribute.Type().Is(tftypes.Bool):
		err = attribute.As(&yes)
		if err == nil {
			return yes
		}
	default:
		err = attribute.As(&text)
	}
	if err != nil {
		panic(err)
	}
	return text
}
