// Package session makes requests as a user of an appliance. It is a chain of handlers between the callers and the wire.
// Each handler has one responsibility and passes a request on to the next.
package session

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// Session is the [wire.Handler] of one client and its user. It signs in when the first request needs a token.
type Session struct {
	wire.Handler

	revisions *revisions
	tokens    *tokens
}

// New assembles the chain, from the wire up.
func New(config Config, client *wire.Client) *Session {
	client.Secrets.Add(config.Token, config.Password, config.MFACode, config.MFASecret)
	tokens := newTokens(config, client, &client.Secrets)
	revisions := newRevisions(config.APIVersion, tokens)
	s := &Session{Handler: &breaker{next: revisions, config: config}, revisions: revisions, tokens: tokens}
	if config.APIVersion == "" {
		s.Handler = &firstAlone{next: s.Handler, ended: make(chan struct{})}
	}
	return s
}

// APIVersion returns the revision of the API that requests are made in: the configured one, or the one found so far.
func (s *Session) APIVersion() string {
	revision, _ := s.revisions.get()
	return revision
}

// firstAlone lets one request find the revision of the API, and the others wait until it has ended, whatever came of it.
type firstAlone struct {
	next  wire.Handler
	begun atomic.Bool
	ended chan struct{} // closed when the first request has ended
}

func (f *firstAlone) Do(ctx context.Context, r wire.Request) (wire.Response, error) {
	switch {
	case r.Kind.Authenticates(): // /token has no session to wait for
	case f.begun.CompareAndSwap(false, true):
		defer close(f.ended)
	default:
		select {
		case <-f.ended:
		case <-ctx.Done():
			return wire.Response{}, wire.Interrupted(r)
		}
	}
	return f.next.Do(ctx, r)
}

// SignIn opens an additional session.
func (s *Session) SignIn(ctx context.Context, who Credentials) (Token, error) {
	return s.tokens.signIn(ctx, s, "", who)
}

// ErrNoUser means that a client with a configured token has no user to sign in as.
var ErrNoUser = errors.New("the client has a token and no user to sign in as")

// SignInAsConfigured opens an additional session with the user of [Config]. Without a user, it returns [ErrNoUser].
func (s *Session) SignInAsConfigured(ctx context.Context) (Token, error) {
	if s.tokens.config.Token != "" {
		return Token{}, ErrNoUser
	}
	return s.tokens.signInAsConfigured(ctx, s, "")
}

// RefreshToken exchanges a refresh token for a new pair.
func (s *Session) RefreshToken(ctx context.Context, refreshToken string) (Token, error) {
	return s.tokens.exchangeRefreshToken(ctx, s, "", refreshToken)
}

// SignsInAs reports whether the client signs in as a user. A client with a configured token does not know its user.
func (s *Session) SignsInAs(username string) bool {
	return s.tokens.config.Token == "" && username != "" && username == s.tokens.config.Username
}

// BeginPasswordChange records that a user may have another password from now on. The caller reports the result of the change to
// the function that it returns, unless the user may have either password.
func (s *Session) BeginPasswordChange(username, password string) (end func(error)) {
	if !s.SignsInAs(username) || password == "" {
		return func(error) {}
	}
	t := s.tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.passwords, password) {
		t.passwords = append(t.passwords, password)
	}
	return func(err error) {
		t.mu.Lock()
		defer t.mu.Unlock()
		switch {
		case err == nil:
			t.passwords = []string{password}
		case !wire.IsOutcomeUnknown(err) && t.passwords[0] != password: // it would only count as one more wrong password
			t.passwords = slices.DeleteFunc(t.passwords, func(other string) bool { return other == password })
		}
	}
}

// Close signs out the client's own session, after a sign-in that is under way has ended, and prevents another
// one. A configured token stays valid. It takes no longer than its context.
func (s *Session) Close(ctx context.Context) error {
	if s.tokens.config.Token != "" {
		return nil
	}
	closed := make(chan error, 1)
	go func() { closed <- s.close(ctx) }()
	select {
	case err := <-closed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Session) close(ctx context.Context) error {
	t := s.tokens
	t.mu.Lock()
	t.isClosed = true
	t.mu.Unlock()
	_, _, _ = t.signingIn.Do("", func() (any, error) { return nil, nil }) // waits for one that is under way
	t.mu.Lock()
	own, invalid := t.own, t.invalid
	t.mu.Unlock()
	var others sync.WaitGroup
	defer others.Wait()
	for _, token := range invalid { // the refusals may have been about something else
		others.Go(func() { _ = s.signOut(ctx, token) })
	}
	var err error
	if own.Access != "" {
		err = s.signOut(ctx, own.Access)
	}
	if own.Refresh != "" && (own.Access == "" || wire.IsStatus(err, http.StatusUnauthorized)) {
		var token Token // only a valid one can end the session
		if token, err = t.exchangeRefreshToken(ctx, t.next, s.APIVersion(), own.Refresh); err == nil {
			err = s.signOut(ctx, token.Access)
		}
	}
	return unlessEnded(err)
}

// SignOut ends the session of an access token. It is not an error if the session has already ended.
func (s *Session) SignOut(ctx context.Context, accessToken string) error {
	return unlessEnded(s.signOut(ctx, accessToken))
}

func unlessEnded(err error) error {
	if wire.IsStatus(err, http.StatusUnauthorized) {
		return nil
	}
	return err
}

func (s *Session) signOut(ctx context.Context, accessToken string) error {
	_, err := s.tokens.next.Do(ctx, wire.Request{
		Kind: wire.Read, Operation: "sign out on " + s.tokens.config.Host, Method: http.MethodDelete, Path: "/token",
		Token: accessToken, Revision: s.APIVersion(),
	})
	return err
}
