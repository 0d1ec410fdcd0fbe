package account_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// A record of a generic REST provider is adopted with a moved block: nothing is written, and no password stays in the
// state. A password in the configuration is sent by the plan after that. Without a refresh Terraform calls the move an
// update, because the old state marked other attributes as sensitive: one that changes nothing, and sends nothing.
func TestAccountMove_fromGenericRESTProviders(t *testing.T) {
	const secret = "Sent-by-another-provider-1"
	for source, test := range map[string]struct {
		old       string
		noRefresh bool
		action    plancheck.ResourceActionType
	}{
		"restapi_object.mail": {fmt.Sprintf(`resource "restapi_object" "mail" {
			id           = %q
			path         = "/api/v1/accounts/standard"
			data         = jsonencode({ name = "mail", username = "relay@example.com", description = "Made by REST", password = %q })
			api_response = jsonencode({ id = %q, name = "mail", username = "relay@example.com", description = "Made by REST", _links = [] })
		}`, importedID, secret, importedID), false, plancheck.ResourceActionNoop},
		"restful_resource.mail": {fmt.Sprintf(`resource "restful_resource" "mail" {
			id        = "/accounts/standard/%s"
			path      = "/accounts/standard"
			read_path = "$(path)/$(body.id)"
			body      = { name = "mail", username = "relay@example.com", description = "Made by REST", password = %q }
			output    = { id = %q, name = "mail", username = "relay@example.com", description = "Made by REST" }
		}`, importedID, secret, importedID), true, plancheck.ResourceActionUpdate},
	} {
		t.Run(source, func(t *testing.T) {
			a := acctest.NewSimulated(t, simulator.Config{})
			a.Simulated.PutAccount(simulator.Account{
				ID: importedID, Name: "mail", Username: "relay@example.com", Description: pointer("Made by REST"), Password: secret,
			})
			moved := func(arguments string) string {
				return a.Provider() + fmt.Sprintf(`
					moved {
						from = %s
						to   = %s
					}
					resource "veeam_standard_account" "mail" {
						name        = "mail"
						username    = "relay@example.com"
						description = "Made by REST"
						%s
					}
				`, source, address, arguments)
			}
			planned := func(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
				return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
			}
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.ProvidersWithREST(),
				TerraformVersionChecks:   acctest.WriteOnly,
				AdditionalCLIOptions:     &resource.AdditionalCLIOptions{Plan: resource.PlanOptions{NoRefresh: test.noRefresh}},
				Steps: []resource.TestStep{
					{Config: test.old},
					{
						Config:            moved(""),
						ConfigPlanChecks:  planned(test.action),
						ConfigStateChecks: []statecheck.StateCheck{acctest.StateWithout(secret)},
						Check:             a.Wrote(),
					},
					{
						Config:           moved(`password = "Rotated-since-2"`),
						ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
						Check:            a.Wrote("PUT /accounts/standard/{id}"),
					},
				},
			})
		})
	}
}

// Whatever form the old state has, the record has the values of its answer. Anything else is refused.
func TestAccountMove_states(t *testing.T) {
	t.Parallel()
	acctest.NewSimulated(t, simulator.Config{}).Protocol(t, nil).Moves(t, "veeam_standard_account", "id", map[string]acctest.Moved{
		"restapi": {
			"restapi_object", `{"id":"7","path":"/accounts/standard","data":"{\"password\":\"s3cret\"}","api_response":"{\"id\":\"7\",\"name\":\"mail\",\"username\":\"u\",\"description\":null}"}`,
			acctest.Values{"id": "7", "name": "mail", "username": "u"},
		},
		"restapi that searches by name": {
			"restapi_object", `{"id":"mail","path":"/accounts/standard","id_attribute":"name","read_search":{"search_key":"name","search_value":"mail","results_key":"results"},"api_response":"{\"id\":\"7\",\"name\":\"mail\",\"username\":\"u\",\"description\":\"d\"}"}`,
			acctest.Values{"id": "7", "name": "mail", "username": "u", "description": "d"},
		},
		"restful that keeps nothing of the answer": {
			"restful_resource", `{"id":"/api/v1/accounts/standard/7","body":{"type":["object",{}],"value":{"name":"mail","username":"u","password":"s3cret"}},"output":{"type":["object",{}],"value":{}}}`,
			acctest.Values{"id": "7", "name": "mail", "username": "u"},
		},
		"only the id":     {"restful_resource", `{"id":"/accounts/standard/7"}`, acctest.Values{"id": "7"}},
		"a user":          {"restful_resource", `{"id":"/users/jane","output":"{\"name\":\"jane\"}"}`, nil},
		"the list":        {"restful_resource", `{"id":"/accounts/standard"}`, nil},
		"two ids":         {"restapi_object", `{"id":"8","path":"/accounts/standard","api_response":"{\"id\":\"7\"}"}`, nil},
		"of another type": {"terraform_data", `{"id":"7"}`, nil},
	})
}
