package api

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-log/tflog"
)

// publishedRevisions are the revisions of the API in the order in which they are tried: so each version of the product is
// met by a documented one, the best known first. No revision is accepted by all versions, and nothing tells the accepted
// ones without a sign-in, which wants an accepted one itself.
var publishedRevisions = []string{
	"1.0-rev0", "1.3-rev0", "1.4-rev0", "1.7-rev0", "1.8-rev0", "1.9-rev0", "1.6-rev0", "1.5-rev1", "1.5-rev0", "1.2-rev0", "1.1-rev0",
}

// LastEmailRevision is the last revision with the email notification settings, by the changelog of 1.4-rev0.
const LastEmailRevision = "1.3-rev0"

var emailRevisions = []string{"1.0-rev0", "1.1-rev0", "1.2-rev0", LastEmailRevision}

// revision is the revision of the API that a client speaks: the configured one, or one that the appliance was found to
// accept.
type revision struct {
	configured bool

	mu      sync.Mutex
	current string
	proven  bool     // the API, and not /token alone, has answered in it
	tried   []string // and refused
	named   []string // by refusals, and published
	looking chan struct{}
}

func newRevision(configured string) revision {
	if configured != "" {
		return revision{configured: true, current: configured}
	}
	return revision{current: publishedRevisions[0]}
}

// look lets one request find the revision: while it is a guess, the first with a token looks whether it is right, in as
// many attempts as that takes, and the others wait until it has ended, whatever came of it.
func (v *revision) look(ctx context.Context, r request) (ended func(), err error) {
	if v.configured || r.signsIn {
		return func() {}, nil
	}
	v.mu.Lock()
	looking := v.looking
	first := looking == nil
	if first {
		looking = make(chan struct{})
		v.looking = looking
	}
	v.mu.Unlock()
	if first {
		return func() { close(looking) }, nil
	}
	select {
	case <-looking:
		return func() {}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (v *revision) get() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.current
}

// isGuess tells whether the appliance has yet to answer in the revision, which nobody has configured.
func (v *revision) isGuess() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return !v.configured && !v.proven
}

// answered takes note that the API has done what it was asked in a revision. A sign-in proves nothing: /token may take
// any. Neither does a refusal, which may have come before anybody looked at the revision.
func (v *revision) answered(ctx context.Context, r request, in string) {
	if r.signsIn {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.current == in && !v.proven {
		v.proven = true
		tflog.Info(ctx, "the appliance accepts this revision of the API", map[string]any{"api_version": in, "refused": v.tried})
	}
}

// refused takes note that the appliance does not accept a revision and moves on to another one. It gives the reason when
// there is none to move on to.
func (v *revision) refused(in string, refusal *Error) *Error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.current != in {
		return nil // somebody else has moved on
	}
	named := slices.DeleteFunc(revisionPattern.FindAllString(refusal.Message, -1), func(name string) bool { return name == in })
	published := slices.DeleteFunc(slices.Clone(named), func(name string) bool { return !slices.Contains(publishedRevisions, name) })
	if !slices.Contains(v.tried, in) {
		v.tried = append(v.tried, in)
	}
	v.named = append(v.named, published...)

	final := *refusal
	final.Message = fmt.Sprintf("asked for %s, it said: %s", strings.Join(v.tried, ", "), strings.TrimRight(refusal.Message, "."))
	switch next := v.next(); {
	case v.proven:
		final.Reason = Upgraded
		final.Message += ". It accepted that before in this run, so that it has been upgraded meanwhile"
	case v.configured:
	case len(named) > 0 && len(published) == 0:
		final.Message += ". It names only revisions that this provider does not know: " + strings.Join(named, ", ")
	case next == "":
	default:
		v.current = next
		return nil
	}
	return &final
}

// next is the revision to try after those that have been: one that a refusal named before all others, although a
// refusal may name those that are gone.
func (v *revision) next() string {
	for _, candidates := range [][]string{v.named, publishedRevisions} {
		for _, candidate := range publishedRevisions {
			if slices.Contains(candidates, candidate) && !slices.Contains(v.tried, candidate) {
				return candidate
			}
		}
	}
	return ""
}

// revisionPattern finds revisions in what an appliance says.
var revisionPattern = regexp.MustCompile(`\b[0-9]+\.[0-9]+-rev[0-9]+\b`)

// versionRequest asks what is in every revision and nobody's business.
func versionRequest() request {
	return request{operation: "read the product version", method: http.MethodGet, path: "/system/version", findsRevision: true}
}

// confirm finds out, after a refusal that speaks of the API's version, whether the appliance accepts the revision at all.
// It moves on to one that is accepted, which it returns, where the client may. Versioned frameworks refuse an endpoint
// that a revision lacks in the same words, so that only an answer about /system/version counts.
func (c *Client) confirm(ctx context.Context, token string) (string, error) {
	done := c.flight.DoChan("revision", func() (any, error) {
		for ctx := context.WithoutCancel(ctx); ; {
			current := c.revision.get()
			_, err := c.exchange(ctx, versionRequest(), token, current)
			failure, failed := asError(err)
			switch {
			case !failed:
				c.revision.answered(ctx, versionRequest(), current)
				return current, nil
			case failure.Reason == UnsupportedVersion:
				if final := c.revision.refused(current, failure); final != nil {
					return "", final
				}
			case failure.known && IsRefused(failure):
				return current, nil // for other reasons, such as the user's role
			default:
				return "", failure
			}
		}
	})
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case result := <-done:
		if result.Err != nil {
			return "", result.Err
		}
		return result.Val.(string), nil
	}
}

// lacking gives a failure its reason when the revision turns out not to have what was asked for. The answer that says so
// is not documented.
func lacking(err error) error {
	failure, ok := asError(err)
	if !ok || failure.Cause != nil || failure.foreign {
		return err
	}
	switch failure.Status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		judged := *failure
		judged.Reason = NotInRevision
		return &judged
	}
	return err
}
