// Package api talks to a Veeam Backup for AWS appliance over its REST API, version 1: the only HTTP in this
// provider. It logs in when it has to, repeats what may be repeated, finds out what became of what may not, and
// answers reads from a shared snapshot of a collection.
package api

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/sync/singleflight"
)

// Documented defaults of [Config].
const (
	DefaultRequestTimeout = 30 * time.Second
	DefaultMaxRetries     = 4
)

// APIVersionPattern is the documented form of the x-api-version header.
var APIVersionPattern = regexp.MustCompile(`^[0-9]+\.[0-9]+-rev[0-9]+$`)

// Config says which appliance to talk to and as whom. Either Token, or Username and Password.
type Config struct {
	BaseURL        *url.URL // from [ParseHost]
	Token          string
	Username       string
	Password       string
	MFACode        string              // one code, good for one sign-in; not together with MFASecret
	MFASecret      string              // from [ParseMFASecret]
	APIVersion     string              // documented form <major>.<minor>-rev<n>; empty to find out one that the appliance accepts
	Certificates   []*x509.Certificate // trusted besides the system's, as authorities or as the appliance's own
	Insecure       bool                // skip certificate verification
	Proxy          *Proxy              // from [ProxyFromEnvironment]; nil to connect directly
	RequestTimeout time.Duration       // for one attempt, its answer included
	MaxRetries     int                 // repetitions after a first attempt; 0 for none
	UserAgent      string
	// Dial connects to the appliance; nil for the network. A test connects without one.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client is one appliance. It sends nothing before a method asks for it and is safe for concurrent use.
type Client struct {
	StandardAccounts *StandardAccounts
	Users            *Users

	config    Config
	http      *retryablehttp.Client
	flight    singleflight.Group
	health    health
	revision  revision
	session   session
	secrets   secrets
	usedCodes sync.Map // the keys are one-time codes that were sent, with their users
	unasked   sync.Map // the keys are the paths of validations that fail whatever the value
	read      atomic.Bool
	written   atomic.Bool
	answered  atomic.Bool // something, whatever it was
}

// New makes a client. It cannot fail: the parts of config have been validated where the user gave them.
func New(config Config) *Client {
	c := &Client{config: config, http: newRetryClient(config), revision: newRevision(config.APIVersion)}
	c.health.title = c.title
	c.secrets.keep(config.Token, config.Password, config.MFACode, config.MFASecret, config.Proxy.password())
	c.session = newSession(c)
	c.StandardAccounts = newStandardAccounts(c)
	c.Users = newUsers(c)
	return c
}

// APIVersion is the revision of the API that the client speaks: the configured one, or the one found out so far.
func (c *Client) APIVersion() string { return c.revision.get() }

// Host is the appliance's address, as errors call it.
func (c *Client) Host() string { return c.config.BaseURL.Host }

// HasRead tells whether an object has been read, by its key or its name.
func (c *Client) HasRead() bool { return c.read.Load() }

// HasWritten tells whether a write has been begun.
func (c *Client) HasWritten() bool { return c.written.Load() }

// request is one call of the API, over all its attempts.
type request struct {
	operation string // for errors: "read user \"backup\""
	method    string
	path      string // below the base URL, already percent-encoded
	query     url.Values
	body      any        // sent as JSON, unless form is there
	form      url.Values // sent as application/x-www-form-urlencoded
	once      bool       // repeating it could do its work twice
	signsIn   bool       // to /token, without one
	writes    bool       // to what the appliance keeps
	ownPath   bool       // the path is that of one object, so that a 404 may be about it

	judgesPassword bool // a 401 may refuse a password in the body
	findsRevision  bool // a refusal of the API's version is about the revision, not about the endpoint
	persistent     bool // finds out what became of a lost write: repeated after a timeout too, whatever else is known
	single         bool // not repeated
}

// answer is what came back, read whole.
type answer struct {
	status      int
	contentType string
	location    *url.URL
	retryAfter  time.Duration // as the appliance asks; 0 for nothing
	body        []byte
	lost        bool                // an earlier attempt may have done its work
	hide        func(string) string // redacts every secret of the run
}

func (c *Client) newExchange(r request, token string) *exchange {
	c.secrets.keep(token)
	state := &exchange{
		path: c.config.BaseURL.Path + r.path, repeatable: !r.once, patient: r.persistent,
		repetitions: c.config.MaxRetries, hide: c.secrets.redact, answered: &c.answered,
	}
	switch {
	case r.single:
		state.repetitions = 0
	case r.persistent:
		state.repetitions = DefaultMaxRetries
	}
	return state
}

// exchange sends a request with a token, in a revision of the API, until the policy of checkRetry has had enough.
func (c *Client) exchange(ctx context.Context, r request, token, revision string) (answer, error) {
	state := c.newExchange(r, token)
	prepared, err := c.prepare(context.WithValue(ctx, exchangeKey{}, state), r, token, revision)
	if err != nil {
		return answer{}, c.connectionError(r, state, err)
	}
	response, err := c.http.Do(prepared)
	if err != nil {
		return answer{lost: state.lost}, c.connectionError(r, state, err)
	}
	got := answer{
		status: response.StatusCode, contentType: response.Header.Get("Content-Type"),
		body: state.body, lost: state.lost, hide: state.hide,
	}
	got.location, _ = response.Location()
	got.retryAfter = retryAfter(response)
	succeeded := got.status >= 200 && got.status < 300
	if succeeded && !got.isPage() && !got.isProblem() {
		return got, nil
	}
	failure := errorFrom(&got)
	failure.Operation, failure.ownPath, failure.signsIn = c.doing(r), r.ownPath, r.signsIn
	failure.Unknown = r.writes && (state.lost || succeeded) && !IsRefused(failure)
	return got, failure
}

func (c *Client) prepare(ctx context.Context, r request, token, revision string) (*retryablehttp.Request, error) {
	var (
		body        []byte
		contentType string
		err         error
	)
	switch {
	case r.form != nil:
		body, contentType = []byte(r.form.Encode()), "application/x-www-form-urlencoded"
	case r.body != nil:
		if body, err = json.Marshal(r.body); err != nil {
			return nil, err
		}
		contentType = "application/json"
	}
	target := c.config.BaseURL.String() + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	var content any
	if contentType != "" {
		content = body
	}
	prepared, err := retryablehttp.NewRequestWithContext(ctx, r.method, target, content)
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		prepared.Header.Set("Content-Type", contentType)
	}
	prepared.Header.Set("Accept", "application/json, application/problem+json")
	prepared.Header.Set("X-Api-Version", revision)
	prepared.Header.Set("User-Agent", c.config.UserAgent)
	if token != "" {
		prepared.Header.Set("Authorization", "Bearer "+token)
	}
	return prepared, nil
}

// connectionError explains why no answer came.
func (c *Client) connectionError(r request, state *exchange, err error) *Error {
	e := &Error{Operation: c.doing(r), Reason: Unreachable, signsIn: r.signsIn, Unknown: r.writes && state.lost, Message: state.describe(err)}
	switch {
	case errors.Is(err, context.Canceled):
		e.Reason, e.Message = Unspecified, "it was interrupted"
	case isUntrusted(err):
		reason, message := c.describeCertificate(err)
		e.Reason = reason
		if message != "" {
			e.Message = printable(state.hide(message), quotedLength)
		}
	case errors.Is(err, errSpeaksTLS):
		e.Reason = SpeaksTLS
	case isNotTLS(err):
		e.Reason = NotTLS
	case isProxyRefused(err):
		e.Reason = ProxyRefused
	case isCertificateRequired(err):
		e.Reason = ClientCertificateRequired
	case isHandshake(err):
		e.Reason = handshakeReason(err)
		if isTimeout(err) {
			e.Message = fmt.Sprintf("the TLS handshake did not finish within %s", c.config.RequestTimeout)
		}
	case isTimeout(err) && !isDial(err):
		e.Reason, e.Message = TimedOut, fmt.Sprintf("no answer came within %s", c.config.RequestTimeout)
	case errors.Is(err, errTooLarge):
		e.Reason = Unreadable
	}
	if proxy := c.config.Proxy; proxy != nil && e.isSilence() && !strings.Contains(e.Message, proxy.String()) {
		e.Message += ", through the proxy " + proxy.String()
	}
	if state.attempts > 1 {
		e.Message += fmt.Sprintf(", after %d attempts", state.attempts)
	}
	if e.Reason == Unreachable && c.config.BaseURL.Scheme == "http" && !isDial(err) && !c.answered.Load() {
		e.Message += ". A port that speaks TLS may close connections so when it is asked in clear, and host says http://"
	}
	return e
}

// decode reads a 2xx answer into target. An answer that cannot be read is an [Unreadable] error whose work is done.
func (c *Client) decode(r request, got answer, target any) error {
	err := json.Unmarshal(got.body, target)
	if err == nil {
		return nil
	}
	if wrongType, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && fieldOf(wrongType) != "" {
		wrong := fmt.Sprintf("the answer is not what the API documents: %s is a JSON %s", fieldOf(wrongType), wrongType.Value)
		return c.unreadable(r, got, printable(got.hide(wrong), quotedLength))
	}
	return c.unreadable(r, got, quote(&got))
}

// fieldOf gives the path of a field in an answer. The decoder's has the names of embedded types in it, which begin in
// upper case as no field of the API does.
func fieldOf(wrongType *json.UnmarshalTypeError) string {
	names := slices.DeleteFunc(strings.Split(wrongType.Field, "."), func(name string) bool { return name != "" && unicode.IsUpper(rune(name[0])) })
	return strings.Join(names, ".")
}

// unreadable is the failure of a request that was answered with 2xx, so its work is done.
func (c *Client) unreadable(r request, got answer, message string) *Error {
	return &Error{Operation: c.doing(r), Status: got.status, Reason: Unreadable, Unknown: r.writes, signsIn: r.signsIn, Message: message}
}

// doing says what a request does, on which appliance.
func (c *Client) doing(r request) string {
	if r.signsIn {
		return r.operation
	}
	return r.operation + " on " + c.config.BaseURL.Host
}

// title says what a failure that concerns everything keeps from being done.
func (c *Client) title(failure *Error) string {
	host := c.config.BaseURL.Host
	switch {
	case c.config.Token != "" && failure.aboutToken():
		return "sign in to " + host + " with the token"
	case failure.Reason == UnsupportedVersion && c.config.APIVersion != "":
		return "use api_version " + c.config.APIVersion + " with " + host
	case failure.Reason == UnsupportedVersion:
		return "find an api_version that " + host + " accepts"
	case failure.Reason == TimedOut && !failure.signsIn:
		return "get an answer from " + host
	case failure.Reason == Unreachable, failure.Reason == HandshakeBroken, failure.isMistrust():
		return "connect to " + host
	case failure.signsIn:
		return failure.Operation
	case failure.foreign:
		return "reach " + host
	}
	return "use " + host
}

// call sends a request and reads its answer into target.
func (c *Client) call(ctx context.Context, r request, target any) (answer, error) {
	got, err := c.send(ctx, r)
	if err != nil {
		return got, err
	}
	return got, c.decode(r, got, target)
}
