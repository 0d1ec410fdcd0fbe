package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-cleanhttp"
	"github.com/hashicorp/terraform-plugin-log/tflog"
)

const (
	maxRedirects = 5
	// dialTimeout is short, to distinguish a host that does not exist from a slow appliance.
	dialTimeout = 10 * time.Second
)

// Config says how to reach an appliance.
type Config struct {
	BaseURL        *url.URL
	Certificates   []*x509.Certificate // trusted besides the system's, as authorities or as the appliance's own
	Insecure       bool                // skip certificate verification
	Proxy          *Proxy              // from [ProxyFromEnvironment]; nil to connect directly
	RequestTimeout time.Duration       // for one attempt, its answer included
	MaxRetries     int                 // repetitions after a first attempt; 0 for none
	UserAgent      string
	// Dial connects to the appliance; nil for the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client is the [Handler] that reaches the appliance. It is safe for concurrent use.
type Client struct {
	// HTTP sends one attempt.
	HTTP *http.Client
	// Backoff returns how long to wait before a repetition, counted from 1, where the appliance asks for a time or for none.
	Backoff func(repetition int, asked time.Duration) time.Duration
	// Secrets are hidden in every text.
	Secrets Secrets

	config               Config
	answered             atomic.Bool // by whatever it was
	certificateRequested atomic.Bool // a server has asked for a client certificate
}

// New makes a client that has sent nothing yet.
func New(config Config) *Client {
	c := &Client{Backoff: backoff, config: config}
	pooled := cleanhttp.DefaultPooledTransport()
	pooled.Proxy = nil
	if proxy := config.Proxy; proxy != nil {
		password, _ := proxy.url.User.Password()
		c.Secrets.Keep(password)
		pooled.Proxy, pooled.OnProxyConnectResponse = http.ProxyURL(proxy.url), proxy.check
	}
	pooled.TLSClientConfig = tlsConfig(config)
	pooled.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		c.certificateRequested.Store(true)
		return new(tls.Certificate), nil // none
	}
	pooled.ForceAttemptHTTP2 = true
	pooled.MaxIdleConnsPerHost = pooled.MaxIdleConns
	pooled.DialContext = config.Dial
	if pooled.DialContext == nil {
		pooled.DialContext = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	pooled.TLSHandshakeTimeout = config.RequestTimeout
	// A connection that a firewall dropped silently would otherwise swallow every later request.
	pooled.HTTP2 = &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second}
	c.HTTP = &http.Client{Transport: pooled, CheckRedirect: checkRedirect}
	return c
}

// checkRedirect follows a read within the appliance. A write would silently become a GET, and another host must not see
// the token: both are returned as the answer.
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
	c.Secrets.Keep(r.Token)
	body, contentType, err := r.content()
	if err != nil {
		return Response{Lost: r.Lost}, c.connectionError(r, 0, false, err)
	}
	lost := r.Lost
	for attempts := 1; ; attempts++ {
		got, sent, err := c.attempt(ctx, r, attempts, body, contentType)
		lost = lost || err != nil && sent || err == nil && got.mayHaveWorked()
		if c.repeats(ctx, r, attempts, sent, got, err) {
			if wait(ctx, c.Backoff(attempts, got.retryAfter)) {
				continue
			}
			err = ctx.Err()
		}
		if err != nil {
			return Response{Lost: lost}, c.connectionError(r, attempts, lost, err)
		}
		got.Lost = lost
		return got, errorFrom(got)
	}
}

// attempt sends a request once and reads its whole answer, so that an answer that breaks off is a failed connection.
// sent reports whether the request began to leave this machine.
func (c *Client) attempt(ctx context.Context, r Request, number int, body []byte, contentType string) (got Response, sent bool, err error) {
	if err := ctx.Err(); err != nil {
		return got, false, err
	}
	// A write that was sent is not canceled when Terraform is interrupted: its answer decides what goes into the state.
	sending := ctx
	if r.Kind.Writes() {
		sending = context.WithoutCancel(ctx)
	}
	sending, cancel := context.WithTimeout(sending, c.config.RequestTimeout)
	defer cancel()
	var left, isHandshaking atomic.Bool
	sending = httptrace.WithClientTrace(sending, &httptrace.ClientTrace{
		TLSHandshakeStart: func() { isHandshaking.Store(true) },
		TLSHandshakeDone:  func(_ tls.ConnectionState, err error) { isHandshaking.Store(err != nil) },
		WroteHeaders:      func() { left.Store(true) },
	})

	started := time.Now()
	got, err = c.roundTrip(sending, r, body, contentType)
	err = c.explain(got, isHandshaking.Load(), err)
	fields := map[string]any{
		"method": r.Method, "path": c.config.BaseURL.Path + r.Path, "attempt": number, "duration_ms": time.Since(started).Milliseconds(),
	}
	if err != nil {
		fields["error"] = c.describe(err)
		tflog.Debug(ctx, "request to the appliance failed", fields)
		return Response{}, left.Load() && !isTurnedAway(err), err
	}
	fields["status"] = got.Status
	tflog.Debug(ctx, "request to the appliance", fields)
	return got, true, nil
}

func (c *Client) roundTrip(ctx context.Context, r Request, body []byte, contentType string) (Response, error) {
	prepared, err := c.prepare(ctx, r, body, contentType)
	if err != nil {
		return Response{}, err
	}
	response, err := c.HTTP.Do(prepared)
	if err != nil {
		return Response{}, err
	}
	c.answered.Store(true)
	got := Response{
		Status: response.StatusCode, ContentType: response.Header.Get("Content-Type"),
		retryAfter: retryAfter(response.Header), request: r, hide: c.Secrets.Redact,
	}
	got.location, _ = response.Location()
	got.Body, err = readWhole(response.Body)
	return got, err
}

func readWhole(body io.ReadCloser) ([]byte, error) {
	read, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	closeErr := body.Close()
	switch {
	case err != nil:
		return nil, err
	case len(read) > maxBody:
		return nil, errTooLarge
	}
	return read, closeErr
}

// wait reports whether a while has passed before the context ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (c *Client) prepare(ctx context.Context, r Request, body []byte, contentType string) (*http.Request, error) {
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
