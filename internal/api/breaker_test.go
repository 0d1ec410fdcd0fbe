package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// runTen does what Terraform does with many resources: ten at a time, each with a read and a validation.
func runTen(ctx context.Context, n int, do func(ctx context.Context, i int) error) []error {
	var next atomic.Int64
	results := make([]error, n)
	concurrently(10, func(int) error {
		for {
			i := int(next.Add(1)) - 1
			if i >= n {
				return nil
			}
			results[i] = do(ctx, i)
		}
	})
	return results
}

// An appliance that is down costs one wait, however many objects there are, and all errors have one cause.
func TestDeadApplianceCostsOneWait(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults   []simulator.Fault
		most     time.Duration
		requests int // at most
	}{
		"hangs at the sign-in": {[]simulator.Fault{{Kind: simulator.Stall, Path: "/token"}}, 30 * time.Second, 1},
		"hangs at the list":    {[]simulator.Fault{{Kind: simulator.Stall, Path: "/users"}}, 30 * time.Second, 13},
		"hangs":                {[]simulator.Fault{{Kind: simulator.Stall}}, 30 * time.Second, 1},
		"503 for ever":         {[]simulator.Fault{{Kind: simulator.Status, Status: 503}}, 10 * time.Second, 5},
		"502 at the list":      {[]simulator.Fault{{Kind: simulator.Status, Status: 502, Path: "/users"}}, 10 * time.Second, 60},
		"429 at the objects":   {[]simulator.Fault{{Kind: simulator.Status, Status: 429, Path: "/users/*"}}, 10 * time.Second, 60},
		"refuses connections":  {[]simulator.Fault{{Kind: simulator.CutBefore}}, 10 * time.Second, 5},
		"a proxy's page":       {[]simulator.Fault{{Kind: simulator.Status, Status: 404, Document: "html"}}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				appliance := newAppliance(t, simulator.Config{})
				addUsers(appliance, 300)
				appliance.AddFault(test.faults...)
				client := onClock(appliance, asAdministrator)
				begun := time.Now()
				refused, whole := 0, 0
				for _, err := range runTen(t.Context(), 300, func(ctx context.Context, i int) error {
					_, err := client.Users.Refresh(ctx, userName(i))
					return errors.Join(err, ask(ctx, client))
				}) {
					if err == nil {
						continue
					}
					refused++
					if got := failure(t, err); got.Cause == nil {
						t.Fatalf("%#v", got)
					} else if got.Cause.Report() {
						whole++
					}
				}
				if took := time.Since(begun); took > test.most {
					t.Errorf("took %s, want %s", took, test.most)
				}
				if n := appliance.Count("", ""); n > test.requests || whole != 1 || refused < 290 {
					t.Errorf("%d requests, %d errors, %d of them to be reported", n, refused, whole)
				}
			})
		})
	}
}

// When the appliance works again, one probe finds out, and the requests that waited for it are sent.
func TestProbe(t *testing.T) {
	t.Parallel()
	for _, recovers := range []bool{true, false} {
		for _, kind := range []simulator.FaultKind{simulator.Stall, simulator.Status, simulator.CutBefore} {
			t.Run(fmt.Sprintf("%s, recovers %v", kind, recovers), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					appliance := newAppliance(t, simulator.Config{})
					addUsers(appliance, 50)
					client := onClock(appliance, asAdministrator)
					ctx := t.Context()
					if err := ask(ctx, client); err != nil {
						t.Fatal(err)
					}
					appliance.AddFault(simulator.Fault{Kind: kind})
					begun := time.Now()
					if err := ask(ctx, client); err == nil {
						t.Fatal("the appliance did not fail")
					}
					pause := min(max(time.Since(begun), 5*time.Second), 30*time.Second)
					appliance.ResetRequests()
					time.Sleep(pause - time.Second)
					if got := failure(t, ask(ctx, client)); !got.NotSent || appliance.Count("", "") != 0 {
						t.Errorf("asked within the pause: %#v", got)
					}
					time.Sleep(time.Second)
					if recovers {
						appliance.ClearFaults()
					}
					for _, err := range concurrently(50, func(i int) error { _, err := client.Users.Get(ctx, userName(i)); return err }) {
						if recovers == (err != nil) {
							t.Errorf("%v", err)
						}
					}
					probes := appliance.Count("GET", "/system/version")
					if others := appliance.Count("", "") - probes; probes != 1 || recovers && others != 50 || !recovers && others != 0 {
						t.Errorf("%d probes, %d other requests", probes, others)
					}
				})
			})
		}
	}
}

// Only an answer that shows that the appliance works closes the circuit.
func TestWhatClosesTheCircuit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		ends   bool
	}{
		"200":                {always(200, jsonType, `{"version": "2.0.0.0"}`), true},
		"401":                {always(401, problemJSONType, problemJSON("expiredAccessToken", "Expired access token", "ExpiredToken", "")), true},
		"403":                {always(403, problemJSONType, problemJSON("accessDenied", "Access denied", "AccessDenied", "")), true},
		"404":                {nobody, true},
		"429":                {unavailable(429, ""), false},
		"500":                {unavailable(500, ""), false},
		"503":                {unavailable(503, ""), false},
		"a page":             {always(200, "text/html", "<html>"), false}, // of a captive portal
		"a page that is 404": {always(404, "text/html", "<html>"), false},
		"nothing":            {abort, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handler := &script{steps: []http.HandlerFunc{abort, test.answer, always(200, jsonType, "[]")}}
				client := onClock(handler, func(config *api.Config) { config.MaxRetries = 0 })
				if err := ask(t.Context(), client); err == nil {
					t.Fatal("the appliance did not fail")
				}
				time.Sleep(5 * time.Second)
				if err := ask(t.Context(), client); (err == nil) != test.ends {
					t.Errorf("%v", err)
				}
				if n := handler.count(); test.ends && n != 3 || !test.ends && n != 2 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}

// One write that is slow, or that has no answer, does not stop reads. Other writes wait for one probe.
func TestSlowWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{})
		addUsers(appliance, 20)
		ctx, client := t.Context(), onClock(appliance, asAdministrator)
		if err := ask(ctx, client); err != nil {
			t.Fatal(err)
		}
		update := func(i int) error {
			_, err := client.Users.Update(ctx, userName(i), api.UserValues{OldPassword: oldPassword, Description: "new"})
			return err
		}
		appliance.AddFault(simulator.Fault{Kind: simulator.Stall, Method: "PUT", Path: "/users/" + userName(0)})
		slow := make(chan error, 1)
		go func() { slow <- update(0) }()
		synctest.Wait()
		begun := time.Now()
		if err := errors.Join(update(1), ask(ctx, client)); err != nil || time.Since(begun) != 0 {
			t.Errorf("while a write is slow: %v after %s", err, time.Since(begun))
		}
		if got := failure(t, <-slow); got.Reason != wire.TimedOut || got.Cause != nil || !got.Unknown {
			t.Errorf("%#v", got)
		}
		// A read is sent at once, before the probe has ended.
		appliance.ResetRequests()
		appliance.AddFault(simulator.Fault{Kind: simulator.Stall, Method: "GET", Path: "/system/version", Count: 1})
		results := make(chan []error, 1)
		go func() { results <- concurrently(10, func(i int) error { return update(i + 2) }) }()
		synctest.Wait()
		if probes, writes := appliance.Count("GET", "/system/version"), appliance.Count("PUT", ""); probes != 1 || writes != 0 {
			t.Errorf("%d probes and %d writes", probes, writes)
		}
		for _, err := range <-results { // the probe had no answer either
			if got := failure(t, err); !got.NotSent || got.Cause == nil || got.Unknown {
				t.Errorf("%#v", got)
			}
		}
		if writes := appliance.Count("PUT", ""); writes != 0 {
			t.Errorf("%d writes were sent", writes)
		}
		advance()
		appliance.ResetRequests()
		if err := errors.Join(concurrently(10, func(i int) error { return update(i + 2) })...); err != nil {
			t.Error(err)
		}
		if probes := appliance.Count("GET", "/system/version"); probes != 1 {
			t.Errorf("%d probes", probes)
		}
	})
}

// After a write without an answer, an answered read counts as a probe.
func TestReadInsteadOfAProbe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{})
		addUsers(appliance, 2)
		ctx, client := t.Context(), onClock(appliance, asAdministrator)
		appliance.AddFault(simulator.Fault{Kind: simulator.Stall, Method: "PUT", Path: "/users/*", Count: 1})
		_, err := client.Users.Update(ctx, userName(0), api.UserValues{Description: "d"})
		if got := failure(t, err); got.Reason != wire.TimedOut {
			t.Fatal(got)
		}
		if err := errors.Join(ask(ctx, client), client.Users.Delete(ctx, userName(1))); err != nil {
			t.Error(err)
		}
		if probes := appliance.Count("GET", "/system/version"); probes != 0 {
			t.Errorf("%d probes", probes)
		}
	})
}

// If listing one collection fails, all its readers share the failure, and other requests are not affected.
func TestFaultOfACollection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{})
		addUsers(appliance, 100)
		accounts := addAccounts(appliance, 10)
		appliance.AddFault(simulator.Fault{Kind: simulator.Status, Status: 500, Path: "/users"})
		ctx, client := t.Context(), onClock(appliance, asAdministrator)
		whole, refused := 0, 0
		for _, err := range runTen(ctx, 100, func(ctx context.Context, i int) error { _, err := client.Users.Refresh(ctx, userName(i)); return err }) {
			if err == nil {
				continue // the first, which needs no list
			}
			refused++
			if got := failure(t, err); got.Cause == nil || got.Status != 500 {
				t.Fatalf("%#v", got)
			} else if got.Cause.Report() {
				whole++
			}
		}
		if lists := appliance.Count("GET", "/users"); lists != 1 || whole != 1 || refused != 99 {
			t.Errorf("%d lists, %d errors, %d of them to be reported", lists, refused, whole)
		}
		for _, account := range accounts {
			if _, err := client.StandardAccounts.Refresh(ctx, account.ID, ""); err != nil {
				t.Error(err)
			}
		}
		if err := ask(ctx, client); err != nil {
			t.Error(err)
		}
		appliance.ClearFaults()
		time.Sleep(5 * time.Second)
		if _, err := client.Users.Refresh(ctx, userName(50)); err != nil {
			t.Error(err)
		}
	})
}

// The answer to a request that began before the failure does not show that the appliance works again.
func TestAnswerFromBeforeTheFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := newAppliance(t, simulator.Config{})
		ctx, client := t.Context(), onClock(appliance, asAdministrator)
		if err := ask(ctx, client); err != nil {
			t.Fatal(err)
		}
		appliance.AddFault(
			simulator.Fault{Kind: simulator.Stall, Method: "POST"},
			simulator.Fault{Kind: simulator.Delay, Method: "GET", Path: "/users/admin", Delay: 29 * time.Second},
		)
		question := make(chan error, 1)
		go func() { question <- ask(ctx, client) }() // to 30 s
		time.Sleep(10 * time.Second)
		if _, err := client.Users.Get(ctx, "admin"); err != nil { // 10 s to 39 s
			t.Error(err)
		}
		if err := <-question; failure(t, err).Reason != wire.TimedOut {
			t.Error(err)
		}
		if got := failure(t, ask(ctx, client)); !got.NotSent {
			t.Errorf("%#v", got)
		}
	})
}

// A request that is interrupted while it waits for a probe returns at once.
func TestInterruptedWhileProbing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler := &script{steps: []http.HandlerFunc{abort, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done(); panic(http.ErrAbortHandler) }}}
		client := onClock(handler, func(config *api.Config) { config.MaxRetries = 0 })
		if err := ask(t.Context(), client); err == nil {
			t.Fatal("the appliance did not fail")
		}
		time.Sleep(5 * time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begun := time.Now()
		if got := failure(t, ask(ctx, client)); got.Message != "it was interrupted" || time.Since(begun) != time.Second {
			t.Errorf("after %s: %#v", time.Since(begun), got)
		}
		advance() // until the probe has ended
	})
}
