package session

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// These bound how often one request is sent again because its token was refused. A token that expired in transit says
// nothing about the next one.
const (
	maxRefusals    = 2
	maxExpirations = 10
)

// tokens is the handler that gives requests the token of the client's own session. All concurrent requests share one sign-in
// or renewal.
type tokens struct {
	next      wire.Handler
	config    Config
	secrets   *wire.Secrets
	signingIn singleflight.Group  // of the client's own session
	turn      *semaphore.Weighted // of signing in as the configured user
	usedCodes sync.Map            // the MFA codes that were given and sent, with their users: each works once

	mu        sync.Mutex
	isClosed  bool
	own       Token       // of the current session, or the configured access token
	passwords []string    // that the configured user may have, the most likely first
	invalid   []string    // tokens that were refused without having expired: their sessions may still be open
	failure   *wire.Error // of the sign-in or renewal before, if it failed
	failedAt  time.Time
	failedIn  string      // revision of the API
	refusal   *wire.Error // of a sign-in as the configured user, if another one would end the same way
}

func newTokens(config Config, next wire.Handler, secrets *wire.Secrets) *tokens {
	return &tokens{
		next: next, config: config, secrets: secrets, turn: semaphore.NewWeighted(1),
		own: Token{Access: config.Token}, passwords: []string{config.Password},
	}
}

// Do sends a request with a token, and with another one if that is refused.
func (t *tokens) Do(ctx context.Context, r wire.Request) (wire.Response, error) {
	switch {
	case r.Kind.Authenticates():
		return t.next.Do(ctx, r)
	case r.Kind == wire.Probe:
		return t.next.Do(ctx, t.asProbe(r))
	}
	entered := time.Now()
	for refusals := 0; ; refusals++ {
		token, err := t.get(ctx, r, entered)
		if err != nil {
			return wire.Response{Lost: r.Lost}, err
		}
		r.Token = token
		got, err := t.next.Do(ctx, r)
		r.Lost = got.Lost
		refusal := wire.AsError(err)
		if refusal == nil || refusal.Status != http.StatusUnauthorized || refusal.Origin == wire.Foreign {
			return got, err
		}
		isAboutPassword, err := t.isAboutPassword(ctx, r, refusal)
		switch {
		case err != nil:
			return got, err
		case isAboutPassword:
			return got, refusal.Because(wire.PasswordRefused)
		case !refusal.IsAboutToken(), t.config.Token != "":
			return got, refusal
		case !t.mayRenew(ctx, r, refusal, refusals):
			return got, refusal.Because(wire.SessionRefused)
		}
		t.recordRefused(token, refusal.Reason)
	}
}

// isAboutPassword reports whether a 401 refuses a password in the body. The status for a wrong oldPassword is not documented, so
// that a 401 which names the token may be about either: a read of the same path, which has no password, shows which.
func (t *tokens) isAboutPassword(ctx context.Context, r wire.Request, refusal *wire.Error) (bool, error) {
	switch {
	case !r.HoldsPassword:
		return false, nil
	case !refusal.IsAboutToken():
		return true, nil
	}
	isAccepted, failure := t.accepts(ctx, r, r.Path)
	if failure != nil {
		return false, failure.Of(r.Operation, refusal.Outcome).Saying("it is unknown whether the password or the token was refused: " + failure.Message)
	}
	return isAccepted, nil
}

// asProbe gives a probe the last token, also if it has expired: a refusal is an answer too. Without one, it asks for the version
// of the product, which needs none to be refused.
func (t *tokens) asProbe(r wire.Request) wire.Request {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.Token = t.own.Access; r.Token == "" {
		r.Path, r.Query = versionPath, nil
	}
	return r
}

// accepts reports whether the appliance accepts a token, by a read. It returns the failure of a read that it did not answer.
func (t *tokens) accepts(ctx context.Context, r wire.Request, path string) (bool, *wire.Error) {
	_, err := t.next.Do(ctx, wire.Request{
		Kind: wire.Read, Operation: r.Operation, Method: http.MethodGet, Path: path, Token: r.Token, Revision: r.Revision,
	})
	if e := wire.AsError(err); e != nil && !e.IsAnswer() {
		return false, e
	}
	return !wire.IsStatus(err, http.StatusUnauthorized), nil
}

// mayRenew reports whether a refused request may be sent with another token. Once tokens have been refused that had not expired,
// such a refusal may be about something else: then the token must be refused for the product version as well.
func (t *tokens) mayRenew(ctx context.Context, r wire.Request, refusal *wire.Error, refusals int) bool {
	if refusal.Reason == wire.TokenExpired {
		return refusals < maxExpirations
	}
	t.mu.Lock()
	isRecurring := len(t.invalid) >= maxRefusals
	t.mu.Unlock()
	if refusals >= maxRefusals || !isRecurring {
		return refusals < maxRefusals
	}
	isAccepted, failure := t.accepts(ctx, r, versionPath)
	return !isAccepted && failure == nil
}

// get returns a valid access token, signing in or renewing first where needed. If a shared sign-in fails while the
// request waits, the request fails too: another sign-in would only count as one more wrong password.
func (t *tokens) get(ctx context.Context, r wire.Request, entered time.Time) (string, error) {
	revision := r.Revision
	for {
		if own, err := t.ready(revision, entered); own.Access != "" || err != nil {
			return own.Access, err
		}
		// All waiting requests share the sign-in: it does not end with the request that started it.
		done := t.signingIn.DoChan("", func() (any, error) { t.renew(context.WithoutCancel(ctx), revision, entered); return nil, nil })
		select {
		case <-done:
		case <-ctx.Done():
			return "", wire.Interrupted(r)
		}
	}
}

// ready returns the session, without its access token if that is not valid any more. It returns an error if a request must not
// sign in then.
func (t *tokens) ready(revision string, entered time.Time) (own Token, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if own = t.own; own.Access != "" && (own.RenewAt.IsZero() || time.Now().Before(own.RenewAt)) {
		return own, nil
	}
	own.Access = ""
	if t.isClosed {
		return own, wire.Interrupted(t.signInRequest())
	}
	failure := t.failure
	isSameRevision := failure != nil && (failure.Reason != wire.UnsupportedVersion || t.failedIn == revision)
	if isSameRevision && (isFinal(failure) || !entered.After(t.failedAt)) {
		return own, failure
	}
	return own, nil
}

func (t *tokens) signInRequest() wire.Request {
	return wire.Request{Kind: wire.SignIn, Operation: "sign in to " + t.config.Host}
}

// recordRefused records that the appliance did not accept a token.
func (t *tokens) recordRefused(token string, reason wire.Reason) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.own.Access != token {
		return
	}
	t.own.Access = ""
	if reason != wire.TokenExpired {
		t.invalid = append(t.invalid, token)
	}
}

// renew exchanges the refresh token, and signs in if there is none or it has expired as well.
func (t *tokens) renew(ctx context.Context, revision string, entered time.Time) {
	token, err := t.ready(revision, entered)
	if token.Access != "" || err != nil {
		return // another request was faster
	}
	refresh := token.Refresh
	if refresh != "" {
		token, err = t.exchangeRefreshToken(ctx, t.next, revision, refresh)
		if e := wire.AsError(err); e != nil && e.Status != 0 && !isLikelyShared(e) {
			refresh = "" // else it was not looked at, and may still be good
		}
	}
	if refresh == "" {
		token, err = t.signInAsConfigured(ctx, t.next, revision)
	}

	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.own.Refresh = refresh
		t.failure, t.failedAt, t.failedIn = wire.AsError(err), time.Now(), revision
		if t.failure == nil { // the request would sign in for ever
			t.failure = wire.Failed(t.signInRequest(), wire.Unspecified, t.secrets.Redact(err.Error()))
		}
		return
	}
	t.own, t.failure = token, nil
}

// signInAsConfigured opens a session as the configured user. While that user's password is being changed, it has one of
// two. Sign-ins take turns, and none is sent after a refusal: it would only count as one more wrong password.
func (t *tokens) signInAsConfigured(ctx context.Context, handler wire.Handler, revision string) (token Token, err error) {
	if t.turn.Acquire(ctx, 1) != nil {
		return Token{}, wire.Interrupted(t.signInRequest())
	}
	defer t.turn.Release(1)
	t.mu.Lock()
	passwords, refusal := slices.Clone(t.passwords), t.refusal
	t.mu.Unlock()
	if refusal != nil {
		return Token{}, refusal
	}
	who := t.config.Credentials
	for _, password := range passwords {
		who.Password = password
		if token, err = t.signIn(ctx, handler, revision, who); !wire.IsReason(err, wire.LoginRefused) {
			break
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := wire.AsError(err); {
	case err == nil:
		if at := slices.Index(t.passwords, who.Password); at > 0 {
			t.passwords[0], t.passwords[at] = t.passwords[at], t.passwords[0]
		}
	case e != nil && !wire.IsBlocked(err) && isFinal(e) && e.Reason != wire.UnsupportedVersion:
		t.refusal = e
	}
	return token, err
}

// VersionRequest reads the version of the product, for an operation that errors name. It is in every revision of the API.
func VersionRequest(operation string) wire.Request {
	return wire.Request{Kind: wire.Version, Operation: operation, Method: http.MethodGet, Path: versionPath}
}

const versionPath = "/system/version"
