package api_test

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
)

// After the first page, which has the total count, four pages are requested at a time.
func TestPagesAreReadTogether(t *testing.T) {
	t.Parallel()
	var (
		four  sync.WaitGroup
		now   atomic.Int64
		pages atomic.Int64
	)
	four.Add(4)
	answer := pageScript(func(offset, _ int) any { return usersPage{91, usersFrom(offset, min(offset+10, 91))} })
	config := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n := now.Add(1); n > 4 {
			t.Errorf("%d pages are under way", n)
		}
		defer now.Add(-1)
		if n := pages.Add(1); n > 1 && n <= 5 {
			four.Done()
			four.Wait() // until the request times out, should the next page be asked for only after this one
		}
		answer(w, r)
	})
	config.RequestTimeout = 5 * time.Second
	all, err := api.New(config).Users.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for i, user := range all {
		if user.Name != userName(i) {
			t.Fatalf("user %d is %s", i, user.Name)
		}
	}
	if len(all) != 91 || pages.Load() != 10 {
		t.Errorf("%d users on %d pages, want 91 on 10", len(all), pages.Load())
	}
}

// An appliance may serve a short page: the rest is requested again, from where the page ended.
func TestPagesThatAreShort(t *testing.T) {
	t.Parallel()
	handler := &script{steps: []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
		size := 10
		if offset, _ := strconv.Atoi(r.URL.Query().Get("Offset")); offset == 18 {
			size = 3
		}
		pageScript(func(offset, _ int) any { return usersPage{90, usersFrom(offset, min(offset+size, 90))} })(w, r)
	}}}
	all, err := api.New(serve(t, handler.ServeHTTP)).Users.List(t.Context(), "")
	if err != nil || len(all) != 90 {
		t.Errorf("%v: %d users", err, len(all))
	}
	if n := handler.count(); n > 11+3 {
		t.Errorf("%d requests, want at most eleven pages and three in vain", n)
	}
}
