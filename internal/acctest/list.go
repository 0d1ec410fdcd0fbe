package acctest

import (
	"net/http"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ListsNoMoreThanAsked checks that a list resource honours a limit without reading a page too many, and gives results
// while later pages are still unread. The appliance has 50 objects of the type below path, on pages of 10.
func (a *Appliance) ListsNoMoreThanAsked(t *testing.T, typeName, path string) {
	t.Helper()
	p := a.Protocol(t, nil)
	pages := func() int { return a.Simulated.Count(http.MethodGet, path) }

	for limit, wantPages := range map[int64]int{1: 1, 10: 1, 11: 2, 30: 3, 50: 5, 60: 5, 0: 5} {
		a.Simulated.ResetRequests()
		want := int(limit)
		if limit == 0 || limit > 50 {
			want = 50
		}
		if got := len(slices.Collect(p.List(t, typeName, nil, limit, true))); got != want {
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
	for range p.List(t, typeName, nil, 0, false) {
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

// ListsWhatImports checks that what Terraform generates from the listed objects of a type plans to an import with
// nothing to change, and that nothing of that writes.
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
