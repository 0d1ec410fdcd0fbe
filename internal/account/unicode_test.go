package account_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// Terraform composes every string. A record whose name the appliance has in decomposed form is found by name, and is not
// changed.
func TestAccount_decomposedName(t *testing.T) {
	const composed, decomposed = "b\u00fcro", "bu\u0308ro"
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.PutAccount(simulator.Account{Name: decomposed, Username: "relay", Password: "a password"})
	config := a.Provider() + fmt.Sprintf(`
		import {
			to = veeam_standard_account.mail
			id = %[1]q
		}
		data "veeam_standard_account" "mail" {
			name = %[1]q
		}
		resource "veeam_standard_account" "mail" {
			name     = data.veeam_standard_account.mail.name
			username = "relay"
		}`, composed)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{
				Config:           config,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{acctest.ExpectImport(address), plancheck.ExpectEmptyPlan()}},
				Check:            a.Wrote(),
			},
		},
	})
}
