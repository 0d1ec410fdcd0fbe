package session

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-log/tflog"

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
	next wire.Handler

	mu       sync.Mutex
	current  string
	isProven bool     // the API, and not /token alone, has answered in it
	untried  []string // the best candidate first; none if the revision is configured
	tried    []string // and refused
}

func newRevisions(configured string, next wire.Handler) *revisions {
	if configured != "" {
		return &revisions{next: next, current: configured}
	}
	return &revisions{next: next, current: publishedRevisions[0], untried: slices.Clone(publishedRevisions[1:])}
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
		case e == nil:
			v.recordAccepted(ctx, r)
			return got, err
		case r.Kind != wire.Probe && e.Reason == wire.LoginRefused && e.Status == http.StatusBadRequest && v.isGuess():
			return got, e.Saying(strings.TrimRight(e.Message, ".") + " (the API revision " + r.Revision + " is not yet confirmed)")
		case r.Kind == wire.Probe || e.Reason != wire.UnsupportedVersion:
			return got, err
		case e.Kind.Authenticates() || e.Kind == wire.Version:
			err = v.selectNext(r.Revision, e)
		default:
			err = v.confirm(ctx, r, e)
		}
		if err != nil {
			return got, err
		}
	}
}

func (v *revisions) get() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.current
}

// isGuess reports whether the appliance has yet to answer in the revision, and may accept another one instead.
func (v *revisions) isGuess() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return !v.isProven && len(v.untried) > 0
}

// recordAccepted records that the API has done what it was asked in a revision. A sign-in proves nothing, because /token may
// accept any revision. A refusal does not either, because it may precede the check of the revision.
func (v *revisions) recordAccepted(ctx context.Context, r wire.Request) {
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

// selectNext records that the appliance does not accept a revision, and selects another one, preferably one that the refusal
// names, although it may name removed ones. It returns an error if there is none.
func (v *revisions) selectNext(in string, refusal *wire.Error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.current != in {
		return nil // another request has moved on
	}
	named := slices.DeleteFunc(revisionPattern.FindAllString(refusal.Message, -1), func(name string) bool { return name == in })
	isNamed := func(revision string) bool { return slices.Contains(named, revision) }
	tried := append(slices.Clone(v.tried), in)
	final := refusal.Saying(fmt.Sprintf("asked for %s, it answered: %s", strings.Join(tried, ", "), strings.TrimRight(refusal.Message, ".")))
	switch {
	case v.isProven:
		return final.Because(wire.Upgraded).Adding("It accepted this revision earlier in this run, so it has been upgraded since")
	case len(v.untried) == 0:
		return final
	case len(named) > 0 && !slices.ContainsFunc(publishedRevisions, isNamed):
		return final.Adding("It names only revisions that this provider does not know: " + strings.Join(named, ", "))
	}
	isOther := func(revision string) bool { return !isNamed(revision) }
	preferred, others := slices.DeleteFunc(slices.Clone(v.untried), isOther), slices.DeleteFunc(v.untried, isNamed)
	v.untried = append(preferred, others...)
	v.current, v.untried, v.tried = v.untried[0], v.untried[1:], tried
	return nil
}

// revisionPattern finds revisions in an answer.
var revisionPattern = regexp.MustCompile(`\b[0-9]+\.[0-9]+-rev[0-9]+\b`)

// confirm asks for the version of the product, after a refusal about the API version, to learn which revision the appliance
// accepts. If it is the same one, the revision lacks the endpoint. If it is another one, confirm returns no error, and the
// request is sent again in that. If the appliance accepted the revision earlier in this run, the error is [wire.Upgraded].
func (v *revisions) confirm(ctx context.Context, r wire.Request, refusal *wire.Error) error {
	_, err := v.Do(ctx, VersionRequest(r.Operation))
	e := wire.AsError(err)
	switch {
	case e != nil && (e.Origin != wire.Documented || !wire.IsRefused(e)): // else refused for other reasons, such as the user's role
		return e
	case v.get() == r.Revision:
		return refusal.Because(wire.NotInRevision)
	}
	return nil
}
