package user_test

import (
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// Two resources of one state manage a user, and one of them is to be destroyed. If the one that stays is planned first, the
// user is left to it; otherwise the plan fails. The names may differ in case.
func TestUser_twoInOneState(t *testing.T) {
	t.Parallel()
	const resourceType = "veeam_user"
	state := acctest.Values{"id": "jane", "name": "jane", "mfa_enabled": false, "is_default": false}
	for name, stayIsFirst := range map[string]bool{"the one that stays is planned first": true, "the one that goes is planned first": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.NewSimulated(t, simulator.Config{})
			a.Simulated.PutUser(simulator.User{Name: "jane", Password: "Jane-secret-19"})
			p := a.Protocol(t, nil)
			other := acctest.Values{"id": "JANE", "name": "JANE", "mfa_enabled": false, "is_default": false}
			stay := func() []string { return p.Update(t, resourceType, other, acctest.Values{"name": "JANE"}) }
			warns := func(what string, said []string, want bool) {
				t.Helper()
				if got := strings.Contains(strings.Join(said, "\n"), "Two resources for one object"); got != want {
					t.Errorf("%s: %q", what, said)
				}
			}
			if stayIsFirst {
				warns("stays", stay(), false)
			}
			plan := p.PlanDestroy(t, resourceType, state, nil)
			warns("goes", acctest.Texts(plan.Diagnostics), stayIsFirst)
			if !stayIsFirst {
				said := stay()
				if warns("stays", said, true); len(said) != 1 || !strings.HasPrefix(said[0], "ERROR") {
					t.Errorf("planned with %q", said)
				}
				return
			}
			acctest.Succeeded(t, a.Protocol(t, nil).Destroy(t, resourceType, state, plan).Diagnostics, nil)
			if _, found := a.Simulated.User("jane"); !found {
				t.Error("the user of the resource that stays was deleted")
			}
			// A resource that has the user alone deletes it, whatever an earlier plan thought.
			alone := a.Protocol(t, nil)
			acctest.Succeeded(t, alone.Destroy(t, resourceType, state, alone.PlanDestroy(t, resourceType, state, plan.PlannedPrivate)).Diagnostics, nil)
			if _, found := a.Simulated.User("jane"); found {
				t.Error("the user was not deleted")
			}
		})
	}
}
