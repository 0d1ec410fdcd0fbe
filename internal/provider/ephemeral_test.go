package provider_test

import (
	"maps"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const ephemeralConfiguration = requiresVeeam + `
variable "password" {
  type      = string
  ephemeral = true
}

variable "old_password" {
  type      = string
  ephemeral = true
}

variable "description" {
  type    = string
  default = null
}

variable "password_version" {
  type    = string
  default = null
}

resource "veeam_standard_account" "relay" {
  name             = "relay"
  username         = "relay@example.com"
  description      = var.description
  password         = var.password
  password_version = var.password_version
}

resource "veeam_user" "operator" {
  name             = "operator"
  description      = var.description
  password         = var.password
  old_password     = var.old_password
  password_version = var.password_version
}
`

// Terraform reads an ephemeral password again when it applies a saved plan, and gives the provider nothing of that plan. If
// the password has changed meanwhile, the provider plans another password_version, unless it is configured. Terraform
// refuses that with its own error before anything is sent, and another plan succeeds.
func TestStory_passwordChangesAfterPlan(t *testing.T) {
	t.Parallel()
	const before, after, inconsistent = "Quiet-harbour-71", "Quiet-harbour-93", "Provider produced inconsistent final plan"
	creates := []string{"POST /accounts/standard", "POST /users"}
	updates := []string{"PUT /accounts/standard/{id}", "PUT /users/operator"}
	for name, version := range map[string]map[string]string{"counted": nil, "configured": {"password_version": "v1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.NewSimulated(t, simulator.Config{})
			w := acctest.NewWorkspace(t, a, ephemeralConfiguration)
			with := func(password, description string) map[string]string {
				values := map[string]string{"password": password, "old_password": before, "description": description}
				maps.Copy(values, version)
				return values
			}
			applyPlan := acctest.Command{Because: "the password has changed", With: with(after, "new"), Args: "apply plan"}
			if version == nil {
				applyPlan.Fails, applyPlan.Says = true, []string{inconsistent + " When expanding the plan for veeam_", `.password_version: was cty.StringVal("1"), but now cty.StringVal("2")`}
			} else {
				applyPlan.Writes = updates
			}
			acctest.Tell(t, a, w,
				acctest.Command{Because: "creation", With: with(before, "old"), Args: "apply -auto-approve", Writes: creates},
				acctest.Command{Because: "another description, the same password", With: with(before, "new"), Args: "plan -out=plan", Says: []string{"2 to change"}},
				applyPlan,
			)
			if version == nil {
				acctest.Tell(t, a, w, acctest.Command{Because: "planned again", With: with(after, "new"), Args: "apply -auto-approve", Writes: updates})
			}
			acctest.Tell(t, a, w, acctest.Command{Because: "all is done", With: with(after, "new"), Args: "plan -detailed-exitcode"})
		})
	}
}
