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

// A user of two resources is planned as a creation for the one that is tainted or, by -replace, planned a second time. The plan
// fails in any order. A new resource with the name of an existing user is a conflict of the apply.
func TestUser_twoInOneStateReplaced(t *testing.T) {
	t.Parallel()
	const (
		read = iota
		create
		stay
	)
	for name, test := range map[string]struct {
		steps []int
		fails bool // the last step
	}{
		"both are read first":          {[]int{read, stay, read, create}, true},
		"the other one is read last":   {[]int{read, create, read, stay}, true},
		"-replace":                     {[]int{read, stay, create, read, stay}, true},
		"one resource, tainted":        {[]int{read, create}, false},
		"one resource, -replace":       {[]int{read, stay, create}, false},
		"two that stay":                {[]int{read, stay, read, stay}, false},
		"a new resource, planned last": {[]int{read, stay, create}, false},
		"a new resource":               {[]int{read, create, stay}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.NewSimulated(t, simulator.Config{})
			a.Simulated.PutUser(simulator.User{Name: "jane", Password: "Jane-secret-19"})
			state := acctest.Values{"id": "jane", "name": "jane", "mfa_enabled": false, "is_default": false}
			p := a.Protocol(t, nil)
			for i, step := range test.steps {
				var said []string
				switch step {
				case read:
					said = p.Read(t, "veeam_user", state)
				case create:
					_, said = p.PlanNew(t, "veeam_user", acctest.Values{"name": "jane", "password": "Jane-secret-19"})
				case stay:
					said = p.PlanUpdate(t, "veeam_user", state, nil, acctest.Values{"name": "jane"})
				}
				text := strings.Join(said, "\n")
				if fails := strings.Contains(text, "ERROR : Two resources for one object"); fails != (test.fails && i == len(test.steps)-1) {
					t.Errorf("step %d said %q", i+1, text)
				}
			}
		})
	}
}
