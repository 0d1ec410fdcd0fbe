package session

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// A sign-in that is refused with 400 may be about the revision only while there is another one to try.
func TestRefusedSignInOfAGuess(t *testing.T) {
	t.Parallel()
	for configured, want := range map[string]bool{"": true, "1.0-rev0": false} {
		below := &next{answer: func(wire.Request) *wire.Error {
			return &wire.Error{Status: 400, Origin: wire.Documented, Reason: wire.LoginRefused, Message: "The password is wrong."}
		}}
		err := do(t, newRevisions(configured, below), wire.Request{Kind: wire.SignIn, Operation: "sign in"})
		if said := strings.Contains(err.Error(), "1.0-rev0 is not yet confirmed"); said != want {
			t.Errorf("api_version %q: %v", configured, err)
		}
	}
}

// Requests that are refused at once for their revision try the next one, and skip none.
func TestRevisionThatManyAreRefusedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		below := &next{answer: func(r wire.Request) *wire.Error {
			time.Sleep(time.Second)
			if r.Revision == publishedRevisions[1] {
				return nil
			}
			return &wire.Error{Status: 400, Origin: wire.Documented, Reason: wire.UnsupportedVersion}
		}}
		v := newRevisions("", below)
		if failed, err := forty(t, v, wire.Request{Kind: wire.SignIn, Operation: "sign in"}); failed != 0 || v.candidates[0] != publishedRevisions[1] {
			t.Errorf("%d failed, found %s: %v", failed, v.candidates[0], err)
		}
		if n := len(below.take()); n != 80 {
			t.Errorf("%d requests, want 80", n)
		}
	})
}

// Revisions that a refusal names come first, also after a refusal that names none.
func TestRevisionsThatARefusalNames(t *testing.T) {
	t.Parallel()
	var tried []string
	v := newRevisions("", handlerFunc(func(r wire.Request) (wire.Response, error) {
		e := &wire.Error{Kind: r.Kind, Status: 400, Origin: wire.Documented, Reason: wire.UnsupportedVersion, Message: "Unsupported."}
		if len(tried) == 0 {
			e.Message = "Use one of 1.0-rev0, 1.5-rev1, 1.9-rev0 and 2.0-rev0."
		}
		tried = append(tried, r.Revision)
		return wire.Response{}, e
	}))
	err := do(t, v, wire.Request{Kind: wire.Version})
	want := []string{"1.0-rev0", "1.9-rev0", "1.5-rev1", "1.3-rev0", "1.4-rev0", "1.7-rev0", "1.8-rev0", "1.6-rev0", "1.5-rev0", "1.2-rev0", "1.1-rev0"}
	if !slices.Equal(tried, want) || !strings.Contains(err.Error(), "asked for "+strings.Join(want, ", ")+", it answered: Unsupported") {
		t.Errorf("tried %q: %v", tried, err)
	}
}

// While the first request looks for the revision the others wait, unless they sign in or are interrupted.
func TestFirstAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		below := &next{answer: after(time.Minute, nil)}
		f := &firstAlone{next: below, ended: make(chan struct{})}
		var group sync.WaitGroup
		group.Go(func() { _ = do(t, f, read("/first")) })
		synctest.Wait()
		below.take()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if _, err := f.Do(ctx, read("/interrupted")); err == nil || !strings.Contains(err.Error(), "interrupted") || time.Since(begun) != time.Second {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
		group.Go(func() { _ = do(t, f, wire.Request{Kind: wire.SignIn, Path: "/token"}) })
		synctest.Wait()
		checkSent(t, below, " /token")
		if failed, err := forty(t, f, read("/second")); failed != 0 || time.Since(begun) != 2*time.Minute {
			t.Errorf("%d failed after %s: %v", failed, time.Since(begun), err)
		}
		group.Wait()
	})
}
