package user_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// Terraform composes every string. A user whose name the appliance has in decomposed form is found, changed and deleted
// nevertheless.
func TestUser_decomposedName(t *testing.T) {
	const composed, decomposed = "j\u00fcrgen", "ju\u0308rgen"
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.PutUser(simulator.User{Name: decomposed, Password: first})
	config := func(description string) string {
		return a.Provider() + fmt.Sprintf(`
			import {
				to = veeam_user.operator
				id = %[1]q
			}
			data "veeam_user" "operator" {
				name = %[1]q
			}
			resource "veeam_user" "operator" {
				name             = %[1]q
				description      = %[2]q
				password         = %[3]q
			}`, composed, description, first)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		CheckDestroy: a.Check(func(s *simulator.Server) error {
			if _, found := s.User(decomposed); found {
				return fmt.Errorf("the user is left")
			}
			return nil
		}),
		Steps: []resource.TestStep{
			{
				Config:            config("d"),
				ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{acctest.ExpectImport(address), plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)}},
				ConfigStateChecks: []statecheck.StateCheck{state("id", knownvalue.StringExact(composed))},
				Check:             remote(a, decomposed, "d", first),
			},
			{Config: config("d"), ConfigPlanChecks: nothing},
			{Config: config("e"), ConfigPlanChecks: planned(plancheck.ResourceActionUpdate), Check: remote(a, decomposed, "e", first)},
		},
	})
}

// The action, too, finds a user whose name the appliance has in decomposed form.
func TestDisableMFA_decomposedName(t *testing.T) {
	t.Parallel()
	const composed, decomposed = "j\u00fcrgen", "ju\u0308rgen"
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.PutUser(simulator.User{Name: decomposed, Password: first, MFAEnabled: true})
	_, failures := a.Protocol(t, nil).Invoke(t, actionType, acctest.Values{"name": composed})
	if user, _ := a.Simulated.User(decomposed); user.MFAEnabled || len(failures) > 0 {
		t.Errorf("MFA is on: %t, and the errors were %q", user.MFAEnabled, failures)
	}
}
