package account_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const importedID = "7a9c3f0e-52f4-4c1f-9d7c-0b1c5f2d8e61"

// importWays are the steps in which a record comes under Terraform.
func importWays() map[string]func(config string) resource.TestStep {
	command := func(id string) func(string) resource.TestStep {
		return func(config string) resource.TestStep {
			return resource.TestStep{Config: config, ResourceName: address, ImportState: true, ImportStateId: id, ImportStatePersist: true}
		}
	}
	block := func(argument string) func(string) resource.TestStep {
		return func(config string) resource.TestStep {
			return resource.TestStep{
				Config: config + "import {\n to = " + address + "\n " + argument + "\n}\n",
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					acctest.ExpectImport(address), plancheck.ExpectEmptyPlan(),
				}},
			}
		}
	}
	return map[string]func(string) resource.TestStep{
		"command by id":     command(importedID),
		"command by name":   command("mail"),
		"block by id":       block(`id = "` + importedID + `"`),
		"block by name":     block(`id = "mail"`),
		"block by identity": block(`identity = { id = "` + importedID + `" }`),
	}
}

// A record that somebody made by hand comes under Terraform without a write, however it is imported, and stays unwritten
// until the configuration has a password. The plan then shows that it will be sent.
func TestAccountImport_withoutPassword(t *testing.T) {
	for way, imported := range importWays() {
		t.Run(way, func(t *testing.T) {
			var description *string
			body := `{"name":"mail","username":"relay@example.com","password":"known"}`
			if strings.HasSuffix(way, "name") {
				description = pointer("Made by hand")
				body = `{"name":"mail","username":"relay@example.com","description":"Made by hand","password":"known"}`
			}
			checks := acctest.WriteOnly
			if way == "block by identity" {
				checks = []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)}
			}
			a := acctest.NewSimulated(t, simulator.Config{})
			a.Simulated.PutAccount(simulator.Account{ID: importedID, Name: "mail", Username: "relay@example.com", Description: description, Password: "set by hand"})
			config := func(arguments string) string {
				if description != nil {
					arguments += fmt.Sprintf("\ndescription = %q", *description)
				}
				return a.Provider() + "resource \"veeam_standard_account\" \"mail\" {\nname = \"mail\"\nusername = \"relay@example.com\"\n" + arguments + "\n}\n"
			}
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Providers(),
				TerraformVersionChecks:   checks,
				Steps: []resource.TestStep{
					imported(config("")),
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
						Check: resource.ComposeAggregateTestCheckFunc(sent(a, body), a.Wrote("PUT /accounts/standard/{id}")),
					},
					{
						Config:           config(`password = "known"`),
						ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
						Check:            a.Wrote(),
					},
				},
			})
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
				sent(a, `{"name":"mail","username":"relay@example.com","password":"known"}`),
				a.Wrote("PUT /accounts/standard/{id}"),
			),
		}},
	})
}

func TestAccountImport_missing(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.PutAccount(simulator.Account{Name: "mail", Username: "relay@example.com", Password: "set by hand"})
	for _, id := range []string{"mai", "MAIL", importedID} {
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Providers(),
			TerraformVersionChecks:   acctest.WriteOnly,
			Steps: []resource.TestStep{{
				Config: a.Provider() + `
					import {
						to = veeam_standard_account.mail
						id = "` + id + `"
					}
					resource "veeam_standard_account" "mail" {
						name     = "mail"
						username = "relay@example.com"
					}`,
				ExpectError: acctest.Saying(`No credentials record on the appliance has the id or the exact name "` + id + `".`),
			}},
		})
	}
}

// sent checks the body of the only update since the log was last reset.
func sent(a *acctest.Appliance, want string) resource.TestCheckFunc {
	return a.Check(func(s *simulator.Server) error {
		if got := acctest.Bodies(s.Requests(), "PUT", "/accounts/standard"); !slices.Equal(got, []string{want}) {
			return fmt.Errorf("%d updates were sent, and not just the one expected", len(got)) // which holds a password
		}
		return nil
	})
}
