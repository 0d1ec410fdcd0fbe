package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"
)

const (
	maxRedirects = 5
	maxBody      = 10 << 20 // bytes read of one answer
	// dialTimeout is short, to distinguish a host that does not exist from a slow appliance.
	dialTimeout = 10 * time.Second
)

// Handler sends a request to the appliance, or wraps another handler. Anything but a 2xx answer is an [*Error] or a [*BlockedError].
type Handler interface {
	Do(ctx context.Context, r Request) (Response, error)
}

// Config says how to reach an appliance.
type Config struct {
	BaseURL        *url.URL
	Certificates   []*x509.Certificate // trusted besides the system's, as authorities or as the appliance's own
	Insecure       bool                // skip certificate verification
	Proxy          *Proxy              // nil to connect directly
	RequestTimeout time.Duration       // for one attempt, its answer included
	MaxRetries     int                 // after a first attempt; 0 for none
	UserAgent      string
	// Dial connects to the appliance; nil for the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client is the [Handler] that reaches the appliance. It is safe for concurrent use.
type Client struct {
	HTTP    *http.Client // sends one attempt
	Secrets Secrets      // are hidden in every text
	// Backoff returns how long to wait before a retry, counted from 1; asked is 0 if the appliance asks for no time.
	Backoff func(retry int, asked time.Duration) time.Duration

	config               Config
	answered             atomic.Bool // some server has answered
	certificateRequested atomic.Bool // a server has asked for a client certificate
}

// New makes a client that has sent nothing yet.
func New(config Config) *Client {
	c := &Client{Backoff: backoff, config: config}
	transport := &http.Transport{
		DialContext:         config.Dial,
		TLSClientConfig:     config.tls(),
		TLSHandshakeTimeout: config.RequestTimeout,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 100,
		IdleConnTimeout:     90 * time.Second,
		// A connection that a firewall dropped silently would otherwise swallow every later request.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
	}
	if config.Dial == nil {
		transport.DialContext = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	if proxy := config.Proxy; proxy != nil {
		password, _ := proxy.URL.User.Password()
		c.Secrets.Add(password)
		transport.Proxy, transport.OnProxyConnectResponse = http.ProxyURL(proxy.URL), proxy.check
	}
	transport.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		c.certificateRequested.Store(true)
		return new(tls.Certificate), nil // none
	}
	c.HTTP = &http.Client{Transport: transport, CheckRedirect: checkRedirect}
	return c
}

// checkRedirect follows a read within the appliance. Any other redirect is the answer: a write would silently become a GET, and
// another host must not see the token.
func checkRedirect(request *http.Request, via []*http.Request) error {
	first := via[0]
	if first.Method != http.MethodGet || len(via) > maxRedirects ||
		request.URL.Scheme != first.URL.Scheme || request.URL.Host != first.URL.Host {
		return http.ErrUseLastResponse
	}
	return nil
}

// Do sends a request until it is answered or may not be repeated.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	c.Secrets.Add(r.Token)
	for attempts := 1; ; attempts++ {
		got, failed, err := c.attempt(ctx, r, attempts)
		r.Lost = r.Lost || IsOutcomeUnknown(err)
		if c.mayRetry(ctx, r, attempts, failed, err) {
			select {
			case <-time.After(c.Backoff(attempts, got.retryAfter)):
				continue
			case <-ctx.Done():
				got, err = Response{}, Interrupted(r)
			}
		}
		if got.Status == 0 {
			err = c.unanswered(AsError(err), failed, attempts)
		}
		got.Lost = r.Lost
		return got, err
	}
}

// attempt sends a request once and reads its whole answer: one that breaks off is none.
func (c *Client) attempt(ctx context.Context, r Request, number int) (Response, failure, error) {
	if ctx.Err() != nil {
		return Response{}, failure{}, Interrupted(r)
	}
	// A write that was sent is not canceled when Terraform is interrupted: its answer decides what goes into the state. Nor is
	// a sign-in or a renewal: only its answer has the token to end the session with.
	sending := ctx
	if r.Kind.Writes() || r.Kind.Authenticates() {
		sending = context.WithoutCancel(ctx)
	}
	sending, cancel := context.WithTimeout(sending, c.config.RequestTimeout)
	defer cancel()
	var isSent, isHandshaking atomic.Bool
	sending = httptrace.WithClientTrace(sending, &httptrace.ClientTrace{
		TLSHandshakeStart: func() { isHandshaking.Store(true) },
		TLSHandshakeDone:  func(_ tls.ConnectionState, err error) { isHandshaking.Store(err != nil) },
		WroteHeaders:      func() { isSent.Store(true) },
	})

	started := time.Now()
	got, err := c.roundTrip(sending, r)
	fields := map[string]any{
		"method": r.Method, "path": c.config.BaseURL.Path + r.Path, "attempt": number, "duration_ms": time.Since(started).Milliseconds(),
	}
	if err != nil {
		e, mayPass := c.classify(r, err, isHandshaking.Load(), isSent.Load())
		fields["error"] = e.Message
		tflog.Debug(ctx, "request to the appliance failed", fields)
		return Response{}, failure{err, mayPass}, e
	}
	fields["status"] = got.Status
	tflog.Debug(ctx, "request to the appliance", fields)
	return got, failure{}, errorFrom(got)
}

func (c *Client) roundTrip(ctx context.Context, r Request) (got Response, err error) {
	prepared, err := c.prepare(ctx, r)
	if err != nil {
		return got, Failed(r, Unspecified, c.describe(fmt.Errorf("the request could not be encoded: %w", err)))
	}
	response, err := c.HTTP.Do(prepared)
	if err != nil {
		return got, err
	}
	defer response.Body.Close()
	c.answered.Store(true)
	got = Response{
		Status: response.StatusCode, ContentType: response.Header.Get("Content-Type"),
		retryAfter: retryAfter(response.Header), request: r, hide: c.Secrets.Redact,
	}
	got.location, _ = response.Location()
	got.Body, err = io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	switch {
	case err != nil:
		return got, err
	case len(got.Body) > maxBody:
		r.Lost = true // for all that is known
		return got, Failed(r, Unreadable, fmt.Sprintf("the answer is larger than %d MiB", maxBody>>20))
	case c.config.BaseURL.Scheme == "http" && got.speaksTLS():
		return got, Failed(r, SpeaksTLS, "the server answered that it expects HTTPS")
	case got.requiresCertificate():
		return got, Failed(r, ClientCertificateRequired,
			fmt.Sprintf("the server answered that the request came without a client certificate (status %d)", got.Status))
	}
	return got, nil
}

func (c *Client) prepare(ctx context.Context, r Request) (*http.Request, error) {
	body, contentType, err := r.content()
	if err != nil {
		return nil, err
	}
	target := c.config.BaseURL.String() + r.Path
	if len(r.Query) > 0 {
		target += "?" + r.Query.Encode()
	}
	prepared, err := http.NewRequestWithContext(ctx, r.Method, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		prepared.Header.Set("Content-Type", contentType)
	}
	prepared.Header.Set("Accept", "application/json, application/problem+json")
	prepared.Header.Set("X-Api-Version", r.Revision)
	prepared.Header.Set("User-Agent", c.config.UserAgent)
	if r.Token != "" {
		prepared.Header.Set("Authorization", "Bearer "+r.Token)
	}
	return prepared, nil
}
