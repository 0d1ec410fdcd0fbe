package wire

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
)

// handshakeError is a TLS handshake that one of the sides refused, that broke, or that did not end in time.
type handshakeError struct {
	error
	certificateRequested bool // the server has asked for a client certificate
}

func (e *handshakeError) Unwrap() error { return e.error }

// Timeout is what net/url asks the error that it wraps.
func (e *handshakeError) Timeout() bool { return isTimeout(e.error) }

// isHandshake reports whether a TLS handshake failed.
func isHandshake(err error) bool {
	_, ok := errors.AsType[*handshakeError](err)
	return ok
}

// isHandshakeRefused reports whether one of the sides refused a TLS handshake, as it would again. Most errors of
// crypto/tls have no separate type.
func isHandshakeRefused(err error) bool {
	return isHandshake(err) && strings.Contains(err.Error(), "tls: ")
}

// handshakeReason returns the reason of a failed TLS handshake.
func handshakeReason(err error) Reason {
	text := err.Error()
	switch {
	case strings.Contains(text, "protocol version"):
		return OldTLS
	case strings.Contains(text, "failed to parse certificate"):
		return CertificateUnreadable
	case isHandshakeRefused(err):
		return Unreachable
	}
	return HandshakeBroken
}

var (
	errRequiresCertificate      = errors.New("the server's response says so")
	errClosedWithoutCertificate = errors.New("the server asked for one and closed the connection")
	certificateRequiredPage     = regexp.MustCompile(`(?i)no required ssl certificate|client certificate`)
)

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

// explain wraps the error of an attempt in a type that identifies it.
func (c *Client) explain(got Response, isHandshaking bool, err error) error {
	requested := c.certificateRequested.Load()
	switch {
	case err != nil && isHandshaking && !isNotTLS(err):
		return &handshakeError{err, requested}
	case err != nil && requested && !c.answered.Load() && !isTimeout(err) && !isDial(err):
		return fmt.Errorf("%w: %w", errClosedWithoutCertificate, err)
	case err == nil && c.config.BaseURL.Scheme == "http" && got.speaksTLS():
		return errSpeaksTLS
	case err == nil && got.requiresCertificate():
		return fmt.Errorf("%w (status %d)", errRequiresCertificate, got.Status)
	}
	return err
}

// isCertificateRequired reports whether what answers requires a client certificate, as far as this can be determined: a
// server that has asked for one and closes connections without any answer probably requires it.
func isCertificateRequired(err error) bool {
	return isTurnedAway(err) || errors.Is(err, errClosedWithoutCertificate)
}

// isTurnedAway reports whether what answers says that it requires a client certificate, so that no request has reached
// the appliance. With TLS 1.3 its alert follows the handshake. With TLS 1.2 it is part of it, and may be of any of three
// kinds.
func isTurnedAway(err error) bool {
	if errors.Is(err, errRequiresCertificate) {
		return true
	}
	alert, ok := errors.AsType[*net.OpError](err)
	if !ok || alert.Op != "remote error" {
		return false
	}
	handshake, ok := errors.AsType[*handshakeError](err)
	switch alert.Err.Error() {
	case "tls: certificate required":
		return true
	case "tls: bad certificate", "tls: handshake failure":
		return ok && handshake.certificateRequested
	}
	return false
}
