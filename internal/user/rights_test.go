package user_test

import (
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// No right is given or taken silently: a creation names the fields that the appliance chose, and the plan of a replacement
// those that are lost.
func TestUser_rights(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{Product: "11"})
	w := acctest.NewWorkspace(t, a, strings.Replace(variablePassword, "  description      = var.description", `  description      = var.description
  additional_fields = var.additional_fields`, 1)+`
variable "additional_fields" {
  type    = string
  default = null
}
`)
	with := func(name, fields string) map[string]string {
		variables := map[string]string{"name": name, "password": first}
		if fields != "" {
			variables["additional_fields"] = fields
		}
		return variables
	}
	const (
		chosen = `Warning: Fields chosen by the appliance for user "operator"`
		lost   = `Warning: Values lost by replacing user "operator"`
	)
	acctest.Tell(t, a, w,
		acctest.Command{Because: "a creation without a role", With: with("operator", ""), Args: "apply -auto-approve", Says: []string{chosen, `"role":"Portal Administrator"`}, Writes: []string{"POST /users"}},
		acctest.Command{Because: "nothing is created", With: with("operator", ""), Args: "apply -auto-approve", Silent: []string{"Warning"}},
		acctest.Command{
			Because: "another name", With: with("other", ""), Args: "plan",
			Says: []string{"must be replaced", lost, `"role":"Portal Administrator"`}, Silent: []string{"must enroll again"},
		},
	)
	a.Simulated.PutUser(simulator.User{Name: "operator", Password: first, Role: "Restore Operator", MFAEnabled: true})
	acctest.Tell(t, a, w,
		acctest.Command{Because: "taint", With: with("operator", ""), Args: "taint veeam_user.operator"},
		acctest.Command{Because: "tainted", With: with("operator", ""), Args: "plan", Says: []string{lost, `"role":"Restore Operator"`, "must enroll again"}},
		acctest.Command{
			Because: "the role is managed", With: with("operator", `{"Role":"Restore Operator","accountType":"Internal"}`), Args: "plan",
			Says: []string{lost, "must enroll again"}, Silent: []string{"does not set these values"},
		},
		acctest.Command{
			Because: "a replacement with a role", With: with("operator", `{"role":"Restore Operator"}`), Args: "apply -auto-approve",
			Silent: []string{chosen}, Writes: []string{"DELETE /users/operator", "POST /users"},
		},
	)
}
