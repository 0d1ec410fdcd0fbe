package api

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

// How long a client leaves an appliance alone that did not answer: as long as it has waited for it, within these.
const (
	shortestPause = 5 * time.Second
	longestPause  = 30 * time.Second
)

// Cause is a failure that is not about one request but about all that is asked of an appliance, such as a refused
// sign-in. The errors that come of it share it, so that whoever reports them can do so once.
type Cause struct{ reported, mentioned atomic.Bool }

// Report claims the cause for a report after which a refresh, or a question while planning, may be silent about it. It
// is false when another one has claimed it.
func (c *Cause) Report() bool {
	c.mentioned.Store(true)
	return !c.reported.Swap(true)
}

// Mention claims the cause for a whole report that ends nobody's silence. It is false when there has been any report.
func (c *Cause) Mention() bool { return !c.mentioned.Swap(true) }

// health is what a client believes of the appliance as a whole: a request that would only meet a known trouble again is
// not sent.
type health struct {
	// title says in the words of an error what a failure that concerns everything keeps from being done.
	title  func(*Error) string
	flight singleflight.Group

	mu      sync.Mutex
	ended   *Error // for good: trying again would end the same way
	trouble *Error // for now
	last    *Error // the latest of either, over or not
	until   time.Time
	since   time.Time // of the trouble, or of the doubt
	doubt   bool      // a write had no answer, or none of the appliance's
}

// admit lets a request pass, or gives the trouble that it would meet. Once the pause after a trouble is over, one probe
// for all who come meanwhile tells whether the appliance is back: the first of them in its place could fail for reasons
// of its own.
func (h *health) admit(ctx context.Context, r request, probe func(context.Context)) error {
	for {
		h.mu.Lock()
		ended, trouble, until, doubt := h.ended, h.trouble, h.until, h.doubt && r.writes
		h.mu.Unlock()
		switch {
		case ended != nil:
			return ended
		case r.persistent || trouble == nil && !doubt:
			return nil
		case trouble != nil && time.Now().Before(until):
			return trouble
		}
		done := h.flight.DoChan("probe", func() (any, error) { probe(context.WithoutCancel(ctx)); return nil, nil })
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-done:
		}
	}
}

// failed takes note of what a failure says about the appliance as a whole, and gives it its cause if it is anything.
// A request that was begun before the trouble, and has only now used up its attempts, meets the same one.
func (h *health) failed(r request, failure *Error, begun time.Time) *Error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case failure.isFinal():
		return h.end(failure)
	case r.persistent:
	case r.writes:
		if failure.isSilence() || failure.foreign {
			h.doubt, h.since = true, time.Now()
		}
	case failure.isTrouble():
		return h.suffer(failure, begun)
	}
	return failure
}

// unwell takes note that the client's own sign-in, or a probe, failed for whatever reason: no other request could do
// better.
func (h *health) unwell(failure *Error, begun time.Time) *Error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case failure.Cause != nil:
	case failure.isFinal():
		return h.end(failure)
	default:
		return h.suffer(failure, begun)
	}
	return failure
}

func (h *health) end(failure *Error) *Error {
	if h.ended == nil {
		h.ended = h.causedBy(failure)
	}
	return h.ended.inPlaceOf(failure)
}

func (h *health) suffer(failure *Error, begun time.Time) *Error {
	if h.trouble == nil {
		h.trouble = h.causedBy(failure)
	}
	h.since = time.Now()
	h.until = h.since.Add(pause(h.since.Sub(begun)))
	return h.trouble.inPlaceOf(failure)
}

// pause is how long to wait after a failure that took so long.
func pause(took time.Duration) time.Duration { return min(max(took, shortestPause), longestPause) }

func (h *health) causedBy(failure *Error) *Error {
	whole := *failure
	whole.Operation = h.title(failure)
	if h.last != nil && h.last.Operation == whole.Operation && h.last.Reason == whole.Reason && h.last.Status == whole.Status {
		whole.Cause = h.last.Cause // it has come back, and there is nothing new to say
	} else {
		whole.Cause = new(Cause)
	}
	h.last = &whole
	return &whole
}

// inPlaceOf is a failure by a cause that is known already.
func (e *Error) inPlaceOf(failure *Error) *Error {
	same := *e
	same.Unknown, same.Hindered = failure.Unknown, failure.Hindered
	return &same
}

// answered takes note of an answer to a request begun at a time: the trouble before that is over.
func (h *health) answered(begun time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !begun.Before(h.since) {
		h.trouble, h.doubt = nil, false
	}
}

// isTrouble tells whether a failure, after all its attempts, is likely to be that of any other request too.
func (e *Error) isTrouble() bool {
	if e.foreign { // something in between answers; whether an object is gone is for the list to tell
		return e.Status != http.StatusNotFound || !e.ownPath
	}
	switch e.Status {
	case 0:
		return e.isSilence()
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusTooManyRequests:
		return true
	}
	return false
}

// isSilence tells whether there was no answer at all.
func (e *Error) isSilence() bool {
	return e.Reason == Unreachable || e.Reason == TimedOut || e.Reason == HandshakeBroken
}

// isFinal tells whether another attempt, of this request or of any other, would end the same way. Trying on would only
// lock the user out.
func (e *Error) isFinal() bool {
	switch e.Reason {
	case LoginRefused, UserLocked, MFARequired, MFARefused, MFASecretRefused, MFAUsed, UnsupportedVersion, Upgraded, LicenseNotAccepted:
		return true
	}
	return e.ends || e.isMistrust()
}

// isMistrust tells whether what listens cannot be, or is not to be, spoken to.
func (e *Error) isMistrust() bool {
	switch e.Reason {
	case UntrustedCertificate, CertificateNotGiven, CertificateForAnotherName, CertificateExpired, CertificateNotYetValid, CertificateForAnotherUse,
		IssuerMissing, CertificateUnreadable, ClientCertificateRequired, OldTLS, NotTLS, SpeaksTLS, ProxyRefused:
		return true
	}
	return false
}

// isAnswer tells whether a failure is an answer that shows the appliance at work.
func (e *Error) isAnswer() bool {
	return e.Status != 0 && !e.foreign && (e.Status < http.StatusInternalServerError || refusesValues(e.Status, e.Problem)) && e.Status != http.StatusTooManyRequests
}

// probe asks for what costs the appliance least. It needs no session: a refusal is an answer too.
func (c *Client) probe(ctx context.Context) {
	begun := time.Now()
	probe := versionRequest()
	probe.single = true
	_, err := c.exchange(ctx, probe, c.session.current(), c.revision.get())
	if failure, failed := asError(err); failed && !failure.isAnswer() {
		_ = c.health.unwell(failure, begun)
		return
	}
	c.health.answered(begun)
}

func asError(err error) (*Error, bool) { return errors.AsType[*Error](err) }
