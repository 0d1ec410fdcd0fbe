package email_test

import (
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

// invoke is [acctest.Protocol.Invoke] of the test action.
func invoke(t *testing.T, p *acctest.Protocol, config acctest.Values) (progress, diagnostics []string) {
	t.Helper()
	return p.Invoke(t, actionType, config)
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

func isNull(t *testing.T, p *acctest.Protocol, encoded *tfprotov6.DynamicValue) bool {
	t.Helper()
	value, err := encoded.Unmarshal(p.Schemas.ResourceSchemas[resourceType].ValueType())
	if err != nil {
		t.Fatal(err)
	}
	return value.IsNull()
}
