package wire

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

const maxBody = 10 << 20 // bytes read of one answer

var (
	errNotEncoded       = errors.New("the request could not be encoded")
	errTooLarge         = fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)
	errSpeaksTLS        = errors.New("the server answered that it expects HTTPS")
	errNeedsCertificate = errors.New("the server answered that the request came without a client certificate")
)

// failure is an attempt without an answer of the appliance.
type failure struct {
	error
	reason      Reason
	message     string
	isTransient bool // another attempt may succeed
	wasSent     bool // the appliance may have received the request
}

// classify finds the reason of a failed attempt in the types of the standard library.
func (c *Client) classify(err error, isHandshaking, wasSent bool) *failure {
	f := &failure{error: err, message: c.describe(err), wasSent: wasSent}
	untrusted, isUntrusted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case errors.Is(err, context.Canceled):
		f.message = "it was interrupted"
	case errors.Is(err, errNotEncoded): // by any attempt
	case isUntrusted:
		reason, message := describeCertificate(untrusted, c.config.Certificates)
		f.reason, f.message = reason, cmp.Or(Printable(c.Secrets.Redact(message), QuotedLength), f.message)
	case errors.Is(err, errTooLarge):
		f.reason = Unreadable
	case errors.Is(err, errSpeaksTLS):
		f.reason, f.wasSent = SpeaksTLS, false
	case is[tls.RecordHeaderError](err), errors.Is(err, http.ErrSchemeMismatch):
		f.reason = NotTLS
	case is[*proxyRefusal](err):
		f.reason = ProxyRefused
	case errors.Is(err, errNeedsCertificate), c.isTurnedAway(err, isHandshaking):
		f.reason, f.wasSent = ClientCertificateRequired, false
	case isHandshaking:
		c.classifyHandshake(f)
	case isTimeout(err) && !isDial(err): // not retried: the user has waited for the configured time
		f.reason, f.message = TimedOut, fmt.Sprintf("no answer came within %s", c.config.RequestTimeout)
	case c.certificateRequested.Load() && !c.answered.Load() && !isDial(err): // it probably requires one
		f.reason, f.message = ClientCertificateRequired, "the server asked for one and closed the connection: "+f.message
	default:
		f.reason, f.isTransient = Unreachable, isTransient(err)
	}
	return f
}

// classifyHandshake finds the reason of a TLS handshake that one of the sides refused, as it would again, that broke, or that did
// not end in time. Most errors of crypto/tls have no separate type.
func (c *Client) classifyHandshake(f *failure) {
	switch text := f.Error(); {
	case strings.Contains(text, "protocol version"):
		f.reason = OldTLS
	case strings.Contains(text, "failed to parse certificate"):
		f.reason = CertificateUnreadable
	case strings.Contains(text, "tls: "):
		f.reason = Unreachable
	default:
		f.reason, f.isTransient = HandshakeBroken, !isTimeout(f.error)
	}
	if isTimeout(f.error) {
		f.message = fmt.Sprintf("the TLS handshake did not finish within %s", c.config.RequestTimeout)
	}
}

// isTurnedAway reports whether the server refuses a connection without a client certificate, so that no request has reached the
// appliance. With TLS 1.3 its alert follows the handshake. With TLS 1.2 it is part of it, and may be of any of three kinds.
func (c *Client) isTurnedAway(err error, isHandshaking bool) bool {
	alert, ok := errors.AsType[*net.OpError](err)
	if !ok || alert.Op != "remote error" {
		return false
	}
	switch alert.Err.Error() {
	case "tls: certificate required":
		return true
	case "tls: bad certificate", "tls: handshake failure":
		return isHandshaking && c.certificateRequested.Load()
	}
	return false
}

// isTransient reports whether a connection that broke, or could not be made, may succeed if it is tried again at once. Failures of
// HTTP/2, and some of HTTP/1.1, have no separate types.
func isTransient(err error) bool {
	if name, ok := errors.AsType[*net.DNSError](err); ok && name.IsNotFound {
		return false
	}
	if operation, ok := errors.AsType[*net.OpError](err); ok && operation.Op == "remote error" { // a TLS alert: the server refuses this client
		return false
	}
	return !isTimeout(err)
}

// isDial reports whether there was no connection yet, to the appliance or to the proxy before it.
func isDial(err error) bool {
	operation, ok := errors.AsType[*net.OpError](err)
	return ok && (operation.Op == "dial" || operation.Op == "proxyconnect")
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded)
}

// describe returns a connection's failure without the URL around it, which repeats what the user knows. The rest may
// quote what the other side sent.
func (c *Client) describe(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return Printable(c.Secrets.Redact(err.Error()), QuotedLength)
}

var certificateRequiredPage = regexp.MustCompile(`(?i)no required ssl certificate|client certificate`)

// requiresCertificate reports whether a web server refuses a request for lack of a client certificate, by a page. nginx
// and IIS do so, others break off the handshake.
func (a Response) requiresCertificate() bool {
	return (a.Status == http.StatusBadRequest || a.Status == http.StatusForbidden) && a.isPage() && certificateRequiredPage.Match(a.Body)
}

// speaksTLS reports whether a web server refuses a request for not being encrypted. Each says so in its own words, and no
// appliance speaks of HTTPS or SSL in a 400.
func (a Response) speaksTLS() bool {
	text := strings.ToLower(string(a.Body[:min(len(a.Body), 2*QuotedLength)]))
	return a.Status == http.StatusBadRequest && (strings.Contains(text, "https") || strings.Contains(text, "ssl")) && !strings.HasPrefix(strings.TrimSpace(text), "{")
}

// unanswered returns the error of a request whose last attempt failed.
func (c *Client) unanswered(r Request, attempts int, f *failure) *Error {
	e := Failed(r, f.reason, f.message)
	if proxy := c.config.Proxy; proxy != nil && e.IsSilence() && !strings.Contains(e.Message, proxy.String()) {
		e.Message += ", through the proxy " + proxy.String()
	}
	if attempts > 1 {
		e.Message += fmt.Sprintf(", after %d attempts", attempts)
	}
	if e.Reason == Unreachable && c.config.BaseURL.Scheme == "http" && !isDial(f.error) && !c.answered.Load() {
		return e.Adding("Because host begins with http://, the request was in plain text, and a port that uses TLS may close the connection")
	}
	return e
}
