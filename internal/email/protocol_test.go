package email_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
)

const (
	resourceType = "veeam_email_notifications"
	actionType   = "veeam_send_test_email"
)

// invoke validates, plans and invokes the action, as Terraform does one after the other. It gives the progress shown and
// the diagnostics of the first step that has any. Without a config block Terraform sends null.
func invoke(t *testing.T, p *acctest.Protocol, config acctest.Values) (progress, diagnostics []string) {
	t.Helper()
	server := p.Server.(tfprotov6.ActionServer)
	kind := p.Schemas.ActionSchemas[actionType].Schema.ValueType()
	encoded := null(t, kind)
	if config != nil {
		encoded = acctest.Encode(t, kind, config)
	}
	validated, err := server.ValidateActionConfig(t.Context(), &tfprotov6.ValidateActionConfigRequest{ActionType: actionType, Config: encoded})
	if err != nil {
		t.Fatal(err)
	}
	if len(validated.Diagnostics) > 0 {
		return nil, texts(validated.Diagnostics)
	}
	planned, err := server.PlanAction(t.Context(), &tfprotov6.PlanActionRequest{ActionType: actionType, Config: encoded})
	if err != nil {
		t.Fatal(err)
	}
	if len(planned.Diagnostics) > 0 {
		return nil, texts(planned.Diagnostics)
	}
	stream, err := server.InvokeAction(t.Context(), &tfprotov6.InvokeActionRequest{ActionType: actionType, Config: encoded})
	if err != nil {
		t.Fatal(err)
	}
	completed := false
	for event := range stream.Events {
		switch event := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			progress = append(progress, event.Message)
		case tfprotov6.CompletedInvokeActionEventType:
			completed, diagnostics = true, texts(event.Diagnostics)
		}
	}
	if !completed {
		t.Error("the action was not completed")
	}
	return progress, diagnostics
}

// texts gives diagnostics as "WARNING attribute: summary: detail".
func texts(diagnostics []*tfprotov6.Diagnostic) []string {
	var all []string
	for _, d := range diagnostics {
		all = append(all, fmt.Sprintf("%s %s: %s: %s", d.Severity, d.Attribute, d.Summary, d.Detail))
	}
	return all
}

// attributes shows the attributes of a state or plan.
func attributes(t *testing.T, p *acctest.Protocol, encoded *tfprotov6.DynamicValue) map[string]string {
	t.Helper()
	value, err := encoded.Unmarshal(p.Schemas.ResourceSchemas[resourceType].ValueType())
	if err != nil {
		t.Fatal(err)
	}
	var of map[string]tftypes.Value
	if err := value.As(&of); err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{}
	for name, attribute := range of {
		_, shown[name], _ = strings.Cut(strings.TrimSuffix(attribute.String(), ">"), "<")
	}
	return shown
}

// null is the state of what does not exist.
func null(t *testing.T, kind tftypes.Type) *tfprotov6.DynamicValue {
	t.Helper()
	encoded, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, nil))
	if err != nil {
		t.Fatal(err)
	}
	return &encoded
}

func isNull(t *testing.T, p *acctest.Protocol, encoded *tfprotov6.DynamicValue) bool {
	t.Helper()
	value, err := encoded.Unmarshal(p.Schemas.ResourceSchemas[resourceType].ValueType())
	if err != nil {
		t.Fatal(err)
	}
	return value.IsNull()
}
