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
				ExpectError: acctest.Saying(`For this run, set old_password to the user's current password.`),
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

// A CI system passes "" for a secret that is missing. "No changes" alone would look like a rotation that was done.
func TestUser_emptySecret(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, variablePassword)
	with := func(password string) map[string]string { return map[string]string{"password": password} }
	const warning = `Warning: The password of user "operator" is an empty string`
	acctest.Tell(t, a, w,
		acctest.Command{Because: "creation", With: with(first), Args: "apply -auto-approve", Writes: []string{"POST /users"}},
		acctest.Command{Because: "an empty secret", With: with(""), Args: "plan -detailed-exitcode", Says: []string{warning, "No changes"}},
		acctest.Command{Because: "no password", Args: "plan -detailed-exitcode", Silent: []string{"Warning"}},
		acctest.Command{Because: "the password", With: with(first), Args: "plan -detailed-exitcode", Silent: []string{"Warning"}},
		acctest.Command{Because: "a destroy", With: with(""), Args: "destroy -auto-approve", Silent: []string{"empty string"}, Writes: []string{"DELETE /users/operator"}},
	)
	a.Simulated.PutUser(simulator.User{Name: "operator", Password: first})
	acctest.Tell(t, a, w,
		acctest.Command{Because: "adoption", With: with(""), Args: "import veeam_user.operator operator"},
		acctest.Command{Because: "Terraform has never sent it", With: with(""), Args: "plan -detailed-exitcode", Silent: []string{"Warning"}},
	)
}
