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

	mu         sync.Mutex
	candidates []string // the current one, and then those to try after it, the best first
	refused    []string
	isProven   bool // the API, and not /token alone, has answered in the current one
}

func newRevisions(configured string, next wire.Handler) *revisions {
	if configured != "" {
		return &revisions{next: next, candidates: []string{configured}}
	}
	return &revisions{next: next, candidates: slices.Clone(publishedRevisions)}
}

// Do sends a request in one revision after the other until the appliance accepts one. Only a sign-in and the version of
// the product drive the search: versioned frameworks refuse a missing endpoint with the same text.
func (v *revisions) Do(ctx context.Context, r wire.Request) (wire.Response, error) {
	for {
		var isGuess bool
		r.Revision, isGuess = v.get()
		got, err := v.next.Do(ctx, r)
		r.Lost = got.Lost
		e := wire.AsError(err)
		switch {
		case r.Kind == wire.Probe:
			return got, err
		case e == nil:
			v.recordAccepted(ctx, r)
			return got, err
		case e.Reason == wire.LoginRefused && e.Status == http.StatusBadRequest && isGuess:
			return got, e.Saying(strings.TrimRight(e.Message, ".") + " (the API revision " + r.Revision + " is not yet confirmed)")
		case e.Reason != wire.UnsupportedVersion:
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

// get returns the current revision, and whether it is a guess: the appliance has yet to answer in it, and may accept another one instead.
func (v *revisions) get() (revision string, isGuess bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.candidates[0], !v.isProven && len(v.candidates) > 1
}

// recordAccepted records that the API has done what it was asked in a revision. A sign-in proves nothing, because /token may
// accept any revision. A refusal does not either, because it may precede the check of the revision.
func (v *revisions) recordAccepted(ctx context.Context, r wire.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !r.Kind.Authenticates() && v.candidates[0] == r.Revision && !v.isProven {
		v.isProven = true
		tflog.Info(ctx, "the appliance accepts this revision of the API", map[string]any{"api_version": r.Revision, "refused": v.refused})
	}
}

// selectNext records that the appliance does not accept a revision, and selects another one, preferably one that the refusal
// names, although it may name removed ones. It returns an error if there is none.
func (v *revisions) selectNext(in string, refusal *wire.Error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.candidates[0] != in {
		return nil // another request has moved on
	}
	named := slices.DeleteFunc(revisionPattern.FindAllString(refusal.Message, -1), func(name string) bool { return name == in })
	isNamed := func(revision string) bool { return slices.Contains(named, revision) }
	refused, others := append(slices.Clone(v.refused), in), v.candidates[1:]
	final := refusal.Saying(fmt.Sprintf("asked for %s, it answered: %s", strings.Join(refused, ", "), strings.TrimRight(refusal.Message, ".")))
	switch {
	case v.isProven:
		return final.Because(wire.Upgraded).Adding("It accepted this revision earlier in this run, so it has been upgraded since")
	case len(others) == 0:
		return final
	case len(named) > 0 && !slices.ContainsFunc(publishedRevisions, isNamed):
		return final.Adding("It names only revisions that this provider does not know: " + strings.Join(named, ", "))
	}
	preferred := slices.DeleteFunc(slices.Clone(others), func(revision string) bool { return !isNamed(revision) })
	v.candidates, v.refused = append(preferred, slices.DeleteFunc(others, isNamed)...), refused
	return nil
}

// revisionPattern finds revisions in an answer.
var revisionPattern = regexp.MustCompile(`\b[0-9]+\.[0-9]+-rev[0-9]+\b`)

// confirm asks for the version of the product, after a refusal about the API version, to learn which revision the appliance
// accepts. If it is the same one, the revision lacks the endpoint. If it is another one, confirm returns no error, and the
// request is sent again in that. If the appliance accepted the revision earlier in this run, the error is [wire.Upgraded].
func (v *revisions) confirm(ctx context.Context, r wire.Request, refusal *wire.Error) error {
	_, err := v.Do(ctx, VersionRequest(r.Operation))
	if e := wire.AsError(err); e != nil && (e.Origin != wire.Documented || !wire.IsRefused(e)) {
		return e // else refused for other reasons, such as the user's role
	}
	if current, _ := v.get(); current == r.Revision {
		return refusal.Because(wire.NotInRevision)
	}
	return nil
}
