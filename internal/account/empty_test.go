package account_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// A module without a description or a password passes "".
func TestAccount_empty(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	config := func(arguments string) string {
		return a.Provider() + "resource \"veeam_standard_account\" \"mail\" {\n name = \"mail\"\n username = \"relay\"\n" + arguments + "\n}\n"
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{
				Config:            config(`description = ""` + "\n" + `password = "a password"`),
				ConfigPlanChecks:  planned(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{state("description", knownvalue.StringExact(""))},
				Check: resource.ComposeAggregateTestCheckFunc(
					record(a, simulator.Account{Name: "mail", Username: "relay", Password: "a password"}), a.Wrote("POST /accounts/standard"),
				),
			},
			{ // An empty password counts as unset: the record keeps its password.
				Config:   config(`description = ""` + "\n" + `password = ""`),
				PlanOnly: true,
			},
			{ // Terraform distinguishes null from "" in a plan. The appliance gets no request for that.
				Config:            config(""),
				ConfigStateChecks: []statecheck.StateCheck{state("description", knownvalue.Null())},
				Check:             a.Wrote(),
			},
			{
				Config:            config(`description = ""`),
				ConfigStateChecks: []statecheck.StateCheck{state("description", knownvalue.StringExact(""))},
				Check:             a.Wrote(),
			},
			{
				Config:            config(`description = "Reports"`),
				ConfigStateChecks: []statecheck.StateCheck{state("description", knownvalue.StringExact("Reports"))},
				Check:             a.Wrote("PUT /accounts/standard/{id}"),
			},
			{
				Config: config(`description = ""`) + `
					data "veeam_standard_account" "same" {
						id   = ""
						name = veeam_standard_account.mail.name
					}
					data "veeam_standard_accounts" "all" {
						search_pattern = ""
					}
					output "found" {
						value = length(data.veeam_standard_accounts.all.accounts)
					}`,
				ConfigStateChecks: []statecheck.StateCheck{
					state("description", knownvalue.StringExact("")),
					statecheck.ExpectKnownOutputValue("found", knownvalue.Int64Exact(1)),
				},
				Check: a.Wrote("PUT /accounts/standard/{id}"),
			},
		},
	})
}

// The appliance validates the form of an id.
func TestAccount_anyID(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.PutAccount(simulator.Account{Name: "mail", Username: "relay"})
	acctest.Fails(t, a.Provider()+`data "veeam_standard_account" "x" { id = "mail" }`, `Could not read credentials record "mail"`)
}

// A CI system passes "" for a secret that is missing. "No changes" alone would look like a completed rotation.
func TestAccount_emptySecret(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, `
		terraform {
		  required_providers {
		    veeam = {
		      source = "terraform-provider-veeam/veeam"
		    }
		  }
		}
		variable "password" {
		  type      = string
		  ephemeral = true
		  default   = null
		}
		resource "veeam_standard_account" "mail" {
		  name     = "mail"
		  username = "relay"
		  password = var.password
		}
	`)
	with := func(password string) map[string]string { return map[string]string{"password": password} }
	const warning = `Warning: The password of credentials record "mail" is an empty string`
	acctest.Tell(t, a, w,
		acctest.Command{Because: "creation", With: with("a password"), Args: "apply -auto-approve", Writes: []string{"POST /accounts/standard"}},
		acctest.Command{Because: "an empty secret", With: with(""), Args: "plan -detailed-exitcode", Says: []string{warning, "No changes"}},
		acctest.Command{Because: "no password", Args: "plan -detailed-exitcode", Silent: []string{"Warning"}},
	)
}
