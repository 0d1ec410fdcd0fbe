package user_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const address = "veeam_user.operator"

// Passwords that satisfy the documented rules.
const (
	first  = "First-pw-19"
	second = "Second-pw-28"
	third  = "Third-pw-37"
)

func planned(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}

var nothing = resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}

func state(attribute string, want knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), want)
}

func version(want string) []statecheck.StateCheck {
	return []statecheck.StateCheck{state("password_version", knownvalue.StringExact(want))}
}

// operator is the configuration of the user, with arguments in the form of a map so that a step reads as what changes.
func operator(a *acctest.Appliance, arguments map[string]string) string {
	var block strings.Builder
	for name, value := range arguments {
		fmt.Fprintf(&block, "%s = %q\n", name, value)
	}
	return a.Provider() + "resource \"veeam_user\" \"operator\" {\n" + block.String() + "}\n"
}

// remote checks the user on the simulated appliance.
func remote(a *acctest.Appliance, name, description, password string) resource.TestCheckFunc {
	return a.Check(func(s *simulator.Server) error {
		user, found := s.User(name)
		switch {
		case !found:
			return fmt.Errorf("there is no user %q", name)
		case user.Description != description:
			return fmt.Errorf("the description is %q, expected %q", user.Description, description)
		case user.Password != password:
			return fmt.Errorf("the user has another password than expected")
		}
		return nil
	})
}

// sent checks what the updates since the last check carried, by the names of their fields, and that the old password
// was the expected one; then it forgets them.
func sent(a *acctest.Appliance, oldPassword string, fields ...string) resource.TestCheckFunc {
	return a.Check(func(s *simulator.Server) error {
		bodies := acctest.Bodies(s.Requests(), http.MethodPut, "/users")
		s.ResetRequests()
		if len(bodies) != 1 {
			return fmt.Errorf("there were %d updates, expected one", len(bodies))
		}
		var body map[string]any
		if err := json.Unmarshal([]byte(bodies[0]), &body); err != nil {
			return err
		}
		var got []string
		for field := range body {
			got = append(got, field)
		}
		slices.Sort(got)
		if slices.Sort(fields); !slices.Equal(got, fields) {
			return fmt.Errorf("the update carried %q, expected %q", got, fields)
		}
		if body["oldPassword"] != oldPassword {
			return fmt.Errorf("the update carried another old password than expected")
		}
		return nil
	})
}

func TestUser_life(t *testing.T) {
	a := acctest.NewAppliance(t)
	name := acctest.UniqueName(t)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		CheckDestroy: resource.ComposeAggregateTestCheckFunc(
			a.Wrote("DELETE /users/"+name+"-2"),
			a.Check(func(s *simulator.Server) error {
				if left := len(s.Users()); left != 1 {
					return fmt.Errorf("%d users are left, expected the administrator", left)
				}
				return nil
			}),
		),
		Steps: []resource.TestStep{
			{ // A user is created with one request.
				Config:           operator(a, map[string]string{"name": name, "description": "Runs restores", "password": first}),
				ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{
					state("id", knownvalue.StringExact(name)),
					state("name", knownvalue.StringExact(name)),
					state("description", knownvalue.StringExact("Runs restores")),
					state("password", knownvalue.Null()),
					state("old_password", knownvalue.Null()),
					state("password_version", knownvalue.StringExact("1")),
					state("mfa_enabled", knownvalue.Bool(false)),
					state("is_default", knownvalue.Bool(false)),
				},
				Check: resource.ComposeAggregateTestCheckFunc(remote(a, name, "Runs restores", first), a.Wrote("POST /users")),
			},
			{ // A changed description goes with the current password, and with no new one.
				Config:            operator(a, map[string]string{"name": name, "description": "Runs backups", "password": first}),
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: version("1"),
				Check:             resource.ComposeAggregateTestCheckFunc(remote(a, name, "Runs backups", first), sent(a, first, "description", "oldPassword")),
			},
			{ // An omitted description is really removed.
				Config:            operator(a, map[string]string{"name": name, "password": first}),
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{state("description", knownvalue.Null())},
				Check:             resource.ComposeAggregateTestCheckFunc(remote(a, name, "", first), sent(a, first, "description", "oldPassword")),
			},
			{ // A changed password needs the old one …
				Config:      operator(a, map[string]string{"name": name, "password": second}),
				ExpectError: acctest.Saying(`For this run, set old_password to the user's current password.`),
			},
			{ // … and is noticed without any version. An old password that stays in the configuration then changes nothing.
				PreConfig: func() {
					if a.Simulated != nil {
						a.Simulated.ResetRequests()
					}
				},
				Config: operator(a, map[string]string{"name": name, "password": second, "old_password": first}),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("password_version"), knownvalue.StringExact("2")),
				}},
				ConfigStateChecks: version("2"),
				Check:             resource.ComposeAggregateTestCheckFunc(remote(a, name, "", second), sent(a, first, "description", "oldPassword", "password")),
			},
			{ // A version in the configuration sends the password when it changes …
				Config:            operator(a, map[string]string{"name": name, "password": third, "old_password": second, "password_version": "blue"}),
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: version("blue"),
				Check:             resource.ComposeAggregateTestCheckFunc(remote(a, name, "", third), sent(a, second, "description", "oldPassword", "password")),
			},
			{ // … and only then.
				Config:   operator(a, map[string]string{"name": name, "password": first, "password_version": "blue"}),
				PlanOnly: true,
			},
			{ // Another change then cannot take the password for the current one …
				Config:      operator(a, map[string]string{"name": name, "description": "Waits", "password": first, "password_version": "blue"}),
				ExpectError: acctest.Saying(`password has changed without password_version.`),
			},
			{ // … but takes the old one.
				PreConfig: func() {
					if a.Simulated != nil {
						a.Simulated.ResetRequests()
					}
				},
				Config:           operator(a, map[string]string{"name": name, "description": "Waits", "password": first, "old_password": third, "password_version": "blue"}),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check:            resource.ComposeAggregateTestCheckFunc(remote(a, name, "Waits", third), sent(a, third, "description", "oldPassword")),
			},
			{
				ResourceName:            address,
				ImportState:             true,
				ImportStateId:           name,
				ImportStateVerify:       true,
				ImportStateVerifyIgnore: []string{"password_version"},
			},
			{ // Another name is another user.
				Config: operator(a, map[string]string{"name": name + "-2", "description": "Waits", "password": first, "password_version": "blue"}),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate),
				}},
				Check: resource.ComposeAggregateTestCheckFunc(remote(a, name+"-2", "Waits", first), a.Wrote("DELETE /users/"+name, "POST /users")),
			},
		},
	})
}

func TestUser_drift(t *testing.T) {
	acctest.EachManner(t, func(t *testing.T, a *acctest.Appliance) {
		config := operator(a, map[string]string{"name": "operator$", "password": first})
		edit := func(change func(*simulator.User)) func() {
			return func() {
				user, _ := a.Simulated.User("operator$")
				change(&user)
				a.Simulated.PutUser(user)
			}
		}
		resource.Test(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Providers(),
			TerraformVersionChecks:   acctest.WriteOnly,
			Steps: []resource.TestStep{
				{Config: config, Check: a.Wrote("POST /users")},
				{ // Another client describes the user.
					PreConfig:        edit(func(user *simulator.User) { user.Description = "do not touch" }),
					Config:           config,
					ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
					Check:            resource.ComposeAggregateTestCheckFunc(remote(a, "operator$", "", first), sent(a, first, "description", "oldPassword")),
				},
				{ // The user turns on multi-factor authentication, which changes nothing here.
					PreConfig:         edit(func(user *simulator.User) { user.MFAEnabled = true }),
					Config:            config,
					ConfigPlanChecks:  nothing,
					ConfigStateChecks: []statecheck.StateCheck{state("mfa_enabled", knownvalue.Bool(true))},
					Check:             a.Wrote(),
				},
				{ // Another client changes the password on the appliance: the next change says so.
					PreConfig:   edit(func(user *simulator.User) { user.Password = third }),
					Config:      operator(a, map[string]string{"name": "operator$", "description": "new", "password": first}),
					ExpectError: acctest.Saying(`Check that password is the user's current password`),
				},
				{ // Another client deletes the user, who is recreated.
					PreConfig:        func() { a.Simulated.DeleteUser("operator$"); a.Simulated.ResetRequests() },
					Config:           config,
					ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
					Check:            resource.ComposeAggregateTestCheckFunc(remote(a, "operator$", "", first), a.Wrote("POST /users")),
				},
				{ // Another client deletes the user just before Terraform does: that is what was asked for.
					PreConfig: func() { a.Simulated.DeleteUser("operator$") },
					Config:    config,
					Destroy:   true,
				},
			},
		})
	})
}

// A password change that was applied although the apply failed has happened, and the next apply finds that out.
func TestUser_appliedChangeOfFailedApply(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	rotated := a.Provider("max_retries = 0") + fmt.Sprintf(`
		resource "veeam_user" "operator" {
			name         = "operator"
			password     = %q
			old_password = %q
		}`, second, first)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: operator(a, map[string]string{"name": "operator", "password": first})},
			{
				PreConfig: func() {
					a.Simulated.AddFault(simulator.Fault{Kind: simulator.CutAfter, Method: http.MethodPut, Count: 1})
				},
				Config:      rotated,
				ExpectError: acctest.Saying(`The appliance may have carried out the request.`),
			},
			{
				Config:            rotated,
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: version("2"),
				Check:             remote(a, "operator", "", second),
			},
		},
	})
}

// After a change of password without an answer it is unknown which one the user has: the plan that takes it back does not
// claim that nothing has happened, and the appliance says which.
func TestUser_unansweredChangeTakenBack(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	config := func(password, old string) string {
		return a.Provider("max_retries = 0") + fmt.Sprintf(`
			resource "veeam_user" "operator" {
				name         = "operator"
				password     = %q
				old_password = %q
			}`, password, old)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: config(first, "")},
			{
				PreConfig: func() {
					a.Simulated.AddFault(simulator.Fault{Kind: simulator.CutAfter, Method: http.MethodPut, Count: 1})
				},
				Config:      config(second, first),
				ExpectError: acctest.Saying(`The appliance may have carried out the request.`),
			},
			{
				Config:      config(first, ""),
				ExpectError: acctest.Saying(`set old_password to the user's current password`),
			},
			{
				Config:            config(first, second),
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: version("2"),
				Check:             remote(a, "operator", "", first),
			},
		},
	})
}

func TestUser_defaultAdministrator(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	administrator := func(arguments string) string {
		return a.Provider() + "resource \"veeam_user\" \"operator\" {\n" + arguments + "\n}\n"
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{ // No new user is called admin …
				Config:      administrator(`name = "admin"` + "\n" + `password = "` + first + `"`),
				ExpectError: acctest.Saying(`A new user cannot be called admin`),
			},
			{ // … but the administrator who is can be adopted without a password.
				Config:             administrator(`name = "admin"`),
				ResourceName:       address,
				ImportState:        true,
				ImportStateId:      "admin",
				ImportStatePersist: true,
			},
			{
				Config:            administrator(`name = "admin"`),
				ConfigPlanChecks:  nothing,
				ConfigStateChecks: []statecheck.StateCheck{state("is_default", knownvalue.Bool(true)), state("password_version", knownvalue.Null())},
				Check:             a.Wrote(),
			},
			{ // A change cannot do without the current password.
				Config:      administrator(`name = "admin"` + "\n" + `description = "The one"`),
				ExpectError: acctest.Saying(`Set password to the current password.`),
			},
			{ // A wrong one is refused, with the way out.
				Config:      administrator(`name = "admin"` + "\n" + `password = "` + first + `"`),
				ExpectError: acctest.Saying(`If password is new, set old_password to the user's current password.`),
			},
			{ // The right one is confirmed by the appliance.
				PreConfig: func() { a.Simulated.ResetRequests() },
				Config:    administrator(`name = "admin"` + "\n" + `password = "` + acctest.Password + `"`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("password_version"), knownvalue.StringExact("1")),
				}},
				Check: sent(a, acctest.Password, "description", "oldPassword"),
			},
			{ // The default administrator is not deleted.
				Config:      administrator(`name = "admin"`),
				Destroy:     true,
				ExpectError: acctest.Saying(`The default administrator cannot be deleted`),
			},
			{ // Nor replaced.
				Config:      administrator(`name = "root"` + "\n" + `password = "` + first + `"`),
				ExpectError: acctest.Saying(`The default administrator cannot be deleted`),
			},
			{ // But forgotten.
				Config: a.Provider() + `
					removed {
						from = veeam_user.operator
						lifecycle {
							destroy = false
						}
					}`,
				Check: a.Wrote(),
			},
		},
	})
}

// The rules for passwords are for those that are set: the one that a user has may have been given under others.
func TestUser_passwordOfOtherRules(t *testing.T) {
	const simple = "simple"
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.PutUser(simulator.User{Name: "operator", Password: simple})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{ // It is confirmed …
				Config: operator(a, map[string]string{"name": "operator", "password": simple}) + `
					import {
						to = veeam_user.operator
						id = "operator"
					}`,
				Check: sent(a, simple, "description", "oldPassword"),
			},
			{ // … goes with other changes …
				Config: operator(a, map[string]string{"name": "operator", "password": simple, "description": "Runs restores"}),
				Check:  sent(a, simple, "description", "oldPassword"),
			},
			{ // … and with a version that is taken up without another password …
				Config: operator(a, map[string]string{"name": "operator", "password": simple, "description": "Runs restores", "password_version": "v1"}),
				Check:  sent(a, simple, "description", "oldPassword"),
			},
			{ // … but cannot be set.
				Config:      operator(a, map[string]string{"name": "operator", "password": simple, "old_password": simple, "description": "Runs restores", "password_version": "v2"}),
				ExpectError: acctest.Saying("The password must contain an uppercase letter."),
			},
			{
				Config:      operator(a, map[string]string{"name": "operator", "password": "other", "old_password": simple, "description": "Runs restores", "password_version": "v2"}),
				ExpectError: acctest.Saying("password UTF-8 character count must be between 8 and 255"),
			},
			{
				Config: operator(a, map[string]string{"name": "operator", "password": first, "old_password": simple, "description": "Runs restores", "password_version": "v2"}),
				Check:  remote(a, "operator", "Runs restores", first),
			},
		},
	})
}

// When the appliance refuses the password sent last, an old one that is given has not been tried: the error says how.
func TestUser_oldPasswordNotUsed(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	arguments := map[string]string{"name": "operator", "password": first, "old_password": third, "description": "Runs restores"}
	mended := maps.Clone(arguments)
	mended["password_version"] = "again"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: operator(a, map[string]string{"name": "operator", "password": first})},
			{
				PreConfig:   func() { a.Simulated.PutUser(simulator.User{Name: "operator", Password: third}) },
				Config:      operator(a, arguments),
				ExpectError: acctest.Saying("To set password again with old_password, change password_version."),
			},
			{Config: operator(a, mended), Check: remote(a, "operator", "Runs restores", first)},
		},
	})
}

// Names and descriptions are sent without the whitespace around them, which a file leaves. Neither that nor the kind of
// line breaks makes a difference: nothing is inconsistent, replaced or planned.
func TestUser_tidied(t *testing.T) {
	for _, trims := range []bool{false, true} {
		t.Run(fmt.Sprintf("by the appliance: %t", trims), func(t *testing.T) { userIsTidied(t, trims) })
	}
}

func userIsTidied(t *testing.T, byAppliance bool) {
	a := acctest.NewSimulated(t, simulator.Config{Habits: simulator.Habits{simulator.TrimsSpace: byAppliance}})
	described := func(name, description string) string {
		return operator(a, map[string]string{"name": name, "password": first, "description": description})
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{
				Config: described("operator\n", "Runs restores\n"),
				ConfigStateChecks: []statecheck.StateCheck{
					state("description", knownvalue.StringExact("Runs restores\n")), state("name", knownvalue.StringExact("operator\n")), state("id", knownvalue.StringExact("operator")),
				},
				Check: resource.ComposeAggregateTestCheckFunc(remote(a, "operator", "Runs restores", first), a.Wrote("POST /users")),
			},
			{Config: described("operator", "Runs restores"), PlanOnly: true},
			{
				Config: described("operator", "Runs\nrestores"), ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check: resource.ComposeAggregateTestCheckFunc(remote(a, "operator", "Runs\nrestores", first), a.Wrote("PUT /users/operator")),
			},
			{Config: described(" operator\r\n", "Runs\r\nrestores\r\n"), PlanOnly: true},
			{
				Config: described("operator\n", " "), ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check: resource.ComposeAggregateTestCheckFunc(remote(a, "operator", "", first), a.Wrote("PUT /users/operator")),
			},
			{Config: described("operator", " "), PlanOnly: true},
			{Config: operator(a, map[string]string{"name": "operator"}), Check: a.Wrote()}, // no password is needed for nothing
		},
	})
}

// What the plan cannot know it shows as a change, and the apply decides.
func TestUser_unknownPassword(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	fromResource := func(password string) string {
		return a.Provider() + fmt.Sprintf(`
			resource "terraform_data" "password" {
				input            = %[1]q
				triggers_replace = %[1]q
			}
			resource "veeam_user" "operator" {
				name         = "operator"
				password     = terraform_data.password.output
				old_password = %[2]q
			}`, password, first)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: fromResource(first), ConfigStateChecks: version("1"), Check: remote(a, "operator", "", first)},
			{
				Config: fromResource(second),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("password_version")),
				}},
				ConfigStateChecks: version("2"),
				Check:             remote(a, "operator", "", second),
			},
		},
	})
}

func TestUser_ephemeralPassword(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	configuration := a.Provider() + `
		variable "password" {
			type      = string
			ephemeral = true
		}
		resource "veeam_user" "operator" {
			name     = "operator"
			password = var.password
		}`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{{
			Config:          configuration,
			ConfigVariables: config.Variables{"password": config.StringVariable(first)},
			Check:           remote(a, "operator", "", first),
		}},
	})
}

// The appliance is asked about new values when they are planned, and only about those.
func TestUser_planValidation(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	asked := func(want ...string) resource.TestCheckFunc {
		return a.Check(func(s *simulator.Server) error {
			var got []string
			for _, request := range s.Requests() {
				if what, found := strings.CutPrefix(request.Path, "/users/validate"); found {
					got = append(got, what)
				}
			}
			s.ResetRequests()
			slices.Sort(got)
			if got = slices.Compact(got); !slices.Equal(got, want) {
				return fmt.Errorf("the appliance was asked about %q, expected %q", got, want)
			}
			return nil
		})
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{
				Config: operator(a, map[string]string{"name": "operator", "description": "Runs restores", "password": first}),
				Check:  asked("Description", "Name", "Password"),
			},
			{
				Config: operator(a, map[string]string{"name": "operator", "description": "Runs backups", "password": first}),
				Check:  asked("Description"),
			},
			{
				Config: operator(a, map[string]string{"name": "operator", "description": "Runs backups", "password": second, "old_password": first}),
				Check:  asked("Password"),
			},
			{
				PreConfig: func() {
					a.Simulated.AddFault(simulator.Fault{
						Kind: simulator.Body, Method: http.MethodPost, Path: "/users/validateDescription", Status: http.StatusOK,
						Header: http.Header{"Content-Type": {"application/json"}},
						Body:   `[{"severity": "Error", "message": "This description is not to our taste", "contextId": ""}]`,
					})
				},
				Config:      operator(a, map[string]string{"name": "operator", "description": "Distasteful", "password": second}),
				ExpectError: acctest.Saying(`This description is not to our taste`),
			},
			{
				PreConfig: func() { a.Simulated.ClearFaults() },
				Config:    operator(a, map[string]string{"name": "operator", "description": "Runs backups", "password": second}),
			},
		},
	})
}

func TestUser_badInput(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	named := func(name string) string { return operator(a, map[string]string{"name": name, "password": first}) }
	with := func(password string) string {
		return operator(a, map[string]string{"name": "operator", "password": password})
	}
	const nameRule = `must consist of lowercase Latin letters, digits, underscores and hyphens`
	a.Refuses(t, "", map[string]acctest.Refused{
		"empty name":               {named(""), `Invalid name`},
		"over-long name":           {named(strings.Repeat("x", 33)), `It has 33 characters, and the appliance accepts at most 32`},
		"capitals":                 {named("Operator"), nameRule},
		"space":                    {named("night operator"), nameRule},
		"dollar sign inside":       {named("oper$ator"), nameRule},
		"two dollar signs":         {named("operator$$"), nameRule},
		"slash":                    {named("../operator"), nameRule},
		"other letters":            {named("opérateur"), nameRule},
		"line break":               {named("oper\nator"), nameRule},
		"blank name":               {named(" \n"), `This must not be empty.`},
		"over-long description":    {operator(a, map[string]string{"name": "operator", "password": first, "description": strings.Repeat("x", 256)}), `description UTF-8 character count must be at most 255`},
		"empty password":           {with(""), `The appliance does not create a user without a password.`},
		"short password":           {with("Sh0rt-p"), `password UTF-8 character count must be between 8 and 255`},
		"over-long password":       {with("Aa1" + strings.Repeat("-", 253)), `password UTF-8 character count must be between 8 and 255`},
		"no capital":               {with("lower-pw-19"), `The password must contain an uppercase letter.`},
		"no small letter":          {with("UPPER-PW-19"), `The password must contain a lowercase letter.`},
		"no digit":                 {with("No-digits-pw"), `The password must contain a digit.`},
		"rising run":               {with("Pw-19-abcd"), `must not contain a monotonic sequence`},
		"falling run":              {with("Password-4321"), `must not contain a monotonic sequence`},
		"no password":              {operator(a, map[string]string{"name": "operator"}), `A password is needed`},
		"empty password version":   {operator(a, map[string]string{"name": "operator", "password": first, "password_version": ""}), `This must not be an empty string. Omit it or set it to null`},
		"the administrator's name": {named("admin"), `A new user cannot be called admin`},
	})
}
