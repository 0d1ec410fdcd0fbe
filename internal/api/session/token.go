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
	next     wire.Handler
	config   Config
	secrets  *wire.Secrets
	renewals singleflight.Group
	used     usedCodes

	mu        sync.Mutex
	access    string // the configured token, or the current one
	refresh   string
	renewAt   time.Time // zero when only a refusal can tell
	passwords []string  // passwords that the configured user may have, the most likely first
	invalid   []string  // tokens that were refused without having expired: their sessions may still be open
	failure   *wire.Error
	failedAt  time.Time
	failedIn  string // revision of the API
	isFutile  bool   // the tokens of new sessions were refused as well, so that another sign-in would help no request
	isClosed  bool
}

func newTokens(config Config, next wire.Handler, secrets *wire.Secrets) *tokens {
	return &tokens{next: next, config: config, secrets: secrets, access: config.Token, passwords: []string{config.Password}}
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
		case t.mayRenew(ctx, r, refusal, refusals):
			t.refused(token, refusal.Reason)
			continue
		}
		t.giveUp()
		return got, refusal.Because(wire.SessionRefused)
	}
}

// asProbe gives a probe the last token, also if it has expired: a refusal is an answer too. Without one, it asks for the version
// of the product, which needs none to be refused.
func (t *tokens) asProbe(r wire.Request) wire.Request {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.Token = t.access; r.Token == "" {
		r.Path, r.Query = VersionRequest("").Path, nil
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

// mayRenew reports whether a refused request may be sent with another token.
func (t *tokens) mayRenew(ctx context.Context, r wire.Request, refusal *wire.Error, refusals int) bool {
	if refusal.Reason == wire.TokenExpired {
		return refusals < maxExpirations
	}
	t.mu.Lock()
	isFutile := t.isFutile
	t.mu.Unlock()
	return refusals < maxRefusals && (!isFutile || !t.accepts(ctx, r, VersionRequest("").Path))
}

// get returns a valid access token, signing in or renewing first where needed. If a shared sign-in fails while the
// request waits, the request fails too: another sign-in would only count as one more wrong password.
func (t *tokens) get(ctx context.Context, r wire.Request, entered time.Time) (string, error) {
	for {
		if access := t.current(); access != "" {
			return access, nil
		}
		if failure := t.failed(r.Revision, entered); failure != nil {
			return "", failure
		}
		// All waiting requests share the sign-in: it does not end with the request that started it.
		done := t.renewals.DoChan(r.Revision, func() (any, error) { return nil, t.renew(context.WithoutCancel(ctx), r.Revision) })
		select {
		case <-ctx.Done():
			return "", wire.Interrupted(r)
		case result := <-done:
			if result.Err != nil {
				return "", result.Err
			}
		}
	}
}

// current returns the access token while it is valid for a request.
func (t *tokens) current() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.renewAt.IsZero() || time.Now().Before(t.renewAt) {
		return t.access
	}
	return ""
}

// failed returns the failure of an earlier sign-in that a request shares.
func (t *tokens) failed(revision string, entered time.Time) *wire.Error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.failure == nil:
	case t.failedIn == revision && (isFinal(t.failure) || !entered.After(t.failedAt)),
		isFinal(t.failure) && t.failure.Reason != wire.UnsupportedVersion:
		return t.failure
	}
	return nil
}

// refused records that the appliance did not accept a token.
func (t *tokens) refused(token string, reason wire.Reason) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.access != token {
		return
	}
	t.access = ""
	if reason != wire.TokenExpired {
		t.invalid = append(t.invalid, token)
	}
}

// giveUp records that the tokens of new sessions were refused as well: the refusals are not about the session.
func (t *tokens) giveUp() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.isFutile = true
}

// renew exchanges the refresh token, and signs in if there is none or it has expired as well.
func (t *tokens) renew(ctx context.Context, revision string) error {
	t.mu.Lock()
	refresh, isClosed := t.refresh, t.isClosed
	t.mu.Unlock()
	switch {
	case isClosed:
		return wire.Interrupted(wire.Request{Kind: wire.SignIn, Operation: "sign in to " + t.config.Host})
	case t.current() != "":
		return nil // another request was faster
	}
	var (
		token Token
		err   error
	)
	if refresh != "" {
		token, err = t.exchangeRefreshToken(ctx, t.next, revision, refresh)
		if e := wire.AsError(err); e != nil && (e.Status == 0 || isTrouble(e)) {
			return err // the refresh token was not looked at, and may still be good
		}
	}
	if refresh == "" || err != nil {
		token, err = t.signInAsConfigured(ctx, t.next, revision)
	}

	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.refresh = ""
		t.failure, t.failedAt, t.failedIn = wire.AsError(err), time.Now(), revision
		return err
	}
	t.access, t.refresh, t.renewAt = token.Access, token.Refresh, token.RenewAt()
	return nil
}

// signInAsConfigured opens a session as the configured user. While that user's password is being changed, it has one of
// two.
func (t *tokens) signInAsConfigured(ctx context.Context, handler wire.Handler, revision string) (token Token, err error) {
	t.mu.Lock()
	passwords := slices.Clone(t.passwords)
	t.mu.Unlock()
	for _, password := range passwords {
		token, err = t.signIn(ctx, handler, revision, Credentials{
			Username: t.config.Username, Password: password, MFACode: t.config.MFACode, MFASecret: t.config.MFASecret,
		})
		if !wire.IsReason(err, wire.LoginRefused) {
			break
		}
	}
	return token, err
}
