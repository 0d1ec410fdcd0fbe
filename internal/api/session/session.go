// Package session makes requests as a user of an appliance. It is a chain of handlers between those who have something to
// ask and the wire: each is responsible for one thing, and hands a request on to the next.
package session

import (
	"context"
	"net/http"
	"sync"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// Config says as whom to sign in: either Token, or Username and Password.
type Config struct {
	Host       string // the appliance's address, as errors name it
	Token      string
	Username   string
	Password   string
	MFACode    string // one code, valid for one sign-in; not together with MFASecret
	MFASecret  string // from [ParseMFASecret]
	APIVersion string // <major>.<minor>-rev<n>; empty to find one that the appliance accepts
}

// Session is the [wire.Handler] of one client and its user. It signs in when the first request needs a token.
type Session struct {
	wire.Handler

	config    Config
	revisions *revisions
	tokens    *tokens
}

// New assembles the chain, from the wire up.
func New(config Config, client *wire.Client) *Session {
	client.Secrets.Keep(config.Token, config.Password, config.MFACode, config.MFASecret)
	s := &Session{config: config}
	s.tokens = newTokens(config, client, &client.Secrets)
	s.revisions = newRevisions(config.APIVersion, s.tokens)
	s.Handler = &breaker{next: s.revisions, config: config}
	if config.APIVersion == "" {
		s.Handler = &firstAlone{next: s.Handler}
	}
	return s
}

// APIVersion returns the revision of the API that requests are made in: the configured one, or the one found so far.
func (s *Session) APIVersion() string { return s.revisions.get() }

// firstAlone lets one request find the revision of the API, and the others wait until it has ended, whatever came of it.
type firstAlone struct {
	next wire.Handler

	mu   sync.Mutex
	done chan struct{} // closed when the first request has ended; nil before there is one
}

func (f *firstAlone) Do(ctx context.Context, r wire.Request) (wire.Response, error) {
	if r.Kind.Authenticates() { // /token has no session to wait for
		return f.next.Do(ctx, r)
	}
	f.mu.Lock()
	isFirst := f.done == nil
	if isFirst {
		f.done = make(chan struct{})
	}
	f.mu.Unlock()
	if isFirst {
		defer close(f.done)
		return f.next.Do(ctx, r)
	}
	select {
	case <-f.done:
		return f.next.Do(ctx, r)
	case <-ctx.Done():
		return wire.Response{}, wire.Interrupted(r)
	}
}

// VersionRequest reads the version of the product, which is in every revision of the API.
func VersionRequest(host string) wire.Request {
	return wire.Request{Kind: wire.Version, Operation: "read the product version on " + host, Method: http.MethodGet, Path: "/system/version"}
}
