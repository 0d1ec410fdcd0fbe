package account_test

import (
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// Two resources of one state manage a record, and one of them is to be destroyed. If the one that stays is planned first, the
// record is left to it; otherwise the plan fails.
func TestAccount_twoInOneState(t *testing.T) {
	t.Parallel()
	const resourceType = "veeam_standard_account"
	for name, stayIsFirst := range map[string]bool{"the one that stays is planned first": true, "the one that goes is planned first": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.NewSimulated(t, simulator.Config{})
			there := a.Simulated.PutAccount(simulator.Account{Name: "smtp", Username: "relay", Password: "First-pw-19"})
			state := acctest.Values{"id": there.ID, "name": "smtp", "username": "relay"}
			p := a.Protocol(t, nil)
			stay := func() string {
				return strings.Join(p.Update(t, resourceType, state, acctest.Values{"name": "smtp", "username": "relay"}), "\n")
			}
			if stayIsFirst {
				if said := stay(); said != "" {
					t.Error(said)
				}
			}
			plan := p.PlanDestroy(t, resourceType, state, nil)
			said := strings.Join(acctest.Texts(plan.Diagnostics), "\n")
			if warned := strings.HasPrefix(said, "WARNING : Two resources for one object"); warned != stayIsFirst {
				t.Errorf("planned with %q", said)
			}
			if !stayIsFirst {
				if said := stay(); !strings.HasPrefix(said, "ERROR : Two resources for one object") {
					t.Errorf("planned with %q", said)
				}
				return
			}
			acctest.Succeeded(t, a.Protocol(t, nil).Destroy(t, resourceType, state, plan).Diagnostics, nil)
			if len(a.Simulated.Accounts()) != 1 {
				t.Error("the record of the resource that stays was deleted")
			}
		})
	}
}
