package api

import (
	"context"
	"net/http"
	"time"
)

// These bound how often one request is sent again because its token was refused. A token that expired on its way says
// nothing against the next one.
const (
	maxRefusals    = 2
	maxExpirations = 10
)

// send decides about a request's fate, from top to bottom: whether it is worth sending, with which token and in which
// revision of the API, and, when the attempts of one exchange are over (checkRetry decides about those), whether
// another token or another revision would help. An answer outside 2xx is an error. Whatever goes wrong is an [*Error];
// the answer then only tells whether an attempt may have done its work.
func (c *Client) send(ctx context.Context, r request) (answer, error) {
	ended, err := c.revision.look(ctx, r)
	if err != nil {
		return answer{}, c.hindered(r, err)
	}
	defer ended()
	lost := false
	for refusals := 0; ; refusals++ {
		got, again, err := c.sendOnce(ctx, r, refusals)
		lost = lost || got.lost
		got.lost = lost
		if again {
			continue
		}
		if failure, failed := asError(err); failed && lost && r.writes && !IsRefused(failure) {
			failure.Unknown, failure.NotSent = true, false // with an earlier token
		}
		return got, err
	}
}

// sendOnce sends a request with one token, in one revision. again tells that it is to be sent with another.
func (c *Client) sendOnce(ctx context.Context, r request, refusals int) (got answer, again bool, err error) {
	if err := c.health.admit(ctx, r, c.probe); err != nil {
		return got, false, c.hindered(r, err)
	}
	token := ""
	if !r.signsIn {
		if token, err = c.session.token(ctx); err != nil {
			return got, false, c.hindered(r, err)
		}
	}
	revision, begun := c.revision.get(), time.Now()
	got, err = c.exchange(ctx, r, token, revision)
	failure, failed := asError(err)
	switch {
	case !failed:
		c.revision.answered(ctx, r, revision)
		c.health.answered(begun)
		return got, false, nil
	case failure.Reason == UnsupportedVersion:
		if failure = c.anotherRevision(ctx, r, token, revision, failure); failure == nil {
			return got, true, nil
		}
	}
	if failure.isAnswer() {
		c.health.answered(begun)
	}
	if !r.signsIn && failure.aboutToken() && (!r.judgesPassword || !c.accepts(ctx, r, token, revision)) {
		switch {
		case c.config.Token != "":
			failure.ends = true // a configured token cannot be replaced
		case refusals < maxRefusals && (!c.session.isFutile() || !c.accepts(ctx, versionRequest(), token, revision)), failure.Reason == TokenExpired && refusals < maxExpirations:
			c.session.refused(token, failure.Reason)
			return got, true, nil
		default:
			c.session.giveUp()
			failure.Reason = SessionRefused
		}
	} else if r.judgesPassword && failure.Status == http.StatusUnauthorized {
		failure.Reason, failure.refusesRequest = Unspecified, true
	}
	failure.Hindered = failure.Operation
	return got, false, c.health.failed(r, failure, begun)
}

// accepts tells whether a token that comes with a refused password is good all the same. The status that refuses a
// wrong oldPassword is not documented, so that a 401 of any kind may speak of either: a read of the same path, which
// brings no password, tells.
func (c *Client) accepts(ctx context.Context, r request, token, revision string) bool {
	read := request{operation: r.operation, method: http.MethodGet, path: r.path}
	_, err := c.exchange(ctx, read, token, revision)
	failure, failed := asError(err)
	return !failed || failure.Status != http.StatusUnauthorized
}

// anotherRevision deals with an answer that speaks of the API's version. Nil says that the request is to be sent again,
// in the revision that the client has moved on to. An error that is about another matter says that nobody could tell.
func (c *Client) anotherRevision(ctx context.Context, r request, token, asked string, refusal *Error) *Error {
	if r.findsRevision {
		return c.revision.refused(asked, refusal)
	}
	accepted, err := c.confirm(ctx, token)
	failure, failed := asError(err)
	switch {
	case failed:
		own := *failure
		own.Operation = c.doing(r)
		return &own
	case err != nil:
		return c.connectionError(r, c.newExchange(r, token), err)
	case accepted != asked:
		return nil
	}
	refusal.Reason = NotInRevision
	return refusal
}

// NotSent is the error of a write that was not sent, because what is there could not be read before. operation is what the
// write was to do.
func (c *Client) NotSent(operation string, err error) error {
	return c.notSent(request{operation: operation}, "what is there now", err)
}

func (c *Client) notSent(write request, what string, err error) error {
	failure, ok := asError(err)
	if !ok {
		return err
	}
	unsent := *failure
	unsent.Hindered, unsent.NotSent = c.doing(write), true
	unsent.ownPath, unsent.gone = false, false
	if failure.Cause != nil {
		return &unsent
	}
	unsent.Operation = unsent.Hindered
	if failure.gone {
		unsent.Reason = Vanished
	} else {
		unsent.Message = what + " could not be found out, so that nothing was sent: " + failure.Message
	}
	return &unsent
}

// hindered is the error of a request that was not sent: the client's trouble, or an interruption.
func (c *Client) hindered(r request, err error) error {
	if trouble, ok := asError(err); ok {
		own := *trouble
		own.Hindered, own.NotSent, own.Unknown = c.doing(r), true, false
		return &own
	}
	return c.connectionError(r, c.newExchange(r, ""), err)
}
