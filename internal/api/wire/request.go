// Package wire sends requests to an appliance over HTTPS. One request is one or more attempts: wire retries what may be
// retried, reads the whole answer, and turns everything but a success into an immutable, redacted [*Error].
package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Kind says what a request is for.
type Kind int

// The kinds of request.
const (
	Read       Kind = iota // of one object, or of settings
	List                   // of a page of a collection
	Validation             // of a value
	Write                  // changes or removes something
	Creation               // makes an object
	SignIn                 // opens a session
	Renewal                // exchanges a refresh token
	SignOut                // ends a session
	Version                // of the product: an endpoint of every revision
	Probe                  // whether the appliance answers
)

// Writes reports whether such a request changes what the appliance keeps.
func (k Kind) Writes() bool { return k == Write || k == Creation }

// Authenticates reports whether such a request goes to /token without a token.
func (k Kind) Authenticates() bool { return k == SignIn || k == Renewal }

// Retry says after what a request is repeated.
type Retry int

// The retry modes.
const (
	// Repeatable requests are repeated after transient failures.
	Repeatable Retry = iota
	// Once is for a request whose repetition would do its work twice: it is repeated only if the attempt did nothing.
	Once
	// Persistent requests find out what became of a lost write. They are repeated after timeouts too, and sent while the
	// circuit breaker is open.
	Persistent
)

// Request is one call of the API, over all its attempts.
type Request struct {
	Kind          Kind
	Retry         Retry
	Operation     string // for errors, with the host: `read user "backup" on veeam:11005`
	Method        string
	Path          string // below the base URL, already percent-encoded
	Key           string // of the object whose own path this is, so that a 404 may be about it
	Query, Form   url.Values
	Body          any    // sent as JSON, unless there is a form
	HoldsPassword bool   // the body has the current password of a user, so that a 401 may refuse that
	Token         string // set by the session
	Revision      string // of the API, set by the session
	Lost          bool   // it was sent before, with another token or revision, and may have done its work
}

// content returns the body of a request and its media type.
func (r Request) content() (body []byte, contentType string, err error) {
	switch {
	case r.Form != nil:
		return []byte(r.Form.Encode()), "application/x-www-form-urlencoded", nil
	case r.Body != nil:
		body, err = json.Marshal(r.Body)
		return body, "application/json", err
	}
	return nil, "", nil
}

// values returns the texts that a request has of users: in its path, its query and its body.
func (r Request) values() []string {
	var values []string
	for _, segment := range strings.Split(r.Path, "/") {
		if value, err := url.PathUnescape(segment); err == nil {
			values = append(values, value)
		}
	}
	for _, of := range []url.Values{r.Query, r.Form} {
		for _, several := range of {
			values = append(values, several...)
		}
	}
	var body any
	if text, err := json.Marshal(r.Body); err == nil && json.Unmarshal(text, &body) == nil {
		values = appendTexts(values, body)
	}
	return values
}

func appendTexts(texts []string, value any) []string {
	switch value := value.(type) {
	case string:
		return append(texts, value)
	case []any:
		for _, element := range value {
			texts = appendTexts(texts, element)
		}
	case map[string]any:
		for _, member := range value {
			texts = appendTexts(texts, member)
		}
	}
	return texts
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

// Response is an answer, read whole. One that comes with an error has only Lost.
type Response struct {
	Status      int
	ContentType string
	Body        []byte
	Lost        bool // an earlier attempt, or this one, may have done its work without a readable answer

	location   *url.URL
	retryAfter time.Duration // as the appliance asks; 0 for nothing
	request    Request
	hide       func(string) string // redacts every secret of the run
}

// Decode reads a success into target. An answer that cannot be read is an [Unreadable] error.
func (a Response) Decode(target any) error {
	err := json.Unmarshal(a.Body, target)
	if err == nil {
		return nil
	}
	if wrongType, ok := asWrongType(err); ok && wrongType.Field != "" && !a.request.Kind.Authenticates() {
		return a.Unreadable(fmt.Sprintf("the answer is not what the API documents: %s is a JSON %s", wrongType.Field, wrongType.Value))
	}
	return a.Undocumented()
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

// isProblem reports whether an answer is a problem document, which is no success whatever its status.
func (a Response) isProblem() bool { return a.mediaType() == "application/problem+json" }

func (a Response) isSuccess() bool { return a.Status >= 200 && a.Status < 300 }

func (a Response) isRedirect() bool { return a.Status >= 300 && a.Status < 400 }

// mayHaveWorked reports whether an answer leaves open what became of a write.
func (a Response) mayHaveWorked() bool {
	if a.Status < http.StatusInternalServerError || a.Status == http.StatusNotImplemented {
		return false
	}
	p, _ := parseProblem(a.Body)
	return !refusesValues(a.Status, p.segment())
}

// What is read of a long answer to quote it: far more than is quoted. What may be cut off of a secret at its end is left out.
const (
	maxQuoted      = 1 << 20
	maxCutOfSecret = 64 << 10
)

// quote describes a body that is not what the API documents.
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
	return fmt.Sprintf("the answer is not what the API documents (%s): %s", Printable(kind, 60), text)
}

// Handler does a request: one that reaches the appliance, or one that wraps another handler. An answer outside 2xx is an
// error. Every error is an [*Error] or a [*BlockedError].
type Handler interface {
	Do(ctx context.Context, r Request) (Response, error)
}
