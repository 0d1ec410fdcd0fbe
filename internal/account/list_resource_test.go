package account_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/querycheck"
	"github.com/hashicorp/terraform-plugin-testing/querycheck/queryfilter"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const typeName = "veeam_standard_account"

// fill puts records on the appliance, mail-0 to mail-<n-1>, every other with a description.
func fill(a *acctest.Appliance, n int) {
	for i := range n {
		account := simulator.Account{Name: fmt.Sprintf("mail-%d", i), Username: fmt.Sprintf("relay-%d@example.com", i), Password: "a password"}
		if i%2 == 0 {
			account.Description = pointer(fmt.Sprintf("Number %d: \"${quoted}\" %%{percent}\nand a new line", i))
		}
		a.Simulated.PutAccount(account)
	}
}

func TestAccountList_results(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{PageLimit: 2})
	fill(a, 5)
	a.Simulated.PutAccount(simulator.Account{ID: "7a9c3f0e-52f4-4c1f-9d7c-0b1c5f2d8e61", Name: "another", Username: "u", Password: "a password"})
	p := a.Protocol(t, nil)

	t.Run("all, sorted, without the resource", func(t *testing.T) {
		results := slices.Collect(p.List(t, typeName, nil, 0, false))
		var names []string
		for _, result := range results {
			names = append(names, result.DisplayName)
		}
		if diff := cmp.Diff([]string{"another", "mail-0", "mail-1", "mail-2", "mail-3", "mail-4"}, names); diff != "" {
			t.Error(diff)
		}
		want := acctest.Listed{DisplayName: "another", Identity: acctest.Values{"id": "7a9c3f0e-52f4-4c1f-9d7c-0b1c5f2d8e61"}}
		if diff := cmp.Diff(want, results[0]); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("those that match, with the resource", func(t *testing.T) {
		results := slices.Collect(p.List(t, typeName, acctest.Values{"search_pattern": "OTHER"}, 0, true))
		id := "7a9c3f0e-52f4-4c1f-9d7c-0b1c5f2d8e61"
		want := []acctest.Listed{{DisplayName: "another", Identity: acctest.Values{"id": id}, Resource: acctest.Values{
			"id": id, "name": "another", "username": "u", "description": nil, "password": nil, "password_version": nil,
		}}}
		if diff := cmp.Diff(want, results); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("none", func(t *testing.T) {
		if results := slices.Collect(p.List(t, typeName, acctest.Values{"search_pattern": "nothing"}, 0, true)); len(results) != 0 {
			t.Errorf("got %v", results)
		}
	})
}

func TestAccountList(t *testing.T) {
	acctest.ListResource{Type: typeName, Path: "/accounts/standard", Objects: "credentials records", Fill: fill}.Test(t)
}

func TestAccAccountList_query(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	fill(a, 3)
	id := a.Simulated.Accounts()[1].ID
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_14_0)},
		Steps: []resource.TestStep{
			{Config: a.Provider()},
			{ // Terraform finds all of them, with all known attributes. The provider block is the one of the step before.
				Query: true,
				Config: `
					list "veeam_standard_account" "all" {
						provider         = veeam
						include_resource = true
					}
					list "veeam_standard_account" "one" {
						provider = veeam
						config {
							search_pattern = "mail-2"
						}
					}
					list "veeam_standard_account" "some" {
						provider = veeam
						limit    = 2
					}`,
				QueryResultChecks: []querycheck.QueryResultCheck{
					querycheck.ExpectLength("veeam_standard_account.all", 3),
					querycheck.ExpectLength("veeam_standard_account.one", 1),
					querycheck.ExpectLength("veeam_standard_account.some", 2),
					querycheck.ExpectIdentity("veeam_standard_account.all", map[string]knownvalue.Check{"id": knownvalue.StringExact(id)}),
					querycheck.ExpectResourceKnownValues("veeam_standard_account.all", queryfilter.ByDisplayName(knownvalue.StringExact("mail-1")), []querycheck.KnownValueCheck{
						{Path: tfjsonpath.New("name"), KnownValue: knownvalue.StringExact("mail-1")},
						{Path: tfjsonpath.New("username"), KnownValue: knownvalue.StringExact("relay-1@example.com")},
						{Path: tfjsonpath.New("description"), KnownValue: knownvalue.Null()},
						{Path: tfjsonpath.New("password"), KnownValue: knownvalue.Null()},
					}),
				},
			},
		},
	})
}
