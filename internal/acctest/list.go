package acctest

import (
	"net/http"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// ListResource is a list resource with what its objects are.
type ListResource struct {
	Type, Path, Objects string                      // "veeam_user", "/users", "users"
	Fill                func(a *Appliance, all int) // until the appliance has so many
}

// Test tells what every list resource has to do, in subtests.
func (l ListResource) Test(t *testing.T) {
	t.Helper()
	for name, test := range map[string]func(*testing.T){
		"limit and stream":        l.readsNoMoreThanAsked,
		"failure":                 l.fails,
		"appliance not known":     l.needsAppliance,
		"generated configuration": l.generatesWhatImports,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// fails half-way: that is the last result, after what could be read.
func (l ListResource) fails(t *testing.T) {
	a := NewSimulated(t, simulator.Config{PageLimit: 2})
	l.Fill(a, 5)
	a.Simulated.AddFault(simulator.Fault{Kind: simulator.Status, Method: http.MethodGet, Path: l.Path, Skip: 1, Status: http.StatusInternalServerError})
	results := slices.Collect(a.Protocol(t, nil).List(t, l.Type, nil, 0, false))
	if len(results) != 3 || len(results[2].Diagnostics) != 1 || results[2].Diagnostics[0].Summary != "Could not read the list of "+l.Objects+" on "+a.Simulated.Host() {
		t.Errorf("got %+v", results)
	}
}

func (l ListResource) needsAppliance(t *testing.T) {
	a := NewSimulated(t, simulator.Config{})
	results := slices.Collect(a.Protocol(t, Values{"host": Unknown}).List(t, l.Type, nil, 0, false))
	if len(results) != 1 || len(results[0].Diagnostics) != 1 || results[0].Diagnostics[0].Summary != "The appliance is not known yet" {
		t.Errorf("got %+v", results)
	}
}

// readsNoMoreThanAsked checks that a limit is honoured without reading a page too many, and that results come while later
// pages are still unread.
func (l ListResource) readsNoMoreThanAsked(t *testing.T) {
	a := NewSimulated(t, simulator.Config{PageLimit: 10})
	l.Fill(a, 50)
	p := a.Protocol(t, nil)
	pages := func() int { return a.Simulated.Count(http.MethodGet, l.Path) }

	for limit, wantPages := range map[int64]int{1: 1, 10: 1, 11: 2, 30: 4, 50: 6, 60: 6, 0: 6} {
		a.Simulated.ResetRequests()
		want := int(limit)
		if limit == 0 || limit > 50 {
			want = 50
		}
		if got := len(slices.Collect(p.List(t, l.Type, nil, limit, true))); got != want {
			t.Errorf("limit %d: %d results, expected %d", limit, got, want)
		}
		if got := pages(); got != wantPages {
			t.Errorf("limit %d: %d pages were read, expected %d", limit, got, wantPages)
		}
		for _, request := range a.Simulated.Requests() {
			if asked := request.Query.Get("Limit"); limit > 0 && request.Method == http.MethodGet && asked != strconv.FormatInt(limit, 10) {
				t.Errorf("limit %d: a page of %s was asked for", limit, asked)
			}
		}
	}

	a.Simulated.ResetRequests()
	read := 0
	for range p.List(t, l.Type, nil, 0, false) {
		read++
		if got, want := pages(), (read+9)/10; got != want {
			t.Fatalf("at result %d %d pages have been read, expected %d", read, got, want)
		}
		if read == 15 {
			break
		}
	}
	if got := pages(); got != 2 {
		t.Errorf("after the caller stopped %d pages have been read, expected 2", got)
	}
}

// generatesWhatImports tries [Appliance.ListsWhatImports] with null for a missing description too.
func (l ListResource) generatesWhatImports(t *testing.T) {
	for _, null := range []bool{false, true} {
		a := NewSimulated(t, simulator.Config{Habits: simulator.Habits{simulator.NullForMissing: null}})
		l.Fill(a, 3)
		a.ListsWhatImports(t, l.Type)
	}
}

// ListsWhatImports checks that what Terraform generates from the listed objects of a type plans to an import with nothing
// to change, and that nothing of that writes.
func (a *Appliance) ListsWhatImports(t *testing.T, typeName string) {
	t.Helper()
	p := a.Protocol(t, nil)
	for result := range p.List(t, typeName, nil, 0, true) {
		config := p.Generated(typeName, result.Resource)
		imported, planned := p.PlanImport(t, typeName, result.Identity, config)
		if diff := cmp.Diff(result.Resource, imported); diff != "" {
			t.Errorf("%s: listed and imported differ: %s", result.DisplayName, diff)
		}
		if diff := cmp.Diff(imported, planned); diff != "" {
			t.Errorf("%s: the plan changes %s", result.DisplayName, diff)
		}
	}
	if writes := Writes(a.Simulated.Requests()); len(writes) != 0 {
		t.Errorf("the appliance was sent %q", writes)
	}
}
