package session

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// breaker is a circuit breaker: it does not send requests that would meet a known failure. A probe finds out whether the
// appliance works again, because the request of a resource may fail for another reason.
type breaker struct {
	next    wire.Handler
	config  Config
	probing singleflight.Group

	mu        sync.Mutex
	state     state
	cause     *wire.Cause  // the last one, also when it is over
	notBefore time.Time    // answers to requests that began earlier do not close the circuit
	until     time.Time    // when to probe
	doubt     *wire.Error  // what made it doubtful
	known     wire.Request // a read that has worked, the best probe; without a path while none has
}

func (b *breaker) Do(ctx context.Context, r wire.Request) (wire.Response, error) {
	if err := b.allow(ctx, r); err != nil {
		return wire.Response{}, err
	}
	begun := time.Now()
	got, err := b.next.Do(ctx, r)
	return got, b.record(r, got, wire.AsError(err), begun)
}

// allow returns an error if a request must not be sent.
func (b *breaker) allow(ctx context.Context, r wire.Request) error {
	for {
		b.mu.Lock()
		current, cause, isPaused := b.state, b.cause, time.Now().Before(b.until)
		switch {
		case current == openForGood, current == open && isPaused && r.Retry != wire.Persistent:
			b.mu.Unlock()
			return &wire.BlockedError{Operation: r.Operation, Kind: r.Kind, Cause: cause, Outcome: wire.NotSent}
		case current == closed, current == doubtful && !r.Kind.Writes(), r.Retry == wire.Persistent:
			b.mu.Unlock()
			return nil
		}
		// A write in doubt, or a request after the pause, waits for one probe.
		done := b.probing.DoChan("", func() (any, error) { b.probe(context.WithoutCancel(ctx)); return nil, nil })
		b.mu.Unlock() // now, so that no probe has ended between the look and this one
		select {
		case <-ctx.Done():
			return wire.Interrupted(r)
		case <-done:
		}
	}
}

// record updates the breaker after the end of a request, and returns its error: a [*wire.BlockedError] if the failure concerns
// all requests. A request that began before the failure, and has only now used up its attempts, has the same cause.
func (b *breaker) record(r wire.Request, got wire.Response, e *wire.Error, begun time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch to := stateAfter(r, e); {
	case to >= open:
		if b.state < to {
			b.state, b.cause = to, b.causeOf(e)
		}
		b.notBefore = time.Now()
		b.until = b.notBefore.Add(wire.Pause(b.notBefore.Sub(begun)))
		return b.blocked(r, got, e)
	case to == doubtful && b.state == closed:
		b.state, b.notBefore, b.doubt = doubtful, begun, e
	case to == closed && b.state != openForGood && !begun.Before(b.notBefore):
		b.state = closed
	}
	if e != nil {
		return e
	}
	switch {
	case r.Method != http.MethodGet, r.Kind == wire.Probe:
	case r.Kind != wire.List, b.known.Path == "": // a list costs the appliance more
		b.known = r
	}
	return nil
}

// causeOf returns the last cause if the same failure has occurred again.
func (b *breaker) causeOf(e *wire.Error) *wire.Cause {
	whole := e.Of(b.title(e), e.Outcome)
	if b.cause != nil {
		if last := b.cause.Err; last.Operation == whole.Operation && last.Reason == whole.Reason && last.Status == whole.Status {
			return b.cause
		}
	}
	return &wire.Cause{Err: whole}
}

func (b *breaker) blocked(r wire.Request, got wire.Response, e *wire.Error) error {
	outcome := e.Outcome
	switch {
	case r.Kind.Writes() && got.Lost: // with an earlier token
		outcome = wire.Unknown
	case e.Kind.Authenticates() && !r.Kind.Authenticates():
		outcome = wire.NotSent
	}
	return &wire.BlockedError{Operation: r.Operation, Kind: r.Kind, Cause: b.cause, Outcome: outcome}
}

// title returns the operation that a common failure prevents: the first that fits.
func (b *breaker) title(e *wire.Error) string {
	host := b.config.Host
	switch {
	case b.config.Token != "" && e.IsAboutToken():
		return "sign in to " + host + " with the token"
	case e.Reason == wire.UnsupportedVersion && b.config.APIVersion != "":
		return "use api_version " + b.config.APIVersion + " with " + host
	case e.Reason == wire.UnsupportedVersion:
		return "find an api_version that " + host + " accepts"
	case e.Reason == wire.Unreachable, e.Reason == wire.HandshakeBroken, e.IsUnusable():
		return "connect to " + host
	case e.Kind.Authenticates():
		return e.Operation
	case e.Reason == wire.TimedOut:
		return "get an answer from " + host
	case e.Origin == wire.Foreign:
		return "reach " + host
	}
	return "use " + host
}

// probe sends a read that has worked before, or else one that costs little. It needs no session: a refusal is an answer too.
func (b *breaker) probe(ctx context.Context) {
	b.mu.Lock()
	r, isAfterSilence := b.known, b.state == doubtful && b.doubt.IsSilence()
	b.mu.Unlock()
	isProven := r.Path != ""
	if !isProven {
		r = VersionRequest("probe " + b.config.Host)
	}
	r.Kind = wire.Probe
	begun := time.Now()
	got, err := b.next.Do(ctx, r)
	e := wire.AsError(err)
	isUnclear := isAfterSilence && !isProven // a gateway may block such a probe: only silence confirms the doubt
	if e != nil && (e.IsAnswer() || isUnclear && !e.IsSilence()) {
		e = nil
	}
	_ = b.record(r, got, e, begun)
}
