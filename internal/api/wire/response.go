package wire

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"time"
)

// Response is an answer, read whole. One that comes with an error has only Lost.
type Response struct {
	Status      int
	ContentType string
	Body        []byte
	Lost        bool // an earlier attempt, or this one, may have taken effect without a readable answer

	location   *url.URL
	retryAfter time.Duration // as the appliance asks; 0 if it does not
	request    Request
	hide       func(string) string // redacts every secret of the run
}

// Text returns foreign text from an answer in a printable form: redacted, one line, and at most [QuotedLength] characters.
func (a Response) Text(text string) string { return Printable(a.hide(text), QuotedLength) }

func (a Response) mediaType() string {
	kind, _, _ := mime.ParseMediaType(a.ContentType)
	return kind
}

// isPage reports whether an answer is HTML, which no appliance sends.
func (a Response) isPage() bool {
	kind := a.mediaType()
	return len(a.Body) > 0 && (kind == "text/html" || kind == "application/xhtml+xml") || bytes.HasPrefix(bytes.TrimSpace(a.Body), []byte("<"))
}

// isProblem reports whether an answer is a problem document, which is not a success, whatever its status.
func (a Response) isProblem() bool { return a.mediaType() == "application/problem+json" }

func (a Response) isSuccess() bool { return a.Status >= 200 && a.Status < 300 }

func (a Response) isRedirect() bool { return a.Status >= 300 && a.Status < 400 }

// isPassing reports whether a status is documented to be a transient one.
func (a Response) isPassing() bool {
	switch a.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// How much of a long answer is read to quote it: far more than is quoted. A part of a secret at its end is dropped.
const (
	maxQuoted      = 1 << 20
	maxCutOfSecret = 64 << 10
)

// quote describes a body that does not match the API documentation.
func (a Response) quote() string {
	text := a.hide(string(a.Body[:min(len(a.Body), maxQuoted)]))
	if len(a.Body) > maxQuoted && len(text) > maxCutOfSecret {
		text = text[:len(text)-maxCutOfSecret]
	}
	text = Printable(text, QuotedLength)
	if text == "" {
		return fmt.Sprintf("the answer is empty: %d %s", a.Status, http.StatusText(a.Status))
	}
	kind, _, err := mime.ParseMediaType(a.ContentType)
	if err != nil {
		kind = "unknown content"
	}
	return fmt.Sprintf("the answer does not match the API documentation (%s): %s", Printable(kind, 60), text)
}
