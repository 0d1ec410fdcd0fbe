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

// A password that the appliance repeats inside another value is hidden in the warning about that.
func TestAccount_passwordInAnAnswer(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	a.Simulated.AddFault(simulator.Fault{Kind: simulator.Body, Method: "POST", Path: "/accounts/standard", Status: 201,
		Body: `{"id": "0b6dfaef-6a6b-4b2c-8f4b-3a4ad9fbe1c7", "name": "smtp", "username": "relay", "description": "It has First-pw-19 now"}`})
	_, said := a.Protocol(t, nil).Create(t, "veeam_standard_account", acctest.Values{"name": "smtp", "username": "relay", "password": "First-pw-19", "description": "d"})
	if text := strings.Join(said, "\n"); !strings.Contains(text, "did not save") || strings.Contains(text, "First-pw-19") || !strings.Contains(text, "(redacted)") {
		t.Errorf("%d warnings: the password is in them: %v", len(said), strings.Contains(text, "First-pw-19"))
	}
}

// A record of two resources is planned as a creation for the one that is tainted or, by -replace, planned a second time. The plan
// fails in any order. A new resource with the name of an existing record is a conflict of the apply.
func TestAccount_twoInOneStateReplaced(t *testing.T) {
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
			there := a.Simulated.PutAccount(simulator.Account{Name: "smtp", Username: "relay", Password: "First-pw-19"})
			state := acctest.Values{"id": there.ID, "name": "smtp", "username": "relay"}
			p := a.Protocol(t, nil)
			for i, step := range test.steps {
				var said []string
				switch step {
				case read:
					said = p.Read(t, "veeam_standard_account", state)
				case create:
					_, said = p.PlanNew(t, "veeam_standard_account", acctest.Values{"name": "smtp", "username": "relay", "password": "First-pw-19"})
				case stay:
					said = p.PlanUpdate(t, "veeam_standard_account", state, nil, acctest.Values{"name": "smtp", "username": "relay"})
				}
				text := strings.Join(said, "\n")
				if fails := strings.Contains(text, "ERROR : Two resources for one object"); fails != (test.fails && i == len(test.steps)-1) {
					t.Errorf("step %d said %q", i+1, text)
				}
			}
		})
	}
}
