package wire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Response is an answer, read whole. If it comes with an error, use only Lost.
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

// Text returns foreign text from an answer in a printable form: redacted, one line, and short.
func (a Response) Text(text string) string {
	if a.hide != nil { // nil in a response that did not come over the wire
		text = a.hide(text)
	}
	return Printable(text, quotedLength)
}

func (a Response) mediaType() string {
	mediaType, _, _ := mime.ParseMediaType(a.ContentType)
	return mediaType
}

// isPage reports whether an answer is HTML, which no appliance sends.
func (a Response) isPage() bool {
	switch a.mediaType() {
	case "text/html", "application/xhtml+xml":
		return len(a.Body) > 0
	}
	return bytes.HasPrefix(bytes.TrimSpace(a.Body), []byte("<"))
}

func (a Response) isSuccess() bool { return a.Status >= 200 && a.Status < 300 }

func (a Response) isRedirect() bool { return a.Status >= 300 && a.Status < 400 }

// quote describes a body that does not match the API documentation.
func (a Response) quote() string {
	text := a.Text(string(a.Body))
	if text == "" {
		return fmt.Sprintf("the answer is empty: %d %s", a.Status, http.StatusText(a.Status))
	}
	kind := cmp.Or(Printable(a.mediaType(), 60), "unknown content")
	return fmt.Sprintf("the answer does not match the API documentation (%s): %s", kind, text)
}

// quotedLength bounds what is quoted of an answer that is not a problem document, in characters.
const quotedLength = 500

// Printable makes text of unknown origin fit for a terminal: one line, no character that controls or reorders, at
// most limit characters. It reads no more of a long text than it takes.
func Printable(text string, limit int) string {
	var line []rune
	for _, r := range text {
		isGap := unicode.IsSpace(r) || !unicode.IsGraphic(r) || r == utf8.RuneError
		switch {
		case !isGap && len(line) >= limit:
			return strings.TrimSpace(string(line[:limit])) + "…"
		case !isGap:
			line = append(line, r)
		case len(line) > 0 && line[len(line)-1] != ' ':
			line = append(line, ' ')
		}
	}
	return strings.TrimSpace(string(line))
}

// Decode reads a success into target. An answer that cannot be read is an [Unreadable] error.
func (a Response) Decode(target any) error {
	err := json.Unmarshal(a.Body, target)
	if err == nil {
		return nil
	}
	if wrongType, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrongType.Field != "" && !a.request.Kind.Authenticates() {
		return a.Unreadable(fmt.Sprintf("the answer does not match the API documentation: %s is a JSON %s", wrongType.Field, wrongType.Value))
	}
	return a.Undocumented()
}

// Unreadable returns the error of an answer in which something is wrong. Its request has taken effect.
func (a Response) Unreadable(message string) *Error {
	return &Error{
		Operation: a.request.Operation, Kind: a.request.Kind, Status: a.Status, Origin: Undocumented, Reason: Unreadable,
		Message: a.Text(message), Outcome: outcome(a.request, true),
	}
}

// Undocumented returns the error of an answer that does not match the API documentation, and quotes it unless it may hold a token.
func (a Response) Undocumented() *Error {
	if a.request.Kind.Authenticates() {
		return a.Unreadable("the answer does not match the API documentation")
	}
	return a.Unreadable(a.quote())
}
