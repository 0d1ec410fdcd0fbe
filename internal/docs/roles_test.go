package docs_test

import (
	"os"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// The example with roles works on a product that has them, as far as the assumptions of the simulated appliance hold.
func TestRolesExample(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{Product: "9", Habits: simulator.Habits{simulator.RoleRequired: true}})
	w := acctest.NewWorkspace(t, a, `
		terraform {
			required_providers {
				veeam = { source = "terraform-provider-veeam/veeam" }
			}
		}`)
	w.Environment["VEEAM_API_VERSION"] = "1.7-rev0"
	w.Environment["TF_VAR_helpdesk_password"] = "Quiet-harbour-71"
	content, err := os.ReadFile("../../examples/resources/veeam_user/roles.tf")
	if err != nil {
		t.Fatal(err)
	}
	write(t, w, "roles.tf", string(content))
	expect(t, w, "Apply complete", "apply", "-auto-approve")
	expect(t, w, "No changes", "plan")
	for name, role := range map[string]string{"helpdesk": "Restore Operator", "jane-doe": "Portal Operator"} {
		if user, _ := a.Simulated.User(name); user.Role != role {
			t.Errorf("%s is %q", name, user.Role)
		}
	}
	expect(t, w, "Destroy complete", "destroy", "-auto-approve")
}
