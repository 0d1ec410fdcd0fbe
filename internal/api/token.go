package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
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

// Credentials are what a user signs in with.
type Credentials struct {
	Username, Password string
	MFACode            string // one code, good for one sign-in
	MFASecret          string // from [ParseMFASecret], for a fresh code at every sign-in
}

// maxCodes bounds how many codes of a secret one sign-in tries. The first may have been used by another process.
const maxCodes = 2

// lockedUser finds, in the words of a refused sign-in, that the user is locked.
var lockedUser = regexp.MustCompile(`(?i)\b(locked|lockout)\b`)

// SignIn opens a session. A user with MFA on needs a code; one of a secret that is refused, because it has been used or
// because the clocks differ, is followed by the next.
func (c *Client) SignIn(ctx context.Context, who Credentials) (Token, error) {
	r := c.tokenRequest("sign in to "+c.config.BaseURL.Host+" as "+who.Username, url.Values{
		"grant_type": {"password"}, "username": {who.Username}, "password": {who.Password},
	}, who.Password)
	begun := time.Now()
	first, err := c.grant(ctx, r)
	if err != nil {
		return Token{}, c.because(err, LoginRefused)
	}
	for codes := 1; first.AccessToken == "" && first.MFAToken != ""; codes++ {
		code, waited, err := c.nextCode(ctx, r, who)
		if err != nil {
			return Token{}, err
		}
		if waited || codes > 1 { // a refusal spends the first half of a sign-in, and nothing says how long it is good
			if first, err = c.grant(ctx, r); err != nil {
				return Token{}, c.because(err, LoginRefused)
			}
		}
		second := r
		second.form = url.Values{"grant_type": {"mfa"}, "mfa_token": {first.MFAToken}, "mfa_code": {code}}
		c.secrets.keep(code)
		got, err := c.grant(ctx, second)
		if err == nil {
			return got.token(second)
		}
		if who.MFASecret == "" {
			return Token{}, c.because(err, MFARefused)
		}
		if err = c.because(err, MFASecretRefused); !isReason(err, MFASecretRefused) {
			return Token{}, err
		}
		if codes == maxCodes {
			refusal, _ := asError(err)
			refusal.Message = fmt.Sprintf("%s. The provider tried %d codes in %s", strings.TrimRight(refusal.Message, "."), codes, brief(time.Since(begun)))
			return Token{}, err
		}
		tflog.Info(ctx, "the appliance refused an MFA code, which may have been used already: the next one follows")
	}
	return first.token(r)
}

// nextCode gives a code that has not been sent before, and tells whether it had to wait for that.
func (c *Client) nextCode(ctx context.Context, r request, who Credentials) (code string, waited bool, err error) {
	switch {
	case who.MFASecret != "":
		if code, waited, err = codes.next(ctx, who.MFASecret); err != nil {
			return "", false, c.hindered(r, err)
		}
		return code, waited, nil
	case who.MFACode == "":
		return "", false, &Error{Operation: r.operation, Reason: MFARequired, signsIn: true, Message: "the user has multi-factor authentication on"}
	}
	if _, used := c.usedCodes.LoadOrStore(who.Username+"\x00"+who.MFACode, nil); used {
		return "", false, &Error{Operation: r.operation, Reason: MFAUsed, signsIn: true, Message: "another sign-in is needed, and the code was sent with the first"}
	}
	return who.MFACode, false, nil
}

// SignInAsConfigured opens one more session with the user of [Config], beside the client's own. Without a user that is
// [ErrNoUser]. While the user's password is being changed there are two that it may have.
func (c *Client) SignInAsConfigured(ctx context.Context) (Token, error) {
	if c.config.Token != "" {
		return Token{}, ErrNoUser
	}
	var (
		token Token
		err   error
	)
	for _, password := range c.session.passwordsToTry() {
		token, err = c.SignIn(ctx, Credentials{
			Username: c.config.Username, Password: password, MFACode: c.config.MFACode, MFASecret: c.config.MFASecret,
		})
		if !isReason(err, LoginRefused) {
			break
		}
	}
	return token, err
}

// SignsInAs tells whether the client signs in as a user. One that was given a bare token does not know.
func (c *Client) SignsInAs(name string) bool {
	return c.config.Token == "" && name != "" && name == c.config.Username
}

// RefreshToken exchanges a refresh token for a new pair.
func (c *Client) RefreshToken(ctx context.Context, refreshToken string) (Token, error) {
	r := c.tokenRequest("refresh the access token of "+c.config.BaseURL.Host, url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {refreshToken},
	}, refreshToken)
	got, err := c.grant(ctx, r)
	if err != nil {
		if isReason(err, TokenInvalid) || isReason(err, TokenExpired) {
			failure, _ := asError(err)
			failure.Reason = SessionRefused
		}
		return Token{}, err
	}
	return got.token(r)
}

// SignOut ends the session of an access token. A session that has ended already is no error.
func (c *Client) SignOut(ctx context.Context, accessToken string) error {
	err := c.endSession(ctx, accessToken)
	if isStatus(err, http.StatusUnauthorized) {
		return nil
	}
	return err
}

func (c *Client) endSession(ctx context.Context, accessToken string) error {
	r := request{operation: "sign out", method: http.MethodDelete, path: "/token"}
	_, err := within(ctx, c, func() (answer, error) { return c.exchange(ctx, r, accessToken, c.revision.get()) })
	return err
}

// within waits no longer than a context for what ends a session: a POST or DELETE does not end with its context by itself.
func within[T any](ctx context.Context, c *Client, send func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := send()
		done <- result{value, err}
	}()
	select {
	case <-ctx.Done():
		var none T
		return none, c.hindered(request{operation: "sign out"}, ctx.Err())
	case got := <-done:
		return got.value, got.err
	}
}

func (c *Client) tokenRequest(operation string, form url.Values, secrets ...string) request {
	c.secrets.keep(secrets...)
	return request{
		operation: operation, method: http.MethodPost, path: "/token", form: form, signsIn: true, findsRevision: true,
	}
}

func (c *Client) grant(ctx context.Context, r request) (tokenAnswer, error) {
	var got tokenAnswer
	_, err := c.call(ctx, r, &got)
	c.secrets.keep(got.AccessToken, got.RefreshToken, got.MFAToken)
	if failure, ok := asError(err); ok && failure.Reason == Unreadable && !failure.foreign {
		failure.Message = "the answer is not what the API documents" // its text may hold a token
	}
	return got, err
}

func (t tokenAnswer) token(r request) (Token, error) {
	if t.AccessToken == "" || strings.ContainsFunc(t.AccessToken, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return Token{}, &Error{Operation: r.operation, Status: http.StatusOK, Reason: Unreadable, signsIn: true, Message: "the answer holds no access token"}
	}
	token := Token{Access: t.AccessToken, Refresh: t.RefreshToken}
	seconds, err := strconv.ParseInt(strings.Trim(string(t.ExpiresIn), `"`), 10, 32)
	if err == nil && seconds > 0 {
		token.Expires = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	return token, nil
}

// because gives a refusal to sign in its reason, unless it has a truer one, such as an unsupported revision. What is no
// problem document is nobody's word about a password, and neither is that there is no such path: something in between has
// answered, or something else.
func (c *Client) because(err error, reason Reason) error {
	refusal, ok := asError(err)
	if !ok {
		return err
	}
	switch {
	case refusal.Status < 400 || refusal.Status > 499 || refusal.Status == http.StatusTooManyRequests:
	case !refusal.foreign && (refusal.Status == http.StatusLocked || refusal.known && refusal.Reason != UnsupportedVersion && lockedUser.MatchString(refusal.Message)):
		refusal.Reason = UserLocked
	case !refusal.known:
		refusal.Reason = Unreadable
		refusal.ends = refusal.Status == http.StatusUnauthorized && !refusal.foreign // it may have been the appliance, which locks users out
	case refusal.Status == http.StatusNotFound, refusal.Status == http.StatusMethodNotAllowed:
		if refusal.Reason == Unspecified {
			refusal.Reason = Unreadable
		}
	case refusal.Status == http.StatusBadRequest, refusal.Status == http.StatusUnauthorized, refusal.Status == http.StatusForbidden:
		switch refusal.Reason {
		case Unspecified, TokenInvalid, TokenExpired, AccessDenied:
			refusal.Reason = reason
			if refusal.Status == http.StatusBadRequest && c.revision.isGuess() { // it may be the revision that is refused
				refusal.Message = strings.TrimRight(refusal.Message, ".") + " (the API revision " + c.revision.get() + " is not yet confirmed)"
			}
		}
	}
	return err
}

func isReason(err error, reason Reason) bool {
	failure, ok := asError(err)
	return ok && failure.Reason == reason
}

// session is the client's own sign-in. All concurrent requests share one login or refresh.
type session struct {
	client *Client
	flight singleflight.Group

	mu        sync.Mutex
	access    string // the configured token, or the current one
	refresh   string
	renewAt   time.Time // zero when only a refusal can tell
	passwords []string  // those that the configured user may have, the likeliest first
	invalid   []string  // tokens that were refused without having expired: their sessions may be open all the same
	futile    bool
	closed    bool
}

func newSession(c *Client) session {
	return session{client: c, access: c.config.Token, passwords: []string{c.config.Password}}
}

// token gives a valid access token, signing in or refreshing first where needed.
func (s *session) token(ctx context.Context) (string, error) {
	for {
		if access := s.current(); access != "" {
			return access, nil
		}
		// The login belongs to all who wait for it: it does not end with the request that happened to start it.
		done := s.flight.DoChan("renew", func() (any, error) { return nil, s.renew(context.WithoutCancel(ctx)) })
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case result := <-done:
			if result.Err != nil {
				return "", result.Err
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

// refused takes note that the appliance did not accept a token.
func (s *session) refused(token string, reason Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.access != token {
		return
	}
	s.access = ""
	if reason != TokenExpired {
		s.invalid = append(s.invalid, token)
	}
}

// giveUp takes note that the tokens of new sessions were refused as well: the refusals are not about the session, so that
// another one would help no request.
func (s *session) giveUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.futile = true
}

func (s *session) isFutile() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.futile
}

// renew refreshes, and signs in when there is nothing to refresh or the refresh token has expired as well.
func (s *session) renew(ctx context.Context) error {
	s.mu.Lock()
	refresh, closed := s.refresh, s.closed
	s.mu.Unlock()
	switch {
	case closed:
		return context.Canceled
	case s.current() != "":
		return nil // somebody else was faster
	}

	var (
		token Token
		err   error
		begun = time.Now()
	)
	if refresh != "" {
		token, err = s.client.RefreshToken(ctx, refresh)
		if failure, failed := asError(err); failed && (failure.Status == 0 || failure.isTrouble()) {
			return err // nobody has looked at the refresh token, which may still be good
		}
	}
	if refresh == "" || err != nil {
		token, err = s.client.SignInAsConfigured(ctx)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.refresh = ""
		if failure, ok := asError(err); ok {
			return s.client.health.unwell(failure, begun)
		}
		return err
	}
	s.access, s.refresh, s.renewAt = token.Access, token.Refresh, token.RenewAt()
	return nil
}

func (s *session) passwordsToTry() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.passwords)
}

// changingPassword takes note that a user is about to get a password. If it is the one whom the client signs in as, the
// old and the new one are both kept until what is returned is told how the change ended.
func (s *session) changingPassword(name, password string) (settled func(error)) {
	if !s.client.SignsInAs(name) || password == "" {
		return func(error) {}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.passwords
	s.passwords = append(slices.Clone(before), password)
	return func(err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case err == nil:
			s.passwords = []string{password}
		case IsRefused(err):
			s.passwords = before
		}
	}
}

// Close signs out the client's own session, after a sign-in that is under way has ended, and lets nobody open another
// one. A token that was given is left alone. It takes no longer than its context.
func (c *Client) Close(ctx context.Context) error {
	s := &c.session
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	if c.config.Token != "" {
		return nil
	}
	select {
	case <-s.flight.DoChan("renew", func() (any, error) { return nil, nil }):
	case <-ctx.Done():
		return c.hindered(request{operation: "sign out"}, ctx.Err())
	}
	access := s.current()
	s.mu.Lock()
	refresh, invalid := s.refresh, s.invalid
	s.mu.Unlock()
	var others sync.WaitGroup
	defer others.Wait()
	for _, token := range invalid { // the refusals may have been about something else
		others.Go(func() { _ = c.endSession(ctx, token) })
	}
	if access != "" {
		if err := c.endSession(ctx, access); !isStatus(err, http.StatusUnauthorized) {
			return err
		}
	}
	if refresh == "" {
		return nil
	}
	// Only a good access token can end the session.
	token, err := within(ctx, c, func() (Token, error) { return c.RefreshToken(ctx, refresh) })
	switch {
	case isStatus(err, http.StatusUnauthorized):
		return nil
	case err != nil:
		return err
	}
	return c.SignOut(ctx, token.Access)
}
