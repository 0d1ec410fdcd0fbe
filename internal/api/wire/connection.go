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

// failure is why an attempt has no answer.
type failure struct {
	err     error // nil after an answer, or if nothing was sent
	mayPass bool  // another attempt may have an answer
}

// classify returns the error of an attempt without an answer, with the first reason that fits the types of the standard library,
// and reports whether another attempt may succeed. If wasSent, the appliance may have received the request.
func (c *Client) classify(r Request, err error, isHandshaking, wasSent bool) (e *Error, mayPass bool) {
	if e = AsError(err); e != nil { // it has been classified
		return e, false
	}
	isTurnedAway := c.isTurnedAway(err, isHandshaking)
	r.Lost = r.Lost || wasSent && !isTurnedAway
	if errors.Is(err, context.Canceled) {
		return Interrupted(r), false
	}
	reason, message := Unreachable, c.describe(err) // unless a case below knows better
	untrusted, isUntrusted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case isUntrusted:
		var detail string
		reason, detail = describeCertificate(untrusted, c.config.Certificates)
		message = cmp.Or(Printable(c.Secrets.Redact(detail), quotedLength), message)
	case is[tls.RecordHeaderError](err), errors.Is(err, http.ErrSchemeMismatch):
		reason = NotTLS
	case is[*proxyRefusal](err):
		reason = ProxyRefused
	case isTurnedAway:
		reason = ClientCertificateRequired
	case isHandshaking:
		reason, message, mayPass = c.explainHandshake(err, message)
	case isTimeout(err) && !isDial(err): // may not pass: the user has waited for the configured time
		reason, message = TimedOut, fmt.Sprintf("no answer came within %s", c.config.RequestTimeout)
	case c.certificateRequested.Load() && !c.answered.Load() && !isDial(err): // it probably requires one
		reason, message = ClientCertificateRequired, "the server asked for one and closed the connection: "+message
	default:
		mayPass = isTransient(err)
	}
	return Failed(r, reason, message), mayPass
}

// explainHandshake explains why a TLS handshake failed. Another attempt may succeed if it broke, and not if one of the sides refused
// it or if it did not end in time. Most errors of crypto/tls have no separate type.
func (c *Client) explainHandshake(err error, description string) (reason Reason, message string, mayPass bool) {
	switch text := err.Error(); {
	case strings.Contains(text, "protocol version"):
		return OldTLS, description, false
	case strings.Contains(text, "failed to parse certificate"):
		return CertificateUnreadable, description, false
	case strings.Contains(text, "tls: "):
		return Unreachable, description, false
	case isTimeout(err):
		return HandshakeBroken, fmt.Sprintf("the TLS handshake did not finish within %s", c.config.RequestTimeout), false
	}
	return HandshakeBroken, description, true
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
	name, isName := errors.AsType[*net.DNSError](err)
	isMissing := isName && name.IsNotFound
	operation, isOperation := errors.AsType[*net.OpError](err)
	isAlert := isOperation && operation.Op == "remote error" // of TLS: the server refuses this client
	return !isMissing && !isAlert && !isTimeout(err)
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

// describe returns a connection's failure without the known URL around it. The rest may quote what the other side sent.
func (c *Client) describe(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return Printable(c.Secrets.Redact(err.Error()), quotedLength)
}

var certificateRequiredPage = regexp.MustCompile(`(?i)no required ssl certificate|client certificate`)

// requiresCertificate reports whether a page, as of nginx or IIS, refuses a request for lack of a client certificate.
func (a Response) requiresCertificate() bool {
	return (a.Status == http.StatusBadRequest || a.Status == http.StatusForbidden) && a.isPage() && certificateRequiredPage.Match(a.Body)
}

// speaksTLS reports whether a web server refuses an unencrypted request, in words that no appliance uses in a 400.
func (a Response) speaksTLS() bool {
	text := strings.ToLower(string(a.Body[:min(len(a.Body), 2*quotedLength)]))
	if a.Status != http.StatusBadRequest || strings.HasPrefix(strings.TrimSpace(text), "{") {
		return false
	}
	return strings.Contains(text, "https") || strings.Contains(text, "ssl")
}

// unanswered completes the error of a request whose last attempt has no answer.
func (c *Client) unanswered(e *Error, failed failure, attempts int) *Error {
	message := e.Message
	if proxy := c.config.Proxy; proxy != nil && e.IsSilence() && !strings.Contains(message, proxy.String()) {
		message += ", through the proxy " + proxy.String()
	}
	if attempts > 1 {
		message += fmt.Sprintf(", after %d attempts", attempts)
	}
	e = e.Saying(message)
	isPlain := c.config.BaseURL.Scheme == "http" && !c.answered.Load()
	if isPlain && e.Reason == Unreachable && !isDial(failed.err) {
		return e.Adding("Because host begins with http://, the request was in plain text, and a port that uses TLS may close the connection")
	}
	return e
}
