package wire

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Failed returns the error of a request for which no answer was needed to fail.
func Failed(r Request, reason Reason, message string) *Error {
	return &Error{Operation: r.Operation, Kind: r.Kind, Reason: reason, Message: message, Outcome: outcome(r, r.Lost)}
}

// Interrupted returns the error of a request that ended with its context before it was sent.
func Interrupted(r Request) *Error {
	e := Failed(r, Unspecified, "it was interrupted")
	if !r.Lost {
		e.Outcome = NotSent
	}
	return e
}

func outcome(r Request, mayHaveWorked bool) Outcome {
	if r.Kind.Writes() && mayHaveWorked {
		return Unknown
	}
	return NotDone
}

// Decode reads a success into target. An answer that cannot be read is an [Unreadable] error.
func (a Response) Decode(target any) error {
	err := json.Unmarshal(a.Body, target)
	if err == nil {
		return nil
	}
	if wrongType, ok := asWrongType(err); ok && wrongType.Field != "" && !a.request.Kind.Authenticates() {
		return a.Unreadable(fmt.Sprintf("the answer does not match the API documentation: %s is a JSON %s", wrongType.Field, wrongType.Value))
	}
	return a.Undocumented()
}

// Unreadable returns the error of an answer in which something is wrong. Its request has taken effect.
func (a Response) Unreadable(message string) *Error {
	return &Error{
		Operation: a.request.Operation, Kind: a.request.Kind, Status: a.Status, Origin: Undocumented, Reason: Unreadable,
		Message: Printable(a.hide(message), QuotedLength), Outcome: outcome(a.request, true),
	}
}

// Undocumented returns the error of an answer that does not match the API documentation, and quotes it unless it may hold a token.
func (a Response) Undocumented() *Error {
	if a.request.Kind.Authenticates() {
		return a.Unreadable("the answer does not match the API documentation")
	}
	return a.Unreadable(a.quote())
}

// errorFrom returns the error of an answer, nil for a success. What cannot be read is quoted. Texts are redacted before
// they are cut, so that no part of a secret is left.
func errorFrom(a Response) error {
	if a.isSuccess() && !a.isPage() && !a.isProblem() {
		return nil
	}
	p, isProblem := parseProblem(a.Body)
	e := &Error{
		Operation: a.request.Operation, Kind: a.request.Kind, Key: a.request.Key, Status: a.Status, Origin: a.origin(isProblem), Message: a.said(p),
	}
	if isProblem && !a.isRedirect() {
		e.Problem, e.Code, e.Fields = p.segment(), strings.ToLower(p.Code), p.fields()
	}
	e.Reason = a.reason(e, p)
	switch wait := a.retryAfter.Round(time.Second).String(); {
	case e.Reason == AsksToWait:
		e.Message = strings.TrimRight(e.Message, ".") + ". It asks clients to wait for " + wait
	case a.Status == http.StatusLocked && a.retryAfter > 0:
		e.Message = strings.TrimRight(e.Message, ".") + ". It is locked for " + wait
	}
	e.Outcome = outcome(a.request, (a.Lost || a.isSuccess()) && !e.isRefusal())
	return e
}

func (a Response) origin(isProblem bool) Origin {
	switch {
	case a.isPage() || a.isRedirect():
		return Foreign
	case isProblem:
		return Documented
	}
	return Undocumented
}

// said returns what an answer says: the words of a problem document, or the body.
func (a Response) said(p problem) string {
	switch message := Printable(a.hide(p.message()), 4*QuotedLength); {
	case a.isRedirect() && a.location != nil:
		return "the answer is a redirect to " + Printable(a.hide(a.location.Scheme+"://"+a.location.Host), 200)
	case a.isRedirect():
		return "the answer is a redirect"
	case message != "":
		return message
	}
	return a.quote()
}

// reason returns the reason of an answer.
func (a Response) reason(e *Error, p problem) Reason {
	switch {
	case a.isRedirect():
		return Redirected
	case a.retryAfter > longestRetryAfter && a.isPassing():
		return AsksToWait
	case a.Status == http.StatusTooManyRequests:
		return TooManyRequests
	case a.isPassing():
		return Unavailable
	case e.Origin == Foreign:
		return Unreadable
	}
	if reason := p.reason(a.Status); e.Origin == Documented && reason != Unspecified {
		return reason
	}
	switch {
	case a.refusesRevision(e.Message):
		return UnsupportedVersion
	case e.IsAboutToken():
		return TokenInvalid
	}
	return Unspecified
}

// mayHaveWorked reports whether the outcome of a write is unknown after an answer.
func (a Response) mayHaveWorked() bool {
	if a.Status < http.StatusInternalServerError || a.Status == http.StatusNotImplemented {
		return false
	}
	p, _ := parseProblem(a.Body)
	return !refusesValues(a.Status, p.segment())
}

// connectionError explains why no answer came.
func (c *Client) connectionError(r Request, attempts int, lost bool, err error) *Error {
	e := &Error{Operation: r.Operation, Kind: r.Kind, Key: r.Key, Outcome: outcome(r, lost)}
	e.Reason, e.Message = c.reason(err)
	if proxy := c.config.Proxy; proxy != nil && e.IsSilence() && !strings.Contains(e.Message, proxy.String()) {
		e.Message += ", through the proxy " + proxy.String()
	}
	if attempts > 1 {
		e.Message += fmt.Sprintf(", after %d attempts", attempts)
	}
	if e.Reason == Unreachable && c.config.BaseURL.Scheme == "http" && !isDial(err) && !c.answered.Load() {
		e.Message += ". A port that uses TLS may close plain-text connections, and host begins with http://"
	}
	return e
}

// reason returns why no answer came, and a message about it.
func (c *Client) reason(err error) (Reason, string) {
	said := c.describe(err)
	untrusted, isUntrusted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case errors.Is(err, context.Canceled):
		return Unspecified, "it was interrupted"
	case isUntrusted:
		reason, message := describeCertificate(untrusted, c.config.Certificates)
		if message != "" {
			said = Printable(c.Secrets.Redact(message), QuotedLength)
		}
		return reason, said
	case errors.Is(err, errSpeaksTLS):
		return SpeaksTLS, said
	case isNotTLS(err):
		return NotTLS, said
	case isProxyRefused(err):
		return ProxyRefused, said
	case isCertificateRequired(err):
		return ClientCertificateRequired, said
	case isHandshake(err) && isTimeout(err):
		return handshakeReason(err), fmt.Sprintf("the TLS handshake did not finish within %s", c.config.RequestTimeout)
	case isHandshake(err):
		return handshakeReason(err), said
	case isTimeout(err) && !isDial(err):
		return TimedOut, fmt.Sprintf("no answer came within %s", c.config.RequestTimeout)
	case errors.Is(err, errTooLarge):
		return Unreadable, said
	}
	return Unreachable, said
}

// describe returns a connection's failure without the URL around it, which repeats what the user knows. The rest may
// quote what the other side sent.
func (c *Client) describe(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return Printable(c.Secrets.Redact(err.Error()), QuotedLength)
}
