package appliance_test

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

const address = "data.veeam_appliance.this"

func state(attribute, want string) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), knownvalue.StringExact(want))
}

func TestAppliance_version(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{ProductVersion: "7.0.0.123", APIVersions: []string{"1.0-rev0", "1.4-rev0"}})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		Steps: []resource.TestStep{
			{
				Config:            a.Provider() + `data "veeam_appliance" "this" {}`,
				ConfigStateChecks: []statecheck.StateCheck{state("product_version", "7.0.0.123"), state("api_version", "1.0-rev0")},
				Check:             a.Wrote(),
			},
			{
				Config:            a.Provider(`api_version = "1.4-rev0"`) + `data "veeam_appliance" "this" {}`,
				ConfigStateChecks: []statecheck.StateCheck{state("product_version", "7.0.0.123"), state("api_version", "1.4-rev0")},
			},
			{ // What it is for: nothing is planned for an appliance that is too old.
				Config: a.Provider() + `
					data "veeam_appliance" "this" {}
					resource "veeam_user" "operator" {
						name     = "operator"
						password = "First-pw-19"
						lifecycle {
							precondition {
								condition     = tonumber(split(".", data.veeam_appliance.this.product_version)[0]) >= 8
								error_message = "This configuration is for version 8 and later."
							}
						}
					}`,
				ExpectError: acctest.Saying("This configuration is for version 8 and later."),
			},
			{
				Config:      a.Provider(`api_version = "1.9-rev0"`) + `data "veeam_appliance" "this" {}`,
				ExpectError: acctest.Saying("Set api_version (VEEAM_API_VERSION) in the provider configuration to a revision that this product version accepts: see"),
			},
		},
	})
}

func TestAppliance_answersThatHoldNoVersion(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	for name, body := range map[string]string{
		"empty":      "",
		"other":      `{"release": "2.0"}`,
		"null":       "null",
		"a number":   `{"version": 2}`,
		"an array":   `[{"version": "2.0"}]`,
		"a web page": "<html>2.0</html>",
	} {
		t.Run(name, func(t *testing.T) {
			want := "Could not read the product version"
			if name == "a web page" { // something in between answers
				want = "Could not reach"
			}
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Providers(),
				Steps: []resource.TestStep{{
					PreConfig: func() {
						a.Simulated.ClearFaults()
						a.Simulated.AddFault(simulator.Fault{Kind: simulator.Body, Method: http.MethodGet, Path: "/system/version", Body: body})
					},
					Config:      a.Provider() + `data "veeam_appliance" "this" {}`,
					ExpectError: acctest.Saying(want),
				}},
			})
		})
	}
}
