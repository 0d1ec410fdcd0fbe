package session

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-log/tflog"
	"golang.org/x/sync/singleflight"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// APIVersionPattern is the documented form of the x-api-version header.
var APIVersionPattern = regexp.MustCompile(`^[0-9]+\.[0-9]+-rev[0-9]+$`)

// publishedRevisions are the revisions of the API in the order in which they are tried: a documented one for each
// product version, the best known first. No revision is accepted by all versions. Without a sign-in, the accepted ones
// cannot be listed, and a sign-in itself requires an accepted one.
var publishedRevisions = []string{
	"1.0-rev0", "1.3-rev0", "1.4-rev0", "1.7-rev0", "1.8-rev0", "1.9-rev0", "1.6-rev0", "1.5-rev1", "1.5-rev0", "1.2-rev0", "1.1-rev0",
}

// revisions is the handler that finds a revision of the API which the appliance accepts, unless one is configured.
type revisions struct {
	next         wire.Handler
	isConfigured bool
	confirming   singleflight.Group

	mu       sync.Mutex
	current  string
	isProven bool     // the API, and not /token alone, has answered in it
	tried    []string // and refused
	named    []string // by refusals, and published
}

func newRevisions(configured string, next wire.Handler) *revisions {
	return &revisions{next: next, isConfigured: configured != "", current: cmp.Or(configured, publishedRevisions[0])}
}

// Do sends a request in one revision after the other until the appliance accepts one. Only a sign-in and the version of
// the product drive the search: versioned frameworks refuse a missing endpoint with the same text.
func (v *revisions) Do(ctx context.Context, r wire.Request) (wire.Response, error) {
	for {
		r.Revision = v.get()
		got, err := v.next.Do(ctx, r)
		r.Lost = got.Lost
		e := wire.AsError(err)
		switch {
		case err == nil:
			v.answered(ctx, r)
			return got, nil
		case r.Kind == wire.Probe, e == nil:
			return got, err
		case e.Reason == wire.LoginRefused && e.Status == http.StatusBadRequest && v.isGuess():
			return got, e.Saying(strings.TrimRight(e.Message, ".") + " (the API revision " + r.Revision + " is not yet confirmed)")
		case e.Reason != wire.UnsupportedVersion:
			return got, err
		case e.Kind.Authenticates() || e.Kind == wire.Version:
			if final := v.refused(r.Revision, e); final != nil {
				return got, final
			}
			continue
		}
		accepted, failure := v.confirm(ctx, r)
		switch {
		case failure != nil:
			return got, failure
		case accepted == r.Revision:
			return got, e.Because(wire.NotInRevision)
		}
	}
}

func (v *revisions) get() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.current
}

// isGuess reports whether the appliance has yet to answer in the revision, if it is not configured.
func (v *revisions) isGuess() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return !v.isConfigured && !v.isProven
}

// answered records that the API has done what it was asked in a revision. A sign-in proves nothing, because /token may
// accept any revision. A refusal does not either, because it may precede the check of the revision.
func (v *revisions) answered(ctx context.Context, r wire.Request) {
	if r.Kind.Authenticates() || r.Kind == wire.Probe {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.current == r.Revision && !v.isProven {
		v.isProven = true
		tflog.Info(ctx, "the appliance accepts this revision of the API", map[string]any{"api_version": r.Revision, "refused": v.tried})
	}
}

// refused records that the appliance does not accept a revision, and selects another one. It returns an error if there
// is none.
func (v *revisions) refused(in string, refusal *wire.Error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.current != in {
		return nil // another request has moved on
	}
	named := slices.DeleteFunc(revisionPattern.FindAllString(refusal.Message, -1), func(name string) bool { return name == in })
	published := slices.DeleteFunc(slices.Clone(named), func(name string) bool { return !slices.Contains(publishedRevisions, name) })
	if !slices.Contains(v.tried, in) {
		v.tried = append(v.tried, in)
	}
	v.named = append(v.named, published...)

	final := refusal.Saying(fmt.Sprintf("asked for %s, it answered: %s", strings.Join(v.tried, ", "), strings.TrimRight(refusal.Message, ".")))
	switch next := v.nextRevision(); {
	case v.isProven:
		return final.Because(wire.Upgraded).Adding("It accepted this revision earlier in this run, so it has been upgraded since")
	case v.isConfigured:
	case len(named) > 0 && len(published) == 0:
		final = final.Adding("It names only revisions that this provider does not know: " + strings.Join(named, ", "))
	case next == "":
	default:
		v.current = next
		return nil
	}
	return final
}

// nextRevision returns the next revision to try, preferably one that a refusal named, although a refusal may name
// removed ones.
func (v *revisions) nextRevision() string {
	for _, candidates := range [][]string{v.named, publishedRevisions} {
		for _, candidate := range publishedRevisions {
			if slices.Contains(candidates, candidate) && !slices.Contains(v.tried, candidate) {
				return candidate
			}
		}
	}
	return ""
}

// revisionPattern finds revisions in an answer.
var revisionPattern = regexp.MustCompile(`\b[0-9]+\.[0-9]+-rev[0-9]+\b`)

// confirm finds out, after a refusal about the API version, which revision the appliance accepts: the same one, or
// another one after an upgrade. Concurrent requests share the answer.
func (v *revisions) confirm(ctx context.Context, r wire.Request) (accepted string, failure error) {
	version := VersionRequest("")
	version.Operation = r.Operation
	done := v.confirming.DoChan("", func() (any, error) {
		_, err := v.Do(context.WithoutCancel(ctx), version)
		if e := wire.AsError(err); e != nil && (e.Origin != wire.Documented || !wire.IsRefused(e)) { // else refused for other reasons, such as the user's role
			return nil, err
		}
		return nil, nil
	})
	select {
	case <-ctx.Done():
		return "", wire.Interrupted(r)
	case result := <-done:
		if e := wire.AsError(result.Err); e != nil {
			return "", e.Of(r.Operation, e.Outcome)
		}
		return v.get(), nil
	}
}
