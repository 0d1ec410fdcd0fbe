package user_test

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

const typeName = "veeam_user"

// fill puts users on the appliance beside its administrator until it has so many, operator-0 and on, every other with a
// description.
func fill(a *acctest.Appliance, all int) {
	for i := range all - 1 {
		user := simulator.User{Name: fmt.Sprintf("operator-%d", i), Password: first}
		if i%2 == 0 {
			user.Description = fmt.Sprintf("Number %d: \"${quoted}\" %%{percent}\nand a new line", i)
		}
		a.Simulated.PutUser(user)
	}
}

func TestUserList_results(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{PageLimit: 2})
	fill(a, 4)
	a.Simulated.PutUser(simulator.User{Name: "backup$", Password: first, MFAEnabled: true})
	p := a.Protocol(t, nil)

	t.Run("all, sorted, without the resource", func(t *testing.T) {
		results := slices.Collect(p.List(t, typeName, nil, 0, false))
		var names []string
		for _, result := range results {
			names = append(names, result.DisplayName)
		}
		if diff := cmp.Diff([]string{"admin", "backup$", "operator-0", "operator-1", "operator-2"}, names); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(acctest.Listed{DisplayName: "backup$", Identity: acctest.Values{"name": "backup$"}}, results[1]); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("those that match, with the resource", func(t *testing.T) {
		results := slices.Collect(p.List(t, typeName, acctest.Values{"search_pattern": "ADM"}, 0, true))
		want := []acctest.Listed{{DisplayName: "admin", Identity: acctest.Values{"name": "admin"}, Resource: acctest.Values{
			"id": "admin", "name": "admin", "description": nil, "mfa_enabled": false, "is_default": true,
			"password": nil, "old_password": nil, "additional_fields": nil, "password_version": nil,
		}}}
		if diff := cmp.Diff(want, results); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("none", func(t *testing.T) {
		if results := slices.Collect(p.List(t, typeName, acctest.Values{"search_pattern": "nobody"}, 0, true)); len(results) != 0 {
			t.Errorf("got %v", results)
		}
	})
}

func TestUserList(t *testing.T) {
	acctest.ListResource{Type: typeName, Path: "/users", Objects: "users", Fill: fill}.Test(t)
}

func TestAccUserList_query(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	fill(a, 4)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_14_0)},
		Steps: []resource.TestStep{
			{Config: a.Provider()},
			{ // Terraform finds them all, with what can be known of each. The provider block is the one of the step before.
				Query: true,
				Config: `
					list "veeam_user" "all" {
						provider         = veeam
						include_resource = true
					}
					list "veeam_user" "one" {
						provider = veeam
						config {
							search_pattern = "operator-2"
						}
					}
					list "veeam_user" "some" {
						provider = veeam
						limit    = 2
					}`,
				QueryResultChecks: []querycheck.QueryResultCheck{
					querycheck.ExpectLength("veeam_user.all", 4),
					querycheck.ExpectLength("veeam_user.one", 1),
					querycheck.ExpectLength("veeam_user.some", 2),
					querycheck.ExpectIdentity("veeam_user.all", map[string]knownvalue.Check{"name": knownvalue.StringExact("operator-1")}),
					querycheck.ExpectResourceKnownValues("veeam_user.all", queryfilter.ByDisplayName(knownvalue.StringExact("operator-1")), []querycheck.KnownValueCheck{
						{Path: tfjsonpath.New("name"), KnownValue: knownvalue.StringExact("operator-1")},
						{Path: tfjsonpath.New("description"), KnownValue: knownvalue.Null()},
						{Path: tfjsonpath.New("is_default"), KnownValue: knownvalue.Bool(false)},
						{Path: tfjsonpath.New("password"), KnownValue: knownvalue.Null()},
					}),
				},
			},
		},
	})
}
