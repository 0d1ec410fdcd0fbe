package acctest

import (
	"maps"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// TwoResources is an object that two resources of one state manage.
type TwoResources struct {
	Type     string                                 // "veeam_user"
	Put      func(*simulator.Server) (state Values) // adds the object, and returns the state of the first resource
	Exists   func(*simulator.Server) bool
	Config   Values // of the first resource, without the password
	Password string
	// Second is what the state and the configuration of the second resource have instead, for example a name in another case.
	Second, SecondConfig Values
}

// Test checks, in subtests, that neither resource takes the object from the other.
func (r TwoResources) Test(t *testing.T) {
	t.Helper()
	for name, firstStays := range map[string]bool{"the one that stays is planned first": true, "the one that goes is planned first": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r.destroyed(t, firstStays)
		})
	}
	r.replaced(t)
}

const twoResources = "Two resources for one object"

// destroyed plans the destruction of one resource. If the other one is planned first, the object is left to it; otherwise the plan
// fails.
func (r TwoResources) destroyed(t *testing.T, otherIsFirst bool) {
	a := NewSimulated(t, simulator.Config{})
	state := r.Put(a.Simulated)
	p := a.Protocol(t, nil)
	updateOther := func() []string {
		return p.Update(t, r.Type, with(state, r.Second), with(r.Config, r.SecondConfig))
	}
	if otherIsFirst {
		if said := updateOther(); len(said) > 0 {
			t.Errorf("the other one is planned with %q", said)
		}
	}
	plan := p.PlanDestroy(t, r.Type, state, nil)
	said := strings.Join(Texts(plan.Diagnostics), "\n")
	if warned := strings.HasPrefix(said, "WARNING : "+twoResources); warned != otherIsFirst || !warned && said != "" {
		t.Errorf("the destruction is planned with %q", said)
	}
	if !otherIsFirst {
		if said := updateOther(); len(said) != 1 || !strings.HasPrefix(said[0], "ERROR : "+twoResources) {
			t.Errorf("the other one is planned with %q", said)
		}
		return
	}
	Succeeded(t, a.Protocol(t, nil).Destroy(t, r.Type, state, plan).Diagnostics, nil)
	if !r.Exists(a.Simulated) {
		t.Error("the object of the resource that stays was deleted")
	}
	// A resource that has the object alone deletes it, whatever an earlier plan said.
	alone := a.Protocol(t, nil)
	Succeeded(t, alone.Destroy(t, r.Type, state, alone.PlanDestroy(t, r.Type, state, plan.PlannedPrivate)).Diagnostics, nil)
	if r.Exists(a.Simulated) {
		t.Error("the object was not deleted")
	}
}

// replaced plans a creation, as Terraform does for a resource that is tainted and, by -replace, a second time. With two resources
// the plan fails in any order. A new resource with the name of an existing object is a conflict of the apply.
func (r TwoResources) replaced(t *testing.T) {
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
			a := NewSimulated(t, simulator.Config{})
			state := r.Put(a.Simulated)
			p := a.Protocol(t, nil)
			for i, step := range test.steps {
				var said []string
				switch step {
				case read:
					said = p.Read(t, r.Type, state)
				case create:
					_, said = p.PlanNew(t, r.Type, with(r.Config, Values{"password": r.Password}))
				case stay:
					said = p.PlanUpdate(t, r.Type, state, nil, r.Config)
				}
				text := strings.Join(said, "\n")
				if fails := strings.Contains(text, "ERROR : "+twoResources); fails != (test.fails && i == len(test.steps)-1) {
					t.Errorf("step %d said %q", i+1, text)
				}
			}
		})
	}
}

// with returns values with some replaced or added.
func with(values, more Values) Values {
	all := maps.Clone(values)
	maps.Copy(all, more)
	return all
}
