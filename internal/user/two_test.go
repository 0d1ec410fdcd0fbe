package user_test

import (
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// Two resources of one state manage a user, and one of them is to be destroyed: the plan says so, whichever is planned first.
// The user stays if it is the one that stays.
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
			stay := func() []string { return p.Update(t, resourceType, state, acctest.Values{"name": "jane"}) }
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
				warns("stays", stay(), true)
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
