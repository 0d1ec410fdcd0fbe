package user_test

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

// A user who was made by hand comes under Terraform without a write, however imported, and stays unwritten until
// the configuration has a password. The plan then shows that it will be given to the appliance.
func TestUserImport_withoutPassword(t *testing.T) {
	for way, imported := range acctest.ImportWays(address, `{ name = "operator" }`, "operator") {
		for _, description := range []string{"", "Night shift"} {
			if description == "" && way != "command by operator" {
				continue // once is enough
			}
			t.Run(strings.TrimSpace(way+" "+description), func(t *testing.T) {
				a := acctest.NewSimulated(t, simulator.Config{})
				a.Simulated.PutUser(simulator.User{Name: "operator", Description: description, Password: first})
				config := func(arguments map[string]string) string {
					arguments["name"] = "operator"
					if description != "" {
						arguments["description"] = description
					}
					return operator(a, arguments)
				}
				steps := []resource.TestStep{
					imported.Step(config(map[string]string{})),
					{
						Config:           config(map[string]string{}),
						ConfigPlanChecks: nothing,
						ConfigStateChecks: []statecheck.StateCheck{
							state("id", knownvalue.StringExact("operator")),
							state("password_version", knownvalue.Null()),
						},
						Check: resource.ComposeAggregateTestCheckFunc(remote(a, "operator", description, first), a.Wrote()),
					},
					{ // The appliance confirms the password; it is not set again.
						Config: config(map[string]string{"password": first}),
						ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
							plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
							plancheck.ExpectKnownValue(address, tfjsonpath.New("password_version"), knownvalue.StringExact("1")),
						}},
						Check: resource.ComposeAggregateTestCheckFunc(
							a.Updated("/users", fmt.Sprintf(`{"oldPassword":%q,"description":%q}`, first, description)),
							a.Wrote("PUT /users/operator"),
						),
					},
				}
				if way != "block by operator" { // from here on one way is as good as another
					steps = steps[:2]
				}
				resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Providers(), TerraformVersionChecks: imported.Versions, Steps: steps})
			})
		}
	}
}

// With passwords in the configuration the plan of the import itself shows that they will be used, and nothing else is
// sent: without an old one to be confirmed, with it to be set.
func TestUserImport_withPassword(t *testing.T) {
	for name, test := range map[string]struct{ arguments, body, password string }{
		"confirmed": {`password = "` + first + `"`, `{"oldPassword":"` + first + `","description":""}`, first},
		"set": {
			`password = "` + second + `"` + "\n" + `old_password = "` + first + `"`,
			`{"oldPassword":"` + first + `","description":"","password":"` + second + `"}`, second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := acctest.NewSimulated(t, simulator.Config{})
			a.Simulated.PutUser(simulator.User{Name: "operator", Password: first})
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Providers(),
				TerraformVersionChecks:   acctest.WriteOnly,
				Steps: []resource.TestStep{{
					Config: a.Provider() + `
						import {
							to = veeam_user.operator
							id = "operator"
						}
						resource "veeam_user" "operator" {
							name = "operator"
							` + test.arguments + `
						}`,
					ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
						acctest.ExpectImport(address),
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						plancheck.ExpectKnownValue(address, tfjsonpath.New("password_version"), knownvalue.StringExact("1")),
					}},
					Check: resource.ComposeAggregateTestCheckFunc(
						a.Updated("/users", test.body),
						remote(a, "operator", "", test.password),
						a.Wrote("PUT /users/operator"),
					),
				}},
			})
		})
	}
}

func TestUserImport_missing(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{{
			Config: a.Provider() + `
				import {
					to = veeam_user.operator
					id = "nobody"
				}
				resource "veeam_user" "operator" {
					name = "nobody"
				}`,
			ExpectError: acctest.Saying(`Cannot import non-existent remote object`),
		}},
	})
}

// Rules judge names that are to be set. A user of any name that the appliance has can be looked up, imported with a
// generated configuration, and changed.
func TestUserImport_anyName(t *testing.T) {
	names := []string{"Jane.Doe", "O'Brien", "night shift", "jürgen", strings.Repeat("x", 40)}
	a := acctest.NewSimulated(t, simulator.Config{})
	var blocks strings.Builder
	for i, name := range names {
		a.Simulated.PutUser(simulator.User{Name: name, Password: first})
		fmt.Fprintf(&blocks, `
			import {
			  to = veeam_user.u%[1]d
			  id = %[2]q
			}
			data "veeam_user" "u%[1]d" {
			  name = %[2]q
			}
			output "u%[1]d" {
			  value = data.veeam_user.u%[1]d.name == %[2]q ? "found" : "lost"
			}
		`, i, name)
	}
	w := acctest.NewWorkspace(t, a, `
		terraform {
		  required_providers {
		    veeam = {
		      source = "terraform-provider-veeam/veeam"
		    }
		  }
		}
	`+blocks.String())
	acctest.Tell(t, a, w,
		acctest.Command{Because: "adoption", Args: "plan -generate-config-out=generated.tf -out=plan", Says: []string{"5 to import, 0 to add, 0 to change, 0 to destroy."}, Silent: []string{"Error", `"lost"`}},
		acctest.Command{Because: "adoption", Args: "apply plan", Says: []string{"5 imported, 0 added, 0 changed, 0 destroyed."}},
		acctest.Command{Because: "it is stable", Args: "plan -detailed-exitcode"},
	)
}

// An import keeps the spelling that it was asked for where that of the appliance differs in case only: otherwise its plan
// would replace the user, and Terraform would refuse the other identity.
func TestUserImport_spelling(t *testing.T) {
	for way, imported := range acctest.ImportWays(address, `{ name = "jane" }`, "jane") {
		t.Run(way, func(t *testing.T) {
			a := acctest.NewSimulated(t, simulator.Config{})
			a.Simulated.AddFault(simulator.Fault{Kind: simulator.Body, Method: "GET", Path: "/users/jane", Status: 200, Body: `{"name":"Jane","description":null,"mfaEnabled":false,"isDefault":false}`})
			spelled := func(name string) string { return operator(a, map[string]string{"name": name}) }
			named := []statecheck.StateCheck{state("id", knownvalue.StringExact("jane")), state("name", knownvalue.StringExact("jane"))}
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Providers(),
				TerraformVersionChecks:   imported.Versions,
				Steps: []resource.TestStep{
					imported.Step(spelled("jane")),
					{Config: spelled("jane"), ConfigPlanChecks: nothing, ConfigStateChecks: named, Check: a.Wrote()},
					{Config: spelled("Jane"), ConfigPlanChecks: nothing, ConfigStateChecks: named, Check: a.Wrote()}, // who is the same user
				},
			})
		})
	}
}
