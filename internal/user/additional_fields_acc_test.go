package user_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// withRoles is a simulated appliance of a product whose users have roles, and the provider block for its revision.
func withRoles(t *testing.T, config simulator.Config) (a *acctest.Appliance, provider string) {
	t.Helper()
	config.Product = "9"
	a = acctest.NewSimulated(t, config)
	return a, a.Provider(`api_version = "1.7-rev0"`)
}

// bodies checks what the writes since the last check carried, and forgets them.
func bodies(a *acctest.Appliance, method string, want ...string) resource.TestCheckFunc {
	return a.Check(func(s *simulator.Server) error {
		got := acctest.Bodies(s.Requests(), method, "/users")
		s.ResetRequests()
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("the requests were not as expected:\n%s", diff)
		}
		return nil
	})
}

// The role of a user, which this provider has no argument for: it goes with every write, and its drift is noticed.
func TestUser_additionalFields(t *testing.T) {
	a, provider := withRoles(t, simulator.Config{Habits: simulator.Habits{simulator.RoleRequired: true}})
	config := func(arguments string) string {
		return provider + "resource \"veeam_user\" \"operator\" {\nname = \"operator\"\n" + arguments + "}\n"
	}
	role := func(role string) string { return fmt.Sprintf("additional_fields = jsonencode({ role = %q })\n", role) }
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{ // The appliance wants a role. The error says where it goes and how to learn what it is called.
				Config:      config("password = \"" + first + "\"\n"),
				ExpectError: acctest.Saying("Set them in additional_fields. To find their names, create a user in the web console"),
				Check:       a.Wrote("POST /users"),
			},
			{
				Config:            config("password = \"" + first + "\"\n" + role("Portal Operator")),
				ConfigPlanChecks:  planned(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{state("additional_fields", knownvalue.StringExact(`{"role":"Portal Operator"}`))},
				Check: a.Check(func(s *simulator.Server) error {
					if user, _ := s.User("operator"); user.Role != "Portal Operator" {
						return fmt.Errorf("the role is %q", user.Role)
					}
					s.ResetRequests()
					return nil
				}),
			},
			{ // Formatting alone is no change.
				Config:           config("password = \"" + first + "\"\nadditional_fields = <<EOT\n{ \"role\" :\n  \"Portal\\u0020Operator\" }\nEOT\n"),
				ConfigPlanChecks: nothing,
				Check:            a.Wrote(),
			},
			{ // Another role needs the current password, as every change does.
				Config:           config("password = \"" + first + "\"\n" + role("Restore Operator")),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check:            bodies(a, http.MethodPut, `{"oldPassword":"`+first+`","description":"","role":"Restore Operator"}`),
			},
			{ // A rotation keeps it.
				Config:           config("password = \"" + second + "\"\nold_password = \"" + first + "\"\n" + role("Restore Operator")),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check:            bodies(a, http.MethodPut, `{"oldPassword":"`+first+`","description":"","password":"`+second+`","role":"Restore Operator"}`),
			},
			{ // Another client gives the user another one.
				PreConfig: func() {
					a.Simulated.PutUser(simulator.User{Name: "operator", Password: second, Role: "Read-Only User"})
				},
				Config:           config("password = \"" + second + "\"\n" + role("Restore Operator")),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check:            bodies(a, http.MethodPut, `{"oldPassword":"`+second+`","description":"","role":"Restore Operator"}`),
			},
			{ // Nothing is sent to stop managing it, and no password is needed.
				Config:            config(""),
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{state("additional_fields", knownvalue.Null())},
				Check:             a.Wrote(),
			},
		},
	})
}

// A user who was made by hand is adopted with its role, which the data source tells, without a password and a write.
// Another role is a change, and a change needs the password.
func TestUser_additionalFieldsOfAdoptedUser(t *testing.T) {
	a, provider := withRoles(t, simulator.Config{})
	a.Simulated.PutUser(simulator.User{Name: "operator", Password: "By-hand-19", Role: "Restore Operator"})
	config := func(role string) string {
		return provider + `
			data "veeam_user" "operator" {
				name = "operator"
			}
			resource "veeam_user" "operator" {
				name              = "operator"
				additional_fields = ` + role + `
			}
		`
	}
	adopted := `jsonencode({ role = jsondecode(data.veeam_user.operator.additional_fields).role })`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: config(adopted), ResourceName: address, ImportState: true, ImportStateId: "operator", ImportStatePersist: true},
			{
				Config:           config(adopted),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{
					state("additional_fields", knownvalue.StringExact(`{"role":"Restore Operator"}`)),
					statecheck.ExpectKnownValue("data.veeam_user.operator", tfjsonpath.New("additional_fields"),
						knownvalue.StringExact(`{"accountType":"Internal","role":"Restore Operator"}`)),
				},
				Check: a.Wrote(),
			},
			{
				Config:      config(`jsonencode({ role = "Portal Operator" })`),
				ExpectError: acctest.Saying("current password with every change, and additional_fields change"),
				Check:       a.Wrote(),
			},
			{Config: config(adopted), ConfigPlanChecks: nothing, Check: a.Wrote()},
		},
	})
}

// A user of an identity provider has no password, and may have a long name, of which the appliance is asked nothing: its
// rules for names are those of its own users. That it is one may be known only at apply.
func TestUser_external(t *testing.T) {
	a, provider := withRoles(t, simulator.Config{})
	name := strings.Repeat("jane-", 25)
	config := func(description string) string {
		return provider + fmt.Sprintf(`
			resource "terraform_data" "fields" {
				input = jsonencode({ accountType = "External", role = "Portal Operator" })
			}
			resource "veeam_user" "operator" {
				name              = %q
				description       = %q
				additional_fields = terraform_data.fields.output
			}
		`, name, description)
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		CheckDestroy:             a.Wrote("DELETE /users/" + name),
		Steps: []resource.TestStep{
			{
				Config:            config("d"),
				ConfigPlanChecks:  planned(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{state("password_version", knownvalue.Null())},
				Check: resource.ComposeTestCheckFunc(
					a.Check(func(s *simulator.Server) error {
						if asked := s.Count(http.MethodPost, "/users/validateName"); asked > 0 {
							return fmt.Errorf("the appliance was asked %d times about the name", asked)
						}
						return nil
					}),
					bodies(a, http.MethodPost, `{"name":"`+name+`","description":"d","accountType":"External","role":"Portal Operator"}`),
				),
			},
			{
				Config:           config("e"),
				ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				Check:            bodies(a, http.MethodPut, `{"description":"e","accountType":"External","role":"Portal Operator"}`),
			},
			{Config: config("e"), ResourceName: address, ImportState: true, ImportStateId: name, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"additional_fields"}},
		},
	})
}

// What is known only at apply is checked then, before anything is sent. A rule for all is told at validate.
func TestUser_additionalFieldsRefused(t *testing.T) {
	a, provider := withRoles(t, simulator.Config{})
	config := func(name, arguments string) string {
		return provider + fmt.Sprintf("resource \"veeam_user\" \"operator\" {\nname = %q\n%s}\n", name, arguments)
	}
	late := func(value string) string {
		return "additional_fields = terraform_data.late.output\n}\nresource \"terraform_data\" \"late\" {\ninput = " + value + "\n"
	}
	long := strings.Repeat("x", 33)
	steps := []resource.TestStep{}
	for _, test := range []struct{ config, want string }{
		{config("operator", "password = \""+first+"\"\nadditional_fields = jsonencode([\"s3cret\"])\n"), "This must be a JSON object of fields that have no argument in this resource: it is not a JSON object."},
		{config("operator", "password = \""+first+"\"\nadditional_fields = jsonencode({ Description = \"d\" })\n"), `"Description" is not allowed, because this resource has an argument for it.`},
		{config(long, "password = \""+first+"\"\nadditional_fields = jsonencode({ accountType = \"Internal\" })\n"), "It has 33 characters, and the appliance accepts at most 32."},
		{config(strings.Repeat("x", 126), "additional_fields = jsonencode({ accountType = \"External\" })\n"), "must be at most 125"},
		{config("operator", "additional_fields = jsonencode({ accountType = \"Internal\" })\n"), "A password is needed"},
		{config("operator", "password = \""+first+"\"\n"+late(`"[]"`)), "it is not a JSON object"},
		{config("operator", late(`jsonencode({ role = "Portal Operator" })`)), "A password is needed"},
		{config(long, "password = \""+first+"\"\n"+late("\"{}\"")), "It has 33 characters, and the appliance accepts at most 32."},
	} {
		steps = append(steps, resource.TestStep{Config: test.config, ExpectError: acctest.Saying(test.want)})
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   acctest.WriteOnly,
		CheckDestroy:             a.Wrote(),
		Steps:                    steps,
	})
}
