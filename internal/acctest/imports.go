package acctest

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// ImportWay is a way in which an object comes under Terraform.
type ImportWay struct {
	Step     func(config string) resource.TestStep
	Versions []tfversion.TerraformVersionCheck
}

// ImportWays are all of them: with each id by command and by import block, and with the identity, which is an object in HCL.
func ImportWays(address, identity string, ids ...string) map[string]ImportWay {
	block := func(argument string) func(string) resource.TestStep {
		return func(config string) resource.TestStep {
			return resource.TestStep{
				Config: config + "import {\n to = " + address + "\n " + argument + "\n}\n",
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					ExpectImport(address), plancheck.ExpectEmptyPlan(),
				}},
			}
		}
	}
	ways := map[string]ImportWay{
		"block by identity": {block("identity = " + identity), []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)}},
	}
	for _, id := range ids {
		ways["block by "+id] = ImportWay{block(fmt.Sprintf("id = %q", id)), WriteOnly}
		ways["command by "+id] = ImportWay{func(config string) resource.TestStep {
			return resource.TestStep{Config: config, ResourceName: address, ImportState: true, ImportStateId: id, ImportStatePersist: true}
		}, WriteOnly}
	}
	return ways
}

// Updated checks the body of the only PUT below a path since the log was last reset.
func (a *Appliance) Updated(path, want string) resource.TestCheckFunc {
	return a.Check(func(s *simulator.Server) error {
		if got := Bodies(s.Requests(), http.MethodPut, path); !slices.Equal(got, []string{want}) {
			return fmt.Errorf("%d updates were sent, and not just the one expected", len(got)) // which holds a password
		}
		return nil
	})
}

// ExpectImport checks that a plan imports a resource.
func ExpectImport(address string) plancheck.PlanCheck { return expectImport{address} }

type expectImport struct{ address string }

func (e expectImport) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, change := range req.Plan.ResourceChanges {
		if change.Address == e.address && change.Change.Importing != nil {
			return
		}
	}
	resp.Error = fmt.Errorf("the plan does not import %s", e.address)
}
