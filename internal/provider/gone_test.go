package provider_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// onInstance is a configuration whose appliance runs on an instance that the same configuration creates.
const onInstance = `
terraform {
  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

variable "host" {
  type = string
}

resource "terraform_data" "instance" {
  input = var.host
}

provider "veeam" {
  host = terraform_data.instance.output
}

resource "veeam_standard_account" "relay" {
  name     = "relay"
  username = "relay@example.com"
  password = "a password"
}

resource "veeam_user" "operator" {
  name     = "operator"
  password = "First-pw-19"
}

resource "veeam_email_notifications" "this" {
  enabled = false
  server  = "mail.example.com"
  from    = "backup@example.com"
  to      = "team@example.com"
}
`

// When the instance is gone, and with it the address of the appliance, every write says how to stop managing what was there,
// and nothing leaves the state unasked.
func TestStory_applianceGone(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, onInstance)
	w.Environment["TF_VAR_host"] = a.Simulated.Host()
	terraform := func(args ...string) (string, error) {
		output, err := w.Run(t.Context(), args...)
		return strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " "), err
	}
	expect := func(wants []string, args ...string) {
		t.Helper()
		output, err := terraform(args...)
		if (err != nil) != (wants != nil) {
			t.Fatalf("terraform %s: %v", args, err)
		}
		for _, want := range wants {
			if !strings.Contains(output, want) {
				t.Errorf("terraform %s does not say %q:\n%s", args, want, output)
			}
		}
	}
	expect(nil, "apply", "-auto-approve")
	expect(nil, "state", "rm", "terraform_data.instance")
	a.Simulated.ResetRequests()
	const letGo = "with terraform state rm or a removed block with destroy = false"
	expect([]string{
		"Error: The appliance is not known", letGo,
		`Terraform cannot delete credentials record "relay"`, `Terraform cannot delete user "operator"`, "Terraform cannot switch off the email notifications",
	}, "destroy", "-auto-approve")
	if requests := a.Simulated.Requests(); len(requests) != 0 {
		t.Errorf("the appliance got %d requests", len(requests))
	}
	expect(nil, "state", "rm", "veeam_standard_account.relay", "veeam_user.operator", "veeam_email_notifications.this")
	expect(nil, "destroy", "-auto-approve")
}

// Creating and changing without an address do not crash either, although Terraform rarely gets there.
func TestWritesWithoutAnAppliance(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	p := a.Protocol(t, acctest.Values{"host": acctest.Unknown})
	for typeName, object := range map[string]acctest.Values{
		"veeam_standard_account": {"id": "an-id", "name": "relay", "username": "relay@example.com"},
		"veeam_user":             {"id": "operator", "name": "operator", "mfa_enabled": false, "is_default": false},
		"veeam_email_notifications": {
			"id": "email_notifications", "enabled": true, "server": "mail.example.com", "use_ssl": false,
			"from": "a@example.com", "to": "b@example.com", "subject": "s", "on_success": true, "on_warning": true, "on_failure": true,
		},
	} {
		schema := p.Schemas.ResourceSchemas[typeName].ValueType()
		full, none := acctest.Encode(t, schema, object), null(t, schema)
		before := full
		if typeName == "veeam_email_notifications" { // which sends nothing if nothing changes
			changed := maps.Clone(object)
			changed["subject"] = "before"
			before = acctest.Encode(t, schema, changed)
		}
		for what, states := range map[string][2]*tfprotov6.DynamicValue{"create": {none, full}, "update": {before, full}, "delete": {full, none}} {
			applied, err := p.Server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
				TypeName: typeName, PriorState: states[0], PlannedState: states[1], Config: states[1],
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(applied.Diagnostics) != 1 || applied.Diagnostics[0].Summary != "The appliance is not known" {
				t.Errorf("%s %s: %v", what, typeName, applied.Diagnostics)
			}
		}
	}
}

func null(t *testing.T, objectType tftypes.Type) *tfprotov6.DynamicValue {
	t.Helper()
	encoded, err := tfprotov6.NewDynamicValue(objectType, tftypes.NewValue(objectType, nil))
	if err != nil {
		t.Fatal(err)
	}
	return &encoded
}
