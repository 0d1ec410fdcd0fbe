package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Token is what a sign-in gives.
type Token struct {
	Access  string
	Refresh string
	// Expires is when the access token ends, by this machine's clock; zero when the appliance did not say.
	Expires time.Time
}

// RenewAt is when to renew the token: it leaves the last tenth of its life, at most half a minute, for the request that
// carries it. Zero when the appliance did not say how long it lives.
func (t Token) RenewAt() time.Time {
	if t.Expires.IsZero() {
		return t.Expires
	}
	return t.Expires.Add(-min(30*time.Second, time.Until(t.Expires)/10))
}

// ErrNoUser says that a client which was given a bare token has no user to sign in as.
var ErrNoUser = errors.New("the client has a token and no user to sign in as")

// tokenAnswer holds the fields of a /token answer that matter. The dates beside them come in forms that differ
// between revisions, and must not be able to break a login.
type tokenAnswer struct {
	AccessToken  string          `json:"access_token"`
	RefreshToken string          `json:"refresh_token"`
	ExpiresIn    json.RawMessage `json:"expires_in"`
	MFAToken     string          `json:"mfa_token"`
}

// SignIn opens a session with a user's name and password, and with mfaCode where the user has MFA on.
func (c *Client) SignIn(ctx context.Context, username, password, mfaCode string) (Token, error) {
	r := tokenRequest("sign in as "+strconv.Quote(username), url.Values{
		"grant_type": {"password"}, "username": {username}, "password": {password},
	}, password)
	got, err := c.grant(ctx, r)
	if err != nil {
		return Token{}, because(err, LoginRefused)
	}
	if got.AccessToken == "" && got.MFAToken != "" {
		if mfaCode == "" {
			return Token{}, &Error{Operation: r.operation, Reason: MFARequired, Message: "the user has multi-factor authentication on"}
		}
		r.form = url.Values{"grant_type": {"mfa"}, "mfa_token": {got.MFAToken}, "mfa_code": {mfaCode}}
		r.secrets = append(r.secrets, got.MFAToken, mfaCode)
		if got, err = c.grant(ctx, r); err != nil {
			return Token{}, because(err, MFARefused)
		}
	}
	return got.token(r)
}

// SignInAsConfigured opens one more session with the user of [Config], beside the client's own. Without a user that is
// [ErrNoUser].
func (c *Client) SignInAsConfigured(ctx context.Context) (Token, error) {
	if c.config.Token != "" {
		return Token{}, ErrNoUser
	}
	return c.SignIn(ctx, c.config.Username, c.config.Password, c.config.MFACode)
}

// RefreshToken exchanges a refresh token for a new pair.
func (c *Client) RefreshToken(ctx context.Context, refreshToken string) (Token, error) {
	r := tokenRequest("refresh the access token", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {refreshToken},
	}, refreshToken)
	got, err := c.grant(ctx, r)
	if err != nil {
		return Token{}, err
	}
	return got.token(r)
}

// SignOut ends the session of an access token. A session that has ended already is no error.
func (c *Client) SignOut(ctx context.Context, accessToken string) error {
	r := request{operation: "sign out", method: http.MethodDelete, path: "/token"}
	_, err := c.exchange(ctx, r, accessToken)
	if refusal, ok := errors.AsType[*Error](err); ok && refusal.Status == http.StatusUnauthorized {
		return nil
	}
	return err
}

func tokenRequest(operation string, form url.Values, secrets ...string) request {
	return request{operation: operation, method: http.MethodPost, path: "/token", form: form, secrets: secrets, anonymous: true}
}

func (c *Client) grant(ctx context.Context, r request) (tokenAnswer, error) {
	var got tokenAnswer
	_, err := c.call(ctx, r, &got)
	if failure, ok := errors.AsType[*Error](err); ok && failure.Reason == Unreadable {
		failure.Message = "the answer is not what the API documents" // its text may hold a token
	}
	return got, err
}

func (t tokenAnswer) token(r request) (Token, error) {
	if t.AccessToken == "" || strings.ContainsFunc(t.AccessToken, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return Token{}, &Error{Operation: r.operation, Status: http.StatusOK, Reason: Unreadable, Message: "the answer holds no access token"}
	}
	token := Token{Access: t.AccessToken, Refresh: t.RefreshToken}
	seconds, err := strconv.ParseInt(strings.Trim(string(t.ExpiresIn), `"`), 10, 32)
	if err == nil && seconds > 0 {
		token.Expires = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	return token, nil
}

// because gives a refusal to sign in its reason, unless it has a truer one, such as an unsupported revision.
func because(err error, reason Reason) error {
	refusal, ok := errors.AsType[*Error](err)
	if ok && (refusal.Status == http.StatusUnauthorized || IsRefused(refusal)) {
		switch refusal.Reason {
		case Unspecified, TokenInvalid, TokenExpired, AccessDenied:
			refusal.Reason = reason
		}
	}
	return err
}

// session is the client's own sign-in. All concurrent requests share one login or refresh.
type session struct {
	client *Client
	flight singleflight.Group

	mu      sync.Mutex
	access  string // the configured token, or the current one
	refresh string
	renewAt time.Time // zero when only a refusal can tell
	ended   *Error    // why signing in again is pointless
}

// token gives a valid access token, signing in or refreshing first where needed.
func (s *session) token(ctx context.Context) (string, error) {
	for {
		if access := s.current(); access != "" {
			return access, nil
		}
		if err := s.failure(); err != nil {
			return "", err
		}
		// The login belongs to all who wait for it: it does not end with the request that happened to start it.
		done := s.flight.DoChan("renew", func() (any, error) { return nil, s.renew(context.WithoutCancel(ctx)) })
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case result := <-done:
			if err := cmp.Or(s.failure(), result.Err); err != nil {
				return "", err
			}
		}
	}
}

// current gives the access token while it is good for a request.
func (s *session) current() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.renewAt.IsZero() || time.Now().Before(s.renewAt) {
		return s.access
	}
	return ""
}

// failure tells why signing in again is pointless, the first time as news. Nil while it is not.
func (s *session) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == nil {
		return nil
	}
	failure := *s.ended
	s.ended.Repeated = true
	return &failure
}

// refused takes note that the appliance did not accept a token. A configured token cannot be replaced.
func (s *session) refused(token string, refusal *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.access == token {
		s.access = ""
		if s.client.config.Token != "" {
			s.ended = refusal
		}
	}
}

// renew refreshes, and signs in when there is nothing to refresh or the refresh token has expired as well.
func (s *session) renew(ctx context.Context) error {
	s.mu.Lock()
	refresh, ended := s.refresh, s.ended != nil
	s.mu.Unlock()
	if ended || s.current() != "" {
		return nil // somebody else was faster
	}

	var (
		token Token
		err   error
	)
	if refresh != "" {
		token, err = s.client.RefreshToken(ctx, refresh)
		if failure, ok := errors.AsType[*Error](err); ok && failure.Status == 0 {
			return err // no answer: the refresh token may still be good
		}
	}
	if refresh == "" || err != nil {
		token, err = s.client.SignInAsConfigured(ctx)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.refresh = ""
		if failure, ok := errors.AsType[*Error](err); ok && isFinal(failure) {
			s.ended = failure
		}
		return err
	}
	s.access, s.refresh, s.renewAt = token.Access, token.Refresh, token.RenewAt()
	return nil
}

// isFinal tells whether signing in again would end the same way. Trying on would only lock the user out.
func isFinal(failure *Error) bool {
	switch failure.Reason {
	case LoginRefused, MFARequired, MFARefused, UnsupportedVersion, LicenseNotAccepted, UntrustedCertificate, CertificateNotGiven, CertificateForAnotherName,
		CertificateExpired, CertificateNotYetValid, NotTLS, SpeaksTLS:
		return true
	}
	return false
}
