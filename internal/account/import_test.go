package account_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const importedID = "7a9c3f0e-52f4-4c1f-9d7c-0b1c5f2d8e61"

// A record that was made by hand comes under Terraform without a write, however it is imported, and stays unwritten
// until the configuration has a password. The plan then shows that it will be sent.
func TestAccountImport_withoutPassword(t *testing.T) {
	for way, imported := range acctest.ImportWays(address, `{ id = "`+importedID+`" }`, importedID, "mail") {
		t.Run(way, func(t *testing.T) {
			var description *string
			body := `{"name":"mail","username":"relay@example.com","password":"known"}`
			if strings.HasSuffix(way, "mail") {
				description = pointer("Made by hand")
				body = `{"name":"mail","username":"relay@example.com","description":"Made by hand","password":"known"}`
			}
			a := acctest.NewSimulated(t, simulator.Config{})
			a.Simulated.PutAccount(simulator.Account{ID: importedID, Name: "mail", Username: "relay@example.com", Description: description, Password: "set by hand"})
			config := func(arguments string) string {
				if description != nil {
					arguments += fmt.Sprintf("\ndescription = %q", *description)
				}
				return a.Provider() + "resource \"veeam_standard_account\" \"mail\" {\nname = \"mail\"\nusername = \"relay@example.com\"\n" + arguments + "\n}\n"
			}
			steps := []resource.TestStep{
				imported.Step(config("")),
				{
					Config:           config(""),
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
					ConfigStateChecks: []statecheck.StateCheck{
						state("id", knownvalue.StringExact(importedID)),
						state("password_version", knownvalue.Null()),
					},
					Check: resource.ComposeAggregateTestCheckFunc(
						record(a, simulator.Account{Name: "mail", Username: "relay@example.com", Description: description, Password: "set by hand"}),
						a.Wrote(),
					),
				},
				{
					Config: config(`password = "known"`),
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						plancheck.ExpectKnownValue(address, tfjsonpath.New("password_version"), knownvalue.StringExact("1")),
					}},
					Check: resource.ComposeAggregateTestCheckFunc(a.Updated("/accounts/standard", body), a.Wrote("PUT /accounts/standard/{id}")),
				},
			}
			if !strings.HasSuffix(way, "by mail") { // from here on, the way of the import makes no difference
				steps = steps[:2]
			}
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), TerraformVersionChecks: imported.Versions, Steps: steps})
		})
	}
}

// With a password in the configuration the plan of the import itself shows that it will be sent, and nothing else is.
func TestAccountImport_withPassword(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.PutAccount(simulator.Account{ID: importedID, Name: "mail", Username: "relay@example.com", Password: "set by hand"})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{{
			Config: a.Provider() + `
				import {
					to = veeam_standard_account.mail
					id = "mail"
				}
				resource "veeam_standard_account" "mail" {
					name     = "mail"
					username = "relay@example.com"
					password = "known"
				}`,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				acctest.ExpectImport(address),
				plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
				plancheck.ExpectKnownValue(address, tfjsonpath.New("password_version"), knownvalue.StringExact("1")),
			}},
			Check: resource.ComposeAggregateTestCheckFunc(
				a.Updated("/accounts/standard", `{"name":"mail","username":"relay@example.com","password":"known"}`),
				a.Wrote("PUT /accounts/standard/{id}"),
			),
		}},
	})
}

func TestAccountImport_missing(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.PutAccount(simulator.Account{Name: "mail", Username: "relay@example.com", Password: "set by hand"})
	var steps []resource.TestStep
	for _, id := range []string{"mai", "MAIL", importedID} {
		steps = append(steps, resource.TestStep{
			Config: a.Provider() + `
				import {
					to = veeam_standard_account.mail
					id = "` + id + `"
				}
				resource "veeam_standard_account" "mail" {
					name     = "mail"
					username = "relay@example.com"
				}`,
			ExpectError: acctest.Saying(`has the id or the exact name "` + id + `".`),
		})
	}
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), TerraformVersionChecks: acctest.WriteOnly, Steps: steps})
}
