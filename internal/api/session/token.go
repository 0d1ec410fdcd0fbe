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

// These bound how often one request is sent again because its token was refused, or had expired when it arrived.
const (
	maxRefusals    = 2
	maxExpirations = 10 // an expired token says nothing about the next one
)

// tokens is the handler that gives requests the token of the client's own session. Concurrent requests share a sign-in or renewal.
type tokens struct {
	next      wire.Handler
	config    Config
	secrets   *wire.Secrets
	signingIn singleflight.Group  // of the client's own session
	turn      *semaphore.Weighted // of signing in as the configured user
	usedCodes sync.Map            // the MFA codes that were given and sent, with their users: each works once

	mu        sync.Mutex
	isClosed  bool
	own       Token    // of the current session, or the configured access token
	passwords []string // that the configured user may have, the most likely first
	invalid   []string // tokens that were refused without having expired: their sessions may still be open
	failure   error    // of the sign-in or renewal before; nil if it succeeded
	failedAt  time.Time
	failedIn  string // revision of the API
	refusal   error  // of a sign-in as the configured user, if another one would end the same way
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
		if r.HoldsPassword {
			if e := t.asPasswordRefusal(ctx, r, refusal); e != nil {
				return got, e
			}
		}
		switch {
		case !refusal.IsAboutToken(), t.config.Token != "":
			return got, refusal
		case !t.discard(ctx, r, refusal, refusals):
			return got, refusal.Because(wire.SessionRefused)
		}
	}
}

// asPasswordRefusal returns the error of a 401 that refuses a password in the body, nil if it refuses the token. The status for a wrong
// oldPassword is not documented: if the 401 names the token, a read of the same path, which has no password, shows which it is about.
func (t *tokens) asPasswordRefusal(ctx context.Context, r wire.Request, refusal *wire.Error) *wire.Error {
	var failure *wire.Error
	if refusal.IsAboutToken() {
		failure = t.look(ctx, r, r.Path)
	}
	switch {
	case failure == nil:
		return refusal.Because(wire.PasswordRefused)
	case failure.IsAnswer():
		return nil
	}
	return failure.Of(r.Operation, refusal.Outcome).Saying("it is unknown whether the password or the token was refused: " + failure.Message)
}

// look reads a path with the token of a request. It returns nil if the appliance accepts the token, whatever else it answers.
func (t *tokens) look(ctx context.Context, r wire.Request, path string) *wire.Error {
	_, err := t.next.Do(ctx, wire.Request{
		Kind: wire.Read, Operation: r.Operation, Method: http.MethodGet, Path: path, Token: r.Token, Revision: r.Revision,
	})
	if e := wire.AsError(err); e != nil && (e.Status == http.StatusUnauthorized || !e.IsAnswer()) {
		return e
	}
	return nil
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

// discard forgets a refused token, and reports whether the request may be sent with another one. Once tokens have been refused that
// had not expired, such a refusal may be about something else: then the token must be refused for the product version as well.
func (t *tokens) discard(ctx context.Context, r wire.Request, refusal *wire.Error, refusals int) bool {
	isExpired := refusal.Reason == wire.TokenExpired
	t.mu.Lock()
	isRecurring := !isExpired && len(t.invalid) >= maxRefusals
	t.mu.Unlock()
	switch {
	case refusals >= maxExpirations, refusals >= maxRefusals && !isExpired:
		return false
	case isRecurring:
		if failure := t.look(ctx, r, versionPath); failure == nil || !failure.IsAnswer() {
			return false
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.own.Access == r.Token {
		t.own.Access = ""
		if !isExpired {
			t.invalid = append(t.invalid, r.Token)
		}
	}
	return true
}

// get returns a valid access token, signing in or renewing first where needed. If a shared sign-in fails while the
// request waits, the request fails too: another sign-in would only count as one more wrong password.
func (t *tokens) get(ctx context.Context, r wire.Request, entered time.Time) (string, error) {
	for {
		token, renewed, err := t.ready(ctx, r, entered)
		if renewed == nil {
			return token, err
		}
		select {
		case <-renewed:
		case <-ctx.Done():
			return "", wire.Interrupted(r)
		}
	}
}

// ready returns the access token if it is valid, an error if a request must not sign in then, or else a channel that receives when the
// session has been renewed. All waiting requests share the renewal: it does not end with the request that started it.
func (t *tokens) ready(ctx context.Context, r wire.Request, entered time.Time) (string, <-chan singleflight.Result, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	own := t.own
	isRelevant := t.failure != nil && (t.failedIn == r.Revision || !wire.IsReason(t.failure, wire.UnsupportedVersion))
	switch {
	case own.Access != "" && (own.RenewAt.IsZero() || time.Now().Before(own.RenewAt)):
		return own.Access, nil, nil
	case t.isClosed:
		return "", nil, wire.Interrupted(r)
	case isRelevant && (isFinal(t.failure) || !entered.After(t.failedAt)): // not so a refusal of another revision
		return "", nil, t.failure
	}
	renew := func() (any, error) { t.renew(context.WithoutCancel(ctx), r.Revision, own.Refresh); return nil, nil }
	return "", t.signingIn.DoChan("", renew), nil
}

// renew exchanges the refresh token, and signs in if there is none or it has expired as well.
func (t *tokens) renew(ctx context.Context, revision, refresh string) {
	var token Token
	var err error
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
	t.failure, t.failedAt, t.failedIn = err, time.Now(), revision
	t.own.Refresh = refresh
	if err == nil {
		t.own = token
	}
}

// signInAsConfigured opens a session as the configured user. While that user's password is being changed, it has one of
// two. Sign-ins take turns, and none is sent after a refusal: it would only count as one more wrong password.
func (t *tokens) signInAsConfigured(ctx context.Context, handler wire.Handler, revision string) (token Token, err error) {
	if t.turn.Acquire(ctx, 1) != nil {
		return Token{}, wire.Interrupted(wire.Request{Kind: wire.SignIn, Operation: "sign in to " + t.config.Host})
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
	switch at := slices.Index(t.passwords, who.Password); {
	case err == nil && at > 0:
		t.passwords[0], t.passwords[at] = t.passwords[at], t.passwords[0]
	case isFinal(err) && !wire.IsBlocked(err) && !wire.IsReason(err, wire.UnsupportedVersion):
		t.refusal = err
	}
	return token, err
}

// VersionRequest reads the version of the product, for an operation that errors name. It is in every revision of the API.
func VersionRequest(operation string) wire.Request {
	return wire.Request{Kind: wire.Version, Operation: operation, Method: http.MethodGet, Path: versionPath}
}

const versionPath = "/system/version"
