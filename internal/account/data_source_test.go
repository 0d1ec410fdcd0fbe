package account_test

import (
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

func TestAccountDataSource_oneRecord(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.PutAccount(simulator.Account{Name: "mail", Username: "relay@example.com", Description: pointer("Reports"), Password: "a password"})
	a.Simulated.PutAccount(simulator.Account{Name: "mail-2", Username: "u", Password: "a password"})
	id := a.Simulated.Accounts()[0].ID
	found := func(address, name, username string, description knownvalue.Check) []statecheck.StateCheck {
		return []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address, tfjsonpath.New("name"), knownvalue.StringExact(name)),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("username"), knownvalue.StringExact(username)),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("description"), description),
		}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config: a.Provider() + `
					data "veeam_standard_account" "by_id" {
						id = "` + id + `"
					}
					data "veeam_standard_account" "by_name" {
						name = "mail-2"
					}`,
				ConfigStateChecks: append(
					found("data.veeam_standard_account.by_id", "mail", "relay@example.com", knownvalue.StringExact("Reports")),
					found("data.veeam_standard_account.by_name", "mail-2", "u", knownvalue.Null())...,
				),
				Check: a.Wrote(),
			},
		},
	})
	acctest.Fails(t, a.Provider()+`data "veeam_standard_account" "none" { name = "mai" }`, `has the name "mai".`)
	acctest.Fails(t, a.Provider()+`data "veeam_standard_account" "none" { id = "7a9c3f0e-52f4-4c1f-9d7c-0b1c5f2d8e61" }`,
		`has the id "7a9c3f0e-52f4-4c1f-9d7c-0b1c5f2d8e61".`)
	a.Simulated.AddFault(simulator.Fault{Kind: simulator.Status, Method: http.MethodGet, Status: http.StatusInternalServerError, Count: 1})
	acctest.Fails(t, a.Provider()+`data "veeam_standard_account" "broken" { id = "`+id+`" }`, `Could not read credentials record "`+id+`"`)
}

func TestAccountDataSource_badInput(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Refuses(t, a.Provider(), map[string]acctest.Refused{
		"neither id nor name":     {`data "veeam_standard_account" "x" {}`, `Set id or name to look up a credentials record.`},
		"both id and name":        {"data \"veeam_standard_account\" \"x\" {\nid = \"7a9c3f0e-52f4-4c1f-9d7c-0b1c5f2d8e61\"\nname = \"n\"\n}", `Set either id or name, not both.`},
		"neither, in other words": {`data "veeam_standard_account" "x" { name = "" }`, `Set id or name to look up a credentials record.`},
	})
}

func TestAccountDataSource_allRecords(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{PageLimit: 2})
	for _, name := range []string{"c", "B", "a", "d-2", "d-1"} {
		a.Simulated.PutAccount(simulator.Account{Name: name, Username: "u-" + name, Password: "a password"})
	}
	names := func(address string, want ...knownvalue.Check) statecheck.StateCheck {
		records := make([]knownvalue.Check, len(want))
		for i, name := range want {
			records[i] = knownvalue.ObjectPartial(map[string]knownvalue.Check{"name": name})
		}
		return statecheck.ExpectKnownValue(address, tfjsonpath.New("accounts"), knownvalue.ListExact(records))
	}
	exactly := knownvalue.StringExact
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{{
			Config: a.Provider() + `
				data "veeam_standard_accounts" "all" {}
				data "veeam_standard_accounts" "some" {
					search_pattern = "d-"
				}
				data "veeam_standard_accounts" "none" {
					search_pattern = "nothing is called so"
				}`,
			ConfigStateChecks: []statecheck.StateCheck{
				names("data.veeam_standard_accounts.all", exactly("B"), exactly("a"), exactly("c"), exactly("d-1"), exactly("d-2")),
				names("data.veeam_standard_accounts.some", exactly("d-1"), exactly("d-2")),
				names("data.veeam_standard_accounts.none"),
				statecheck.ExpectKnownValue("data.veeam_standard_accounts.all", tfjsonpath.New("accounts").AtSliceIndex(2), knownvalue.ObjectExact(map[string]knownvalue.Check{
					"id":          exactly(account(t, a, "c").ID),
					"name":        exactly("c"),
					"username":    exactly("u-c"),
					"description": knownvalue.Null(),
				})),
			},
			Check: a.Wrote(),
		}},
	})
}

// A lookup while the appliance is unknown is an error.
func TestAccountDataSource_applianceNotKnown(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Refuses(t, a.ProviderKnownAfterApply(), map[string]acctest.Refused{
		"one": {`data "veeam_standard_account" "x" { name = "n" }`, "Terraform cannot look up a credentials record: the provider configuration depends on values"},
		"all": {`data "veeam_standard_accounts" "x" {}`, "Terraform cannot list credentials records: the provider configuration depends on values"},
	})
}

func account(t *testing.T, a *acctest.Appliance, name string) simulator.Account {
	t.Helper()
	account, found := a.Simulated.AccountByName(name)
	if !found {
		t.Fatalf("there is no record %q", name)
	}
	return account
}
