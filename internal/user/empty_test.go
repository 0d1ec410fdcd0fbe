package user_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// A module without a description or a password hands on "".
func TestUser_empty(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	described := func(want knownvalue.Check) []statecheck.StateCheck {
		return []statecheck.StateCheck{state("description", want)}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{
				Config:            operator(a, map[string]string{"name": "operator", "password": first, "old_password": "", "description": ""}),
				ConfigPlanChecks:  planned(plancheck.ResourceActionCreate),
				ConfigStateChecks: described(knownvalue.StringExact("")),
				Check:             resource.ComposeAggregateTestCheckFunc(remote(a, "operator", "", first), a.Wrote("POST /users")),
			},
			{ // Terraform tells null from "" in a plan; the appliance need not hear of it, and no password is needed.
				Config:            operator(a, map[string]string{"name": "operator", "password": ""}),
				ConfigStateChecks: described(knownvalue.Null()),
				Check:             a.Wrote(),
			},
			{
				Config:            operator(a, map[string]string{"name": "operator", "password": "", "description": ""}),
				ConfigStateChecks: described(knownvalue.StringExact("")),
				Check:             a.Wrote(),
			},
			{ // An empty old password is none.
				Config:      operator(a, map[string]string{"name": "operator", "password": second, "old_password": ""}),
				ExpectError: acctest.Saying(`Set old_password for this run to the password the user has now.`),
			},
			{
				Config:           operator(a, map[string]string{"name": "operator", "password": second, "old_password": first, "description": ""}),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check:            resource.ComposeAggregateTestCheckFunc(remote(a, "operator", "", second), a.Wrote("PUT /users/operator")),
			},
			{
				Config: operator(a, map[string]string{"name": "operator", "description": ""}) + `
					data "veeam_users" "all" {
						search_pattern = ""
					}
					output "count" {
						value = length(data.veeam_users.all.users)
					}`,
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("count", knownvalue.Int64Exact(2))},
				ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionNoop)}},
				Check:             a.Wrote(),
			},
		},
	})
}
