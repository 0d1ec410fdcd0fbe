package session

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

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
	signingIn singleflight.Group
	usedCodes sync.Map // the MFA codes that were given and sent, with their users: each works once

	mu        sync.Mutex
	isClosed  bool
	own       Token       // of the current session, or the configured access token
	passwords []string    // that the configured user may have, the most likely first
	invalid   []string    // tokens that were refused without having expired: their sessions may still be open
	failure   *wire.Error // of the last sign-in or renewal that failed
	failedAt  time.Time
	failedIn  string // revision of the API
}

func newTokens(config Config, next wire.Handler, secrets *wire.Secrets) *tokens {
	return &tokens{next: next, config: config, secrets: secrets, own: Token{Access: config.Token}, passwords: []string{config.Password}}
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
		switch {
		case refusal == nil, refusal.Status != http.StatusUnauthorized:
			return got, err
		case !refusal.IsAboutToken() || r.HoldsPassword && t.accepts(ctx, r, r.Path):
			if r.HoldsPassword {
				refusal = refusal.Because(wire.PasswordRefused)
			}
			return got, refusal
		case t.config.Token != "":
			return got, refusal
		case !t.mayRenew(ctx, r, refusal, refusals):
			return got, refusal.Because(wire.SessionRefused)
		}
		t.refused(token, refusal.Reason)
	}
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

// accepts reports whether a token is valid despite a 401. The status for a wrong oldPassword is not documented, so that
// a 401 may be about the password or the token. A read of the same path, which has no password, shows which.
func (t *tokens) accepts(ctx context.Context, r wire.Request, path string) bool {
	_, err := t.next.Do(ctx, wire.Request{
		Kind: wire.Read, Operation: r.Operation, Method: http.MethodGet, Path: path, Token: r.Token, Revision: r.Revision,
	})
	return !wire.IsStatus(err, http.StatusUnauthorized)
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
	return refusals < maxRefusals && (!isRecurring || !t.accepts(ctx, r, versionPath))
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
	switch failure := t.failure; {
	case t.isClosed:
		err = wire.Interrupted(wire.Request{Kind: wire.SignIn, Operation: "sign in to " + t.config.Host})
	case failure == nil, failure.Reason == wire.UnsupportedVersion && t.failedIn != revision:
	case isFinal(failure), !entered.After(t.failedAt):
		err = failure
	}
	return own, err
}

// refused records that the appliance did not accept a token.
func (t *tokens) refused(token string, reason wire.Reason) {
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
		if e := wire.AsError(err); e != nil && e.Status != 0 && !isTrouble(e) {
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
		return
	}
	t.own = token
}

// signInAsConfigured opens a session as the configured user. While that user's password is being changed, it has one of
// two.
func (t *tokens) signInAsConfigured(ctx context.Context, handler wire.Handler, revision string) (token Token, err error) {
	t.mu.Lock()
	passwords := slices.Clone(t.passwords)
	t.mu.Unlock()
	who := t.config.Credentials
	for _, password := range passwords {
		who.Password = password
		if token, err = t.signIn(ctx, handler, revision, who); !wire.IsReason(err, wire.LoginRefused) {
			break
		}
	}
	return token, err
}

// VersionRequest reads the version of the product, which is in every revision of the API.
func VersionRequest(host string) wire.Request {
	return wire.Request{Kind: wire.Version, Operation: "read the product version on " + host, Method: http.MethodGet, Path: versionPath}
}

const versionPath = "/system/version"
