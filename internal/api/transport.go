package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-cleanhttp"
	"github.com/hashicorp/terraform-plugin-log/tflog"
)

const (
	maxBody      = 10 << 20 // bytes read of one answer
	maxRedirects = 5
	// dialTimeout is short enough that a host which does not exist is told from an appliance that is slow.
	dialTimeout = 10 * time.Second
)

var errTooLarge = fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)

// exchange is what happens to one request over all its attempts. It travels in the request's context, because
// that is what go-retryablehttp hands to its policy.
type exchange struct {
	path        string
	hide        func(string) string // redacts every secret of the run
	repeatable  bool                // an attempt whose outcome is unknown may be repeated
	patient     bool                // so may one that ran into a timeout
	repetitions int
	attempts    int
	handshaking atomic.Bool  // the last attempt is in a TLS handshake, or ended in one
	sent        atomic.Bool  // the last attempt began to leave this machine
	lost        bool         // at least one attempt may have done its work without a readable answer
	body        []byte       // of the last answer, read whole
	answered    *atomic.Bool // the client's
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange { return ctx.Value(exchangeKey{}).(*exchange) }

// newHTTPClient makes the HTTP client of one appliance: pooled connections, HTTP/2 where it is spoken, the configured
// proxy, and no redirect to anywhere but the appliance itself.
func newHTTPClient(config Config) *http.Client {
	sender := &attempt{timeout: config.RequestTimeout}
	pooled := cleanhttp.DefaultPooledTransport()
	pooled.Proxy = config.Proxy.use
	pooled.OnProxyConnectResponse = config.Proxy.check
	pooled.TLSClientConfig = tlsConfig(config)
	pooled.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		sender.certificateRequested.Store(true)
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
	sender.transport = pooled
	return &http.Client{Transport: sender, CheckRedirect: checkRedirect}
}

// checkRedirect follows a read within the appliance. A write would silently become a GET, and another host must
// not see the token: both are left as the answer they are.
func checkRedirect(request *http.Request, via []*http.Request) error {
	first := via[0]
	if first.Method != http.MethodGet || len(via) > maxRedirects ||
		request.URL.Scheme != first.URL.Scheme || request.URL.Host != first.URL.Host {
		return http.ErrUseLastResponse
	}
	return nil
}

// attempt sends a request once and reads its whole answer, so that an answer that breaks off is a failed
// connection like any other to whoever decides about retries.
type attempt struct {
	transport            http.RoundTripper
	timeout              time.Duration
	certificateRequested atomic.Bool // a server has asked for a client certificate
}

func (a *attempt) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	exchange := exchangeOf(ctx)
	if request.Response == nil { // not a redirect's
		exchange.attempts++
	}
	exchange.sent.Store(false)
	exchange.handshaking.Store(false)
	started := time.Now()

	// A write that is on its way is not called back when Terraform is interrupted: its answer decides what goes
	// into the state.
	sending := ctx
	if request.Method != http.MethodGet {
		sending = context.WithoutCancel(ctx)
	}
	sending, cancel := context.WithTimeout(sending, a.timeout)
	defer cancel()
	sending = httptrace.WithClientTrace(sending, &httptrace.ClientTrace{
		TLSHandshakeStart: func() { exchange.handshaking.Store(true) },
		TLSHandshakeDone:  func(_ tls.ConnectionState, err error) { exchange.handshaking.Store(err != nil) },
		WroteHeaders:      func() { exchange.sent.Store(true) },
	})

	response, err := a.transport.RoundTrip(request.WithContext(sending))
	if err == nil {
		exchange.answered.Store(true)
		exchange.body, err = readWhole(response)
	}
	switch requested := a.certificateRequested.Load(); {
	case err != nil && exchange.handshaking.Load() && !isNotTLS(err):
		err = &handshakeError{err, requested}
	case err != nil && requested && !exchange.answered.Load() && !isTimeout(err) && !isDial(err):
		err = fmt.Errorf("%w: %w", errClosedWithoutCertificate, err)
	case err == nil && speaksTLS(request, response, exchange.body):
		err = errSpeaksTLS
	case err == nil && requiresCertificate(response, exchange.body):
		err = fmt.Errorf("%w (status %d)", errRequiresCertificate, response.StatusCode)
	}
	fields := map[string]any{
		"method": request.Method, "path": exchange.path, "attempt": exchange.attempts,
		"duration_ms": time.Since(started).Milliseconds(),
	}
	if err != nil {
		fields["error"] = exchange.describe(err)
		tflog.Debug(ctx, "request to the appliance failed", fields)
		exchange.lost = exchange.lost || exchange.sent.Load() && !isTurnedAway(err)
		return nil, err
	}
	fields["status"] = response.StatusCode
	tflog.Debug(ctx, "request to the appliance", fields)
	exchange.lost = exchange.lost || mayHaveDoneItsWork(response.StatusCode, exchange.body)
	return response, nil
}

// mayHaveDoneItsWork reports whether an answer leaves open what became of a write.
func mayHaveDoneItsWork(status int, body []byte) bool {
	if status < http.StatusInternalServerError || status == http.StatusNotImplemented {
		return false
	}
	var p problem
	return !decodeProblem(body, &p) || !refusesValues(status, p.segment())
}

func readWhole(response *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	closeErr := response.Body.Close()
	response.Body = http.NoBody
	switch {
	case err != nil:
		return nil, err
	case len(body) > maxBody:
		return nil, errTooLarge
	}
	return body, closeErr
}

// errSpeaksTLS says that a port was asked in clear which speaks TLS.
var errSpeaksTLS = errors.New("the answer says so, in clear")

// speaksTLS tells whether a web server refuses a request for not being encrypted. Each says so in its own words, and no
// appliance speaks of HTTPS or SSL in a 400.
func speaksTLS(request *http.Request, response *http.Response, body []byte) bool {
	text := strings.ToLower(string(body[:min(len(body), 2*quotedLength)]))
	return request.URL.Scheme == "http" && response.StatusCode == http.StatusBadRequest &&
		(strings.Contains(text, "https") || strings.Contains(text, "ssl")) && !strings.HasPrefix(strings.TrimSpace(text), "{")
}

// describe gives a connection's failure without the URL around it, which repeats what the user knows. The rest may
// quote what the other side sent.
func (e *exchange) describe(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return printable(e.hide(err.Error()), quotedLength)
}
