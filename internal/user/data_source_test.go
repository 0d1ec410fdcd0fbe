package user_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

func TestUserDataSource_oneUser(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.PutUser(simulator.User{Name: "backup$", Description: "Night shift", Password: first, MFAEnabled: true})
	found := func(address string, attributes map[string]knownvalue.Check) (checks []statecheck.StateCheck) {
		for name, check := range attributes {
			checks = append(checks, statecheck.ExpectKnownValue(address, tfjsonpath.New(name), check))
		}
		return checks
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config: a.Provider() + `
					data "veeam_user" "backup" {
						name = "backup$"
					}
					data "veeam_user" "admin" {
						name = "admin"
					}`,
				ConfigStateChecks: append(
					found("data.veeam_user.backup", map[string]knownvalue.Check{
						"name": knownvalue.StringExact("backup$"), "description": knownvalue.StringExact("Night shift"),
						"mfa_enabled": knownvalue.Bool(true), "is_default": knownvalue.Bool(false),
					}),
					found("data.veeam_user.admin", map[string]knownvalue.Check{
						"name": knownvalue.StringExact("admin"), "description": knownvalue.Null(),
						"mfa_enabled": knownvalue.Bool(false), "is_default": knownvalue.Bool(true),
					})...,
				),
				Check: a.Wrote(),
			},
		},
	})
	acctest.Fails(t, a.Provider()+`data "veeam_user" "none" { name = "backup" }`, `has the name "backup".`)
	a.Simulated.AddFault(simulator.Fault{Kind: simulator.Status, Method: http.MethodGet, Status: http.StatusInternalServerError, Count: 1})
	acctest.Fails(t, a.Provider()+`data "veeam_user" "broken" { name = "admin" }`, `Could not read user "admin"`)
}

func TestUserDataSource_badInput(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Refuses(t, a.Provider(), map[string]acctest.Refused{
		"no name":    {`data "veeam_user" "x" {}`, `required`},
		"empty name": {`data "veeam_user" "x" { name = "" }`, `Invalid name`},
		"blank name": {`data "veeam_user" "x" { name = " " }`, `This must not be empty.`},
	})
}

func TestUserDataSource_allUsers(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{PageLimit: 2})
	for _, name := range []string{"c", "b-2", "z", "b-1"} {
		a.Simulated.PutUser(simulator.User{Name: name, Password: first})
	}
	names := func(address string, want ...string) statecheck.StateCheck {
		users := make([]knownvalue.Check, len(want))
		for i, name := range want {
			users[i] = knownvalue.ObjectPartial(map[string]knownvalue.Check{"name": knownvalue.StringExact(name)})
		}
		return statecheck.ExpectKnownValue(address, tfjsonpath.New("users"), knownvalue.ListExact(users))
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{{
			Config: a.Provider() + `
				data "veeam_users" "all" {}
				data "veeam_users" "some" {
					search_pattern = "b-"
				}
				data "veeam_users" "none" {
					search_pattern = "nobody"
				}`,
			ConfigStateChecks: []statecheck.StateCheck{
				names("data.veeam_users.all", "admin", "b-1", "b-2", "c", "z"),
				names("data.veeam_users.some", "b-1", "b-2"),
				names("data.veeam_users.none"),
				statecheck.ExpectKnownValue("data.veeam_users.all", tfjsonpath.New("users").AtSliceIndex(0), knownvalue.ObjectExact(map[string]knownvalue.Check{
					"name":              knownvalue.StringExact("admin"),
					"description":       knownvalue.Null(),
					"mfa_enabled":       knownvalue.Bool(false),
					"is_default":        knownvalue.Bool(true),
					"additional_fields": knownvalue.StringExact("{}"),
				})),
			},
			Check: a.Wrote(),
		}},
	})
}

// Another client deletes one user and creates another one while the pages are read: the count stays the same, and the user
// who moved to a page that was read already must not be missing. A for_each over the list would delete it.
func TestUserDataSource_listThatShifts(t *testing.T) {
	var once sync.Once
	a := acctest.NewSimulated(t, simulator.Config{PageLimit: 3, BeforeRequest: func(appliance *simulator.Appliance, r simulator.Request) {
		if r.Path == "/users" && r.Query.Get("Offset") != "0" {
			once.Do(func() {
				appliance.DeleteUser("b")
				appliance.PutUser(simulator.User{Name: "z", Password: first})
			})
		}
	}})
	for _, name := range []string{"b", "c", "d", "e", "f"} {
		a.Simulated.PutUser(simulator.User{Name: name, Password: first})
	}
	var users []knownvalue.Check
	for _, name := range []string{"admin", "c", "d", "e", "f", "z"} {
		users = append(users, knownvalue.ObjectPartial(map[string]knownvalue.Check{"name": knownvalue.StringExact(name)}))
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{{
			Config:            a.Provider() + `data "veeam_users" "all" {}`,
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue("data.veeam_users.all", tfjsonpath.New("users"), knownvalue.ListExact(users))},
		}},
	})
}

// A lookup cannot wait until the appliance is there, and says so.
func TestUserDataSource_applianceNotKnown(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Refuses(t, a.ProviderKnownAfterApply(), map[string]acctest.Refused{
		"one": {`data "veeam_user" "x" { name = "n" }`, "Terraform cannot look up a user: the provider configuration depends on values"},
		"all": {`data "veeam_users" "x" {}`, "Terraform cannot list users: the provider configuration depends on values"},
	})
}

// An appliance may repeat a user's password in any field. No state gets it: neither of a data source nor of the resource.
func TestUser_passwordInAnUnknownField(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{Product: "11"})
	p := a.Protocol(t, nil)
	if created, said := p.Create(t, typeName, acctest.Values{"name": "jane", "password": first, "additional_fields": `{"role":"Restore Operator"}`}); created == nil {
		t.Fatal(said)
	}
	echo := `{"name":"jane","description":"","mfaEnabled":false,"isDefault":false,"note":["created with ` + first + `"],"role":"as ` + first + `"}`
	a.Simulated.AddFault(
		simulator.Fault{Kind: simulator.Body, Method: http.MethodGet, Path: "/users/jane", Body: echo},
		simulator.Fault{Kind: simulator.Body, Method: http.MethodGet, Path: "/users", Body: `{"totalCount":1,"results":[` + echo + `]}`},
	)
	const hidden = `{"note":["created with (redacted)"],"role":"as (redacted)"}`
	if one, said := p.ReadData(t, typeName, acctest.Values{"name": "jane"}); len(said) > 0 || one["additional_fields"] != hidden {
		t.Errorf("the data source does not hide the password: %v", said)
	}
	all, said := p.ReadData(t, "veeam_users", nil)
	if text := fmt.Sprint(all["users"]); len(said) > 0 || strings.Contains(text, first) || !strings.Contains(text, "(redacted)") {
		t.Errorf("the data source of all users does not hide the password: %v", said)
	}
	read := p.ReadState(t, typeName, acctest.Values{"id": "jane", "name": "jane", "mfa_enabled": false, "is_default": false, "additional_fields": `{"role":"Restore Operator"}`})
	if read["additional_fields"] != `{"role":"as (redacted)"}` {
		t.Error("the resource does not hide the password")
	}
	// The plan of an unchanged user tells a new process the password.
	later := a.Protocol(t, nil)
	if said := later.Update(t, typeName, acctest.Values{"id": "jane", "name": "jane", "password_version": "1", "mfa_enabled": false, "is_default": false},
		acctest.Values{"name": "jane", "password": first, "password_version": "1"}); len(said) > 0 {
		t.Error(said)
	}
	if one, said := later.ReadData(t, typeName, acctest.Values{"name": "jane"}); len(said) > 0 || one["additional_fields"] != hidden {
		t.Errorf("in a later run, the data source does not hide the password: %v", said)
	}
}
