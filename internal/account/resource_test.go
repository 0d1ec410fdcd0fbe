package account_test

import (
	"fmt"
	"net/http"
	"regexp"
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

const address = "veeam_standard_account.mail"

func planned(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}

func state(attribute string, want knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), want)
}

// record checks the one credentials record on the simulated appliance.
func record(a *acctest.Appliance, want simulator.Account) resource.TestCheckFunc {
	return a.Check(func(s *simulator.Server) error {
		accounts := s.Accounts()
		if len(accounts) != 1 {
			return fmt.Errorf("there are %d records, expected one", len(accounts))
		}
		got := accounts[0]
		if got.Name != want.Name || got.Username != want.Username || text(got.Description) != text(want.Description) {
			return fmt.Errorf("the record is %q %q %q, expected %q %q %q",
				got.Name, got.Username, text(got.Description), want.Name, want.Username, text(want.Description))
		}
		if got.Password != want.Password {
			return fmt.Errorf("the record has another password than expected")
		}
		return nil
	})
}

// sentPassword checks whether the only update since the last check carried a password, then forgets it.
func sentPassword(a *acctest.Appliance, want bool) resource.TestCheckFunc {
	return a.Check(func(s *simulator.Server) error {
		bodies := acctest.Bodies(s.Requests(), "PUT", "/accounts/standard")
		if len(bodies) != 1 {
			return fmt.Errorf("there were %d updates, expected one", len(bodies))
		}
		if got := strings.Contains(bodies[0], `"password"`); got != want {
			return fmt.Errorf("the update carried a password: %t, expected %t", got, want)
		}
		return nil
	})
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func pointer(s string) *string { return &s }

func TestAccount_life(t *testing.T) {
	a := acctest.NewAppliance(t)
	name := acctest.UniqueName(t)
	mail := func(arguments string) string {
		return a.Provider() + "resource \"veeam_standard_account\" \"mail\" {\n" + arguments + "\n}\n"
	}
	values := mail(`
		name        = "` + name + `"
		username    = "relay@example.com"
		description = "Sends the daily report"
		password    = "first password"`)
	renamed := mail(`
		name        = "` + name + `-renamed"
		username    = "relay2@example.com"
		description = "Sends reports"
		password    = "first password"`)
	undescribed := mail(`
		name     = "` + name + `"
		username = "relay@example.com"
		password = "first password"`)
	rotated := mail(`
		name     = "` + name + `"
		username = "relay@example.com"
		password = "second password"`)
	versioned := mail(`
		name             = "` + name + `"
		username         = "relay@example.com"
		password         = "second password"
		password_version = "2026-11"`)
	held := mail(`
		name             = "` + name + `"
		username         = "relay@example.com"
		password         = "third password"
		password_version = "2026-11"`)
	released := mail(`
		name             = "` + name + `"
		username         = "relay@example.com"
		password         = "third password"
		password_version = "2026-12"`)
	automatic := mail(`
		name     = "` + name + `"
		username = "relay@example.com"
		password = "fourth password"`)

	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		CheckDestroy: resource.ComposeAggregateTestCheckFunc(
			a.Wrote("DELETE /accounts/standard/{id}"),
			a.Check(func(s *simulator.Server) error {
				if left := len(s.Accounts()); left != 0 {
					return fmt.Errorf("%d records are left", left)
				}
				return nil
			}),
		),
		Steps: []resource.TestStep{
			{ // A record is created with one request.
				Config:           values,
				ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{
					state("id", knownvalue.StringRegexp(regexp.MustCompile(`^[0-9a-f-]{36}$`))),
					state("name", knownvalue.StringExact(name)),
					state("username", knownvalue.StringExact("relay@example.com")),
					state("description", knownvalue.StringExact("Sends the daily report")),
					state("password", knownvalue.Null()),
					state("password_version", knownvalue.StringExact("1")),
				},
				Check: resource.ComposeAggregateTestCheckFunc(
					record(a, simulator.Account{Name: name, Username: "relay@example.com", Description: pointer("Sends the daily report"), Password: "first password"}),
					a.Wrote("POST /accounts/standard"),
				),
			},
			{ // Everything but the password changes in place, and the password is not sent.
				Config:           renamed,
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					state("name", knownvalue.StringExact(name+"-renamed")),
					state("password_version", knownvalue.StringExact("1")),
				},
				Check: resource.ComposeAggregateTestCheckFunc(
					record(a, simulator.Account{Name: name + "-renamed", Username: "relay2@example.com", Description: pointer("Sends reports"), Password: "first password"}),
					sentPassword(a, false),
					a.Wrote("PUT /accounts/standard/{id}"),
				),
			},
			{ // An omitted description is really removed.
				Config:           undescribed,
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					state("description", knownvalue.Null()),
				},
				Check: resource.ComposeAggregateTestCheckFunc(
					record(a, simulator.Account{Name: name, Username: "relay@example.com", Password: "first password"}),
					a.Check(func(s *simulator.Server) error {
						if description := s.Accounts()[0].Description; description != nil {
							return fmt.Errorf("the description is %q, expected none", *description)
						}
						return nil
					}),
					a.Wrote("PUT /accounts/standard/{id}"),
				),
			},
			{ // A changed password is noticed without any version, and shows in the plan.
				Config: rotated,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("password_version"), knownvalue.StringExact("2")),
				}},
				ConfigStateChecks: []statecheck.StateCheck{state("password_version", knownvalue.StringExact("2"))},
				Check: resource.ComposeAggregateTestCheckFunc(
					record(a, simulator.Account{Name: name, Username: "relay@example.com", Password: "second password"}),
					sentPassword(a, true),
					a.Wrote("PUT /accounts/standard/{id}"),
				),
			},
			{ // A version in the configuration sends the password, even the same one.
				Config:            versioned,
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{state("password_version", knownvalue.StringExact("2026-11"))},
				Check: resource.ComposeAggregateTestCheckFunc(
					sentPassword(a, true),
					a.Wrote("PUT /accounts/standard/{id}"),
				),
			},
			{ // While the version stays, another password is not sent.
				Config:   held,
				PlanOnly: true,
			},
			{ // It is sent when the version changes.
				Config:           released,
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check: resource.ComposeAggregateTestCheckFunc(
					record(a, simulator.Account{Name: name, Username: "relay@example.com", Password: "third password"}),
					a.Wrote("PUT /accounts/standard/{id}"),
				),
			},
			{ // Without a version the provider counts again, from the start after a version that is not a number.
				Config:            automatic,
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{state("password_version", knownvalue.StringExact("1"))},
				Check: resource.ComposeAggregateTestCheckFunc(
					record(a, simulator.Account{Name: name, Username: "relay@example.com", Password: "fourth password"}),
					a.Wrote("PUT /accounts/standard/{id}"),
				),
			},
			{ // The record is imported by its name.
				ResourceName:            address,
				ImportState:             true,
				ImportStateId:           name,
				ImportStateVerify:       true,
				ImportStateVerifyIgnore: []string{"password_version"},
			},
		},
	})
}

func TestAccount_drift(t *testing.T) {
	acctest.EachManner(t, func(t *testing.T, a *acctest.Appliance) {
		config := a.Provider() + `
			resource "veeam_standard_account" "mail" {
				name     = "mail"
				username = "relay@example.com"
				password = "a password"
			}`
		mended := resource.ComposeAggregateTestCheckFunc(
			record(a, simulator.Account{Name: "mail", Username: "relay@example.com", Password: "a password"}),
			sentPassword(a, false),
			a.Wrote("PUT /accounts/standard/{id}"),
		)
		edit := func(change func(*simulator.Account)) func() {
			return func() {
				account := a.Simulated.Accounts()[0]
				change(&account)
				a.Simulated.PutAccount(account)
			}
		}
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Providers(),
			TerraformVersionChecks:   acctest.WriteOnly,
			Steps: []resource.TestStep{
				{Config: config, Check: a.Wrote("POST /accounts/standard")},
				{ // Another client renames the record.
					PreConfig:        edit(func(account *simulator.Account) { account.Name = "renamed" }),
					Config:           config,
					ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
					Check:            mended,
				},
				{ // Another client gives it another username.
					PreConfig:        edit(func(account *simulator.Account) { account.Username = "root" }),
					Config:           config,
					ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
					Check:            mended,
				},
				{ // Another client describes it.
					PreConfig:        edit(func(account *simulator.Account) { account.Description = pointer("do not touch") }),
					Config:           config,
					ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
					Check:            mended,
				},
				{ // Another client deletes it: it is recreated, password included.
					PreConfig:        func() { a.Simulated.DeleteAccount(a.Simulated.Accounts()[0].ID) },
					Config:           config,
					ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
					Check: resource.ComposeAggregateTestCheckFunc(
						record(a, simulator.Account{Name: "mail", Username: "relay@example.com", Password: "a password"}),
						a.Wrote("POST /accounts/standard"),
					),
				},
				{ // Another client deletes it just before Terraform does: that is what was asked for.
					PreConfig: func() { a.Simulated.DeleteAccount(a.Simulated.Accounts()[0].ID) },
					Config:    config,
					Destroy:   true,
				},
			},
		})
	})
}

// After a failed apply, the next one does the rest.
func TestAccount_failedRotationIsRepeated(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	config := func(password string) string {
		return a.Provider("max_retries = 0") + `
			resource "veeam_standard_account" "mail" {
				name     = "mail"
				username = "relay@example.com"
				password = "` + password + `"
			}`
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: config("first password")},
			{
				PreConfig: func() {
					a.Simulated.AddFault(simulator.Fault{Kind: simulator.Status, Method: "PUT", Status: 500, Count: 1})
				},
				Config:      config("second password"),
				ExpectError: acctest.Saying(`Could not update credentials record "mail"`),
			},
			{
				Config: config("second password"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectKnownValue(address, tfjsonpath.New("password_version"), knownvalue.StringExact("2")),
				}},
				Check: record(a, simulator.Account{Name: "mail", Username: "relay@example.com", Password: "second password"}),
			},
		},
	})
}

// After a rotation without an answer it is unknown which password the record has: reverting it is a rotation too.
func TestAccount_unansweredRotationTakenBack(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	config := func(password string) string {
		return a.Provider("max_retries = 0") + `
			resource "veeam_standard_account" "mail" {
				name     = "mail"
				username = "relay@example.com"
				password = "` + password + `"
			}`
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: config("first password")},
			{ // The appliance has the second password, but its answer was lost.
				PreConfig: func() {
					a.Simulated.AddFault(simulator.Fault{Kind: simulator.CutAfter, Method: "PUT", Count: 1})
				},
				Config:      config("second password"),
				ExpectError: acctest.Saying(`The appliance may have carried out the request.`),
			},
			{
				Config:            config("first password"),
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{state("password_version", knownvalue.StringExact("2"))},
				Check:             record(a, simulator.Account{Name: "mail", Username: "relay@example.com", Password: "first password"}),
			},
		},
	})
}

func TestAccount_taintAndReplace(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	config := a.Provider() + `
		resource "veeam_standard_account" "mail" {
			name     = "mail"
			username = "relay@example.com"
			password = "a password"
		}`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: config, Check: a.Wrote("POST /accounts/standard")},
			{
				Taint:            []string{address},
				Config:           config,
				ConfigPlanChecks: planned(plancheck.ResourceActionDestroyBeforeCreate),
				Check: resource.ComposeAggregateTestCheckFunc(
					record(a, simulator.Account{Name: "mail", Username: "relay@example.com", Password: "a password"}),
					a.Wrote("DELETE /accounts/standard/{id}", "POST /accounts/standard"),
				),
			},
		},
	})
}

// Values are sent without the whitespace around them, such as the last line break of a file. That and the kind of line
// breaks are ignored: nothing is inconsistent, tainted or planned.
func TestAccount_tidied(t *testing.T) {
	for _, trims := range []bool{false, true} {
		t.Run(fmt.Sprintf("by the appliance: %t", trims), func(t *testing.T) { accountIsTidied(t, trims) })
	}
}

func accountIsTidied(t *testing.T, byAppliance bool) {
	a := acctest.NewSimulated(t, simulator.Config{Habits: simulator.Habits{simulator.TrimsSpace: byAppliance}})
	mail := func(name, username, description string) string {
		return a.Provider() + fmt.Sprintf(`
			resource "veeam_standard_account" "mail" {
				name        = %q
				username    = %q
				description = %s
				password    = "a password"
			}`, name, username, description)
	}
	untidy, blank := mail("mail\n", " relay@example.com", `"Sends reports\n"`), mail("mail\n", " relay@example.com", `" \n"`)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{
				Config:            untidy,
				ConfigStateChecks: []statecheck.StateCheck{state("name", knownvalue.StringExact("mail\n"))},
				Check: resource.ComposeAggregateTestCheckFunc(
					record(a, simulator.Account{Name: "mail", Username: "relay@example.com", Description: pointer("Sends reports"), Password: "a password"}),
					a.Wrote("POST /accounts/standard"),
				),
			},
			{Config: mail("mail", "relay@example.com", `"Sends reports"`), PlanOnly: true},
			{ // A checkout on Windows has other line breaks than one on Linux.
				Config:           mail("mail", "relay@example.com", `"Sends\nreports"`),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check:            a.Wrote("PUT /accounts/standard/{id}"),
			},
			{Config: mail("mail", "relay@example.com\r\n", `"Sends\r\nreports\r\n"`), PlanOnly: true},
			{ // A blank description counts as unset, and stays in the state.
				Config:            blank,
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{state("description", knownvalue.StringExact(" \n"))},
				Check:             a.Wrote("PUT /accounts/standard/{id}"),
			},
			{ // Omitting it changes only the state.
				Config:            mail("mail", "relay@example.com", "null"),
				ConfigStateChecks: []statecheck.StateCheck{state("description", knownvalue.Null())},
				Check:             a.Wrote(),
			},
			{ // So does setting it again.
				Config: blank,
				Check:  a.Wrote(),
			},
			{ // What the appliance has is imported unchanged.
				Config: a.Provider() + `
					removed {
						from = veeam_standard_account.mail
						lifecycle {
							destroy = false
						}
					}`,
				Check: a.Wrote(),
			},
			{
				Config: strings.Replace(untidy, `password    = "a password"`, "", 1) + `
					import {
						to = veeam_standard_account.mail
						id = "mail"
					}`,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					acctest.ExpectImport(address), plancheck.ExpectKnownValue(address, tfjsonpath.New("name"), knownvalue.StringExact("mail")),
				}},
				Check: a.Wrote("PUT /accounts/standard/{id}"), // the description, which it no longer has
			},
		},
	})
}

// If the appliance answers with other values than it was sent, that is not an inconsistency: the next refresh shows
// them.
func TestAccount_answeredOtherwise(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	config := func(username string) string {
		return a.Provider() + `
			resource "veeam_standard_account" "mail" {
				name     = "mail"
				username = "` + username + `"
				password = "a password"
			}`
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: config("relay@example.com")},
			{
				PreConfig: func() {
					a.Simulated.AddFault(simulator.Fault{
						Kind: simulator.Body, Method: "PUT", Status: 200, Count: 1,
						Body: fmt.Sprintf(`{"id": %q, "name": "mail", "username": "relay@example.com", "description": null}`, a.Simulated.Accounts()[0].ID),
					})
				},
				Config:            config("Relay@example.com"),
				ConfigStateChecks: []statecheck.StateCheck{state("username", knownvalue.StringExact("Relay@example.com"))},
				Check:             a.Wrote("POST /accounts/standard", "PUT /accounts/standard/{id}"),
			},
		},
	})
}

// What a plan reports about a password, besides whether it is sent.
func TestAccount_passwordWarnings(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.PutAccount(simulator.Account{Name: "mail", Username: "relay@example.com", Password: "set by hand"})
	w := acctest.NewWorkspace(t, a, `
		terraform {
			required_providers {
				veeam = {
					source = "terraform-provider-veeam/veeam"
				}
			}
		}
		variable "name" {
			type    = string
			default = "mail"
		}
		variable "password" {
			type    = string
			default = null
		}
		variable "password_version" {
			type    = string
			default = null
		}
		import {
			to = veeam_standard_account.mail
			id = "mail"
		}
		resource "veeam_standard_account" "mail" {
			name             = var.name
			username         = "relay@example.com"
			password         = var.password
			password_version = var.password_version
		}`)
	const replaced, refused = `The password of credentials record "mail" will be replaced`, "The appliance would refuse the name of"
	acctest.Tell(t, a, w,
		acctest.Command{Because: "an import with a password", With: map[string]string{"password": "mine"}, Args: "plan", Says: []string{"Warning: " + replaced}},
		acctest.Command{Because: "an import without", Args: "apply -auto-approve", Silent: []string{"Warning"}},
		acctest.Command{
			Because: "a password for the imported record", With: map[string]string{"password": "mine\n"}, Args: "apply -auto-approve",
			Says: []string{"Warning: " + replaced, `Warning: The password of credentials record "mail" ends in a line break`}, Writes: []string{"PUT /accounts/standard/{id}"},
		},
		acctest.Command{Because: "unchanged", With: map[string]string{"password": "mine\n"}, Args: "plan -detailed-exitcode", Silent: []string{"Warning"}},
		acctest.Command{
			Because: "the counted version with another password", With: map[string]string{"password": "other", "password_version": "1", "name": "taken"}, Args: "plan", Fails: true,
			Says: []string{`Error: The password of credentials record "taken" would not be sent`},
		},
		acctest.Command{
			Because: "a version without a password", With: map[string]string{"password_version": "2"}, Args: "plan",
			Says: []string{`Warning: A password is needed for credentials record "mail"`},
		},
		acctest.Command{
			Because: "a version without a password", With: map[string]string{"password_version": "2"}, Args: "apply -auto-approve", Fails: true,
			Says: []string{`Error: A password is needed for credentials record "mail"`},
		},
		acctest.Command{Because: "taint", Args: "taint veeam_standard_account.mail"},
		acctest.Command{
			Because: "tainted", With: map[string]string{"password": "mine"}, Args: "plan",
			Says: []string{"is tainted, so must be replaced"}, Silent: []string{refused},
		},
		acctest.Command{Because: "tainted, without a password", Args: "plan", Fails: true, Says: []string{"run terraform destroy -refresh=false."}},
		acctest.Command{Because: "tainted, without a password", Args: "destroy -auto-approve -refresh=false", Writes: []string{"DELETE /accounts/standard/{id}"}},
	)
}

// The appliance is asked about a new name when it is planned.
func TestAccount_planValidation(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.PutAccount(simulator.Account{Name: "taken", Username: "root", Password: "a foreign password"})
	config := func(name string, provider ...string) string {
		return a.Provider(provider...) + `
			resource "veeam_standard_account" "mail" {
				name     = "` + name + `"
				username = "relay@example.com"
				password = "a password"
			}`
	}
	asked := func(want int) resource.TestCheckFunc {
		return a.Check(func(s *simulator.Server) error {
			if got := s.Count("POST", "/accounts/standard/validateName"); got != want {
				return fmt.Errorf("the appliance was asked about a name %d times, expected %d", got, want)
			}
			s.ResetRequests()
			return nil
		})
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		CheckDestroy:             asked(0), // the plans of an unchanged record send no request
		Steps: []resource.TestStep{
			{ // A record that Terraform does not manage is neither adopted nor touched.
				Config:      config("taken"),
				ExpectError: acctest.Saying(`It has not been changed. If a resource in the state manages it, add a moved block`),
			},
			{
				PreConfig: func() {
					foreign := a.Simulated.Accounts()
					if len(foreign) != 1 || foreign[0].Username != "root" || foreign[0].Password != "a foreign password" {
						t.Error("the foreign record has been touched")
					}
					a.Simulated.ResetRequests()
				},
				Config: config("free", "plan_validation = false"),
				Check:  asked(0),
			},
			{ // If the configuration is already wrong, no request is sent.
				Config:      strings.Replace(config("renamed"), `"a password"`, `"another password"`+"\n password_version = 1", 1),
				ExpectError: acctest.Saying("would not be sent"),
			},
			{ // Validated at plan time, and not again during the apply.
				Config: config("renamed"),
				Check:  asked(1),
			},
			{ // The appliance might report that a name is in use if the record itself has it in another case.
				Config: config("Renamed"),
				Check:  asked(0),
			},
		},
	})
}

// A missing permission to delete is not about the objects that use the record.
func TestAccount_deletionForbidden(t *testing.T) {
	t.Parallel()
	for status, advises := range map[int]bool{400: true, 409: true, 403: false} {
		a := acctest.NewSimulated(t, simulator.Config{})
		record := a.Simulated.PutAccount(simulator.Account{Name: "mail", Username: "relay", Password: "a password"})
		a.Simulated.AddFault(simulator.Fault{
			Kind: simulator.Body, Method: "DELETE", Status: status, Header: http.Header{"Content-Type": {"application/problem+json"}},
			Body: `{"type":"https://appliance/api/v1/problems/accessDenied","title":"Access denied","status":403,"errorCode":"AccessDenied","details":"You may not delete this."}`,
		})
		said := a.Protocol(t, nil).Delete(t, "veeam_standard_account", acctest.Values{"id": record.ID, "name": "mail", "username": "relay"})
		if len(said) != 1 || strings.Contains(said[0], "email notification settings") != advises {
			t.Errorf("%d: %q", status, said)
		}
	}
}

func TestAccount_badInput(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	long := func(n int) string { return strings.Repeat("x", n) }
	mail := func(arguments string) string {
		return "resource \"veeam_standard_account\" \"mail\" {\n" + strings.ReplaceAll(arguments, ", ", "\n") + "\n}\n"
	}
	a.Refuses(t, a.Provider(), map[string]acctest.Refused{
		"empty name":                 {mail(`name = "", username = "u", password = "p"`), `Invalid name`},
		"over-long name":             {mail(`name = "` + long(256) + `", username = "u", password = "p"`), `name UTF-8 character count must be at most 255`},
		"empty user name":            {mail(`name = "n", username = "", password = "p"`), `Invalid username`},
		"over-long user name":        {mail(`name = "n", username = "` + long(256) + `", password = "p"`), `username UTF-8 character count must be at most 255`},
		"over-long description":      {mail(`name = "n", username = "u", password = "p", description = "` + long(513) + `"`), `description UTF-8 character count must be at most 512`},
		"empty password":             {mail(`name = "n", username = "u", password = ""`), `The appliance does not create a credentials record without a password.`},
		"over-long password":         {mail(`name = "n", username = "u", password = "` + long(256) + `"`), `password UTF-8 character count must be at most 255`},
		"empty version":              {mail(`name = "n", username = "u", password = "p", password_version = ""`), `This must not be an empty string. Omit it or set it to null`},
		"no password at creation":    {mail(`name = "n", username = "u"`), `A password is needed`},
		"null password at creation":  {mail(`name = "n", username = "u", password = null`), `A password is needed`},
		"version without a password": {mail(`name = "n", username = "u", password_version = "1"`), `A password is needed`},
		"characters, and not octets": {mail(`name = "` + strings.Repeat("ä", 256) + `", username = "u", password = "p"`), `name UTF-8 character count must be at most 255, got: 256`},
	})
}

// A password that the appliance repeats inside another value is hidden in the warning about that.
func TestAccount_passwordInAnAnswer(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.AddFault(simulator.Fault{Kind: simulator.Body, Method: "POST", Path: "/accounts/standard", Status: 201,
		Body: `{"id": "0b6dfaef-6a6b-4b2c-8f4b-3a4ad9fbe1c7", "name": "smtp", "username": "relay", "description": "It has First-pw-19 now"}`})
	_, said := a.Protocol(t, nil).Create(t, "veeam_standard_account", acctest.Values{"name": "smtp", "username": "relay", "password": "First-pw-19", "description": "d"})
	if text := strings.Join(said, "\n"); !strings.Contains(text, "did not save") || strings.Contains(text, "First-pw-19") || !strings.Contains(text, "(redacted)") {
		t.Errorf("%d warnings: the password is in them: %v", len(said), strings.Contains(text, "First-pw-19"))
	}
}
