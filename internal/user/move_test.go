package user_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// A user that a generic REST provider made moves over with a moved block. What is no user is refused, and nothing happens.
func TestUserMove_fromGenericRESTProvider(t *testing.T) {
	const secret = "Sent-by-another-provider-1"
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.PutUser(simulator.User{Name: "backup-ops$", Description: "Made by REST", Password: secret})
	old := func(path string) string {
		return fmt.Sprintf(`
			resource "restapi_object" "ops" {
				id           = "backup-ops$"
				path         = %q
				id_attribute = "name"
				data         = jsonencode({ name = "backup-ops$", description = "Made by REST", password = %q })
				api_response = jsonencode({ name = "backup-ops$", description = "Made by REST", mfaEnabled = false, isDefault = false })
			}
		`, path, secret)
	}
	moved := a.Provider() + `
		moved {
			from = restapi_object.ops
			to   = veeam_user.ops
		}
		resource "veeam_user" "ops" {
			name        = "backup-ops$"
			description = "Made by REST"
		}
	`
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.ProvidersWithREST(),
		TerraformVersionChecks:   acctest.WriteOnly,
		Steps: []resource.TestStep{
			{Config: old("/settings/users")},
			{
				Config:      moved,
				ExpectError: acctest.Saying(`restapi_object with the id "backup-ops$" and the path "/settings/users/backup-ops$" is not recognized as a user`),
			},
			{Config: old("/users")},
			{
				Config:            moved,
				ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction("veeam_user.ops", plancheck.ResourceActionNoop)}},
				ConfigStateChecks: []statecheck.StateCheck{acctest.StateWithout(secret)},
				Check:             a.Wrote(),
			},
		},
	})
}

func TestUserMove_states(t *testing.T) {
	t.Parallel()
	acctest.NewSimulated(t, simulator.Config{}).Protocol(t, nil).Moves(t, "veeam_user", "name", map[string]acctest.Moved{
		"restful": {
			"restful_resource", `{"id":"/users/jane","output":{"type":["object",{}],"value":{"name":"jane","description":"d","mfaEnabled":true,"isDefault":false,"role":"r"}}}`,
			acctest.Values{"id": "jane", "name": "jane", "description": "d", "mfa_enabled": true, "is_default": false},
		},
		"only the name":           {"restful_resource", `{"id":"/users/jane%24"}`, acctest.Values{"id": "jane$", "name": "jane$"}},
		"a record":                {"restful_resource", `{"id":"/accounts/standard/7","output":"{\"id\":\"7\",\"name\":\"mail\"}"}`, nil},
		"a part of a user":        {"restful_resource", `{"id":"/users/jane/enableMfa","output":"{\"secretKey\":\"s3cret\"}"}`, nil},
		"a question about a name": {"restful_resource", `{"id":"/users/validateName","body":"{\"name\":\"jane\"}"}`, nil},
		"the list":                {"restapi_object", `{"path":"/users","data":"{\"password\":\"s3cret\"}"}`, nil},
	})
}
