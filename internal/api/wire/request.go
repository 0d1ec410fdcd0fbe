// Package wire sends requests to an appliance over HTTPS. One request is one or more attempts: wire retries what may be
// retried, reads the whole answer, and turns everything but a success into an immutable, redacted [*Error].
package wire

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
)

// Kind is the purpose of a request.
type Kind int

// The kinds of request.
const (
	Read     Kind = iota // of one object, and every request that has no other kind
	List                 // of a page of a collection
	Write                // changes or removes something
	Creation             // makes an object
	SignIn               // opens a session
	Renewal              // exchanges a refresh token
	Version              // of the product: an endpoint of every revision
	Probe                // whether the appliance answers
)

// Writes reports whether such a request changes something on the appliance.
func (k Kind) Writes() bool { return k == Write || k == Creation }

// Authenticates reports whether such a request goes to /token without a token.
func (k Kind) Authenticates() bool { return k == SignIn || k == Renewal }

// Retry is the retry mode of a request.
type Retry int

// The retry modes.
const (
	// Repeatable requests, the default, are retried after transient failures.
	Repeatable Retry = iota
	// Once is for a request that would take effect twice: it is retried only if the attempt had no effect.
	Once
	// Persistent requests determine the outcome of a lost write: retried after timeouts too, and sent while the breaker is open.
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
	Lost          bool   // it was sent before, with another token or revision, and may have taken effect
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

// values returns the texts in the path, the query and the body of a request, among which are those from users.
func (r Request) values() []string {
	var values []string
	for segment := range strings.SplitSeq(r.Path, "/") {
		if value, err := url.PathUnescape(segment); err == nil {
			values = append(values, value)
		}
	}
	for _, of := range []url.Values{r.Query, r.Form} {
		for _, several := range of {
			values = append(values, several...)
		}
	}
	body, _ := json.Marshal(r.Body)
	for decoder := json.NewDecoder(bytes.NewReader(body)); ; {
		token, err := decoder.Token()
		if err != nil {
			return values
		}
		if value, ok := token.(string); ok {
			values = append(values, value)
		}
	}
}
