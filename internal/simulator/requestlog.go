package simulator

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
)

// Request is one request as it arrived, and its outcome.
type Request struct {
	Method string
	// Path is decoded and below /api/v1, for example "/users/jane"; RawPath is the whole path as sent.
	Path, RawPath string
	Query         url.Values
	Header        http.Header
	Body          []byte
	// Status is that of the answer; 0 when none was sent, or none yet.
	Status int
	// Fault is the fault that hit the request, if any.
	Fault FaultKind
	// Proto is "HTTP/1.1" or "HTTP/2.0".
	Proto, RemoteAddr string
	// NewConnection reports whether the request was the first on its connection to a [Server].
	NewConnection bool
}

// Exchange is a request and the whole answer to it.
type Exchange struct {
	Request
	// Revision of the API in which it was served; empty when the one that was asked for is not accepted.
	Revision string
	// AnswerHeader and AnswerBody are those of the answer. There is none when the Status is 0.
	AnswerHeader http.Header
	AnswerBody   []byte
	// Deviation is the fault or the habit that made the answer differ from the documented one, if any did.
	Deviation string
}

// deviate records that a habit makes the answer differ from the documented one.
func (c *call) deviate(habit string) {
	if !slices.Contains(c.deviations, habit) {
		c.deviations = append(c.deviations, habit)
	}
}

func exchangeOf(c *call, entry Request, fault Fault, reply *answer) Exchange {
	x := Exchange{Request: entry, Deviation: strings.Join(c.deviations, ", ")}
	if c.revision != (revision{}) {
		x.Revision = versionsOf(c.Request)[0]
	}
	if reply != nil {
		x.AnswerHeader, x.AnswerBody = reply.header, reply.body
	}
	switch fault.Kind {
	case Status, Body, Endless:
		x.Deviation = "fault " + string(fault.Kind)
	}
	return x
}

// firstRequest marks the context of a connection on which no request has arrived yet.
type firstRequest struct{}

func withFirstRequest(ctx context.Context) context.Context {
	mark := new(atomic.Bool)
	mark.Store(true)
	return context.WithValue(ctx, firstRequest{}, mark)
}

// arrive notes a request and finds the fault that hits it.
func (a *Appliance) arrive(c *call) (*Request, Fault) {
	entry := &Request{
		Method:     c.Method,
		Path:       c.path,
		RawPath:    c.URL.EscapedPath(),
		Query:      c.URL.Query(),
		Header:     c.Header.Clone(),
		Body:       c.body,
		Proto:      c.Proto,
		RemoteAddr: c.RemoteAddr,
	}
	if mark, ok := c.Context().Value(firstRequest{}).(*atomic.Bool); ok {
		entry.NewConnection = mark.Swap(false)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	fault := a.faults.next(c.Method, c.path)
	entry.Fault = fault.Kind
	if a.config.OnRequest == nil {
		a.log = append(a.log, entry)
	}
	return entry, fault
}

// answered notes the status before it is sent, so that a client that has the answer finds it in the log, and shows the exchange to
// those who are to see it. Where no answer is sent, reply is nil.
func (a *Appliance) answered(c *call, entry *Request, fault Fault, reply *answer) {
	a.mu.Lock()
	if reply != nil {
		entry.Status = reply.status
	}
	a.mu.Unlock()
	if a.config.OnRequest != nil {
		a.config.OnRequest(*entry)
	}
	if a.config.OnExchange != nil {
		a.config.OnExchange(exchangeOf(c, *entry, fault, reply))
	}
}

// Requests returns every request since the start or the last [Appliance.ResetRequests], in the order of arrival.
func (a *Appliance) Requests() []Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	requests := make([]Request, len(a.log))
	for i, entry := range a.log {
		requests[i] = *entry
	}
	return requests
}

// ResetRequests empties the request log.
func (a *Appliance) ResetRequests() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.log = nil
}

// Count returns how many requests in the log match. An empty method or path matches all; a path is below /api/v1 and
// matched as [Fault.Path] is.
func (a *Appliance) Count(method, path string) int {
	count := 0
	for request := range slices.Values(a.Requests()) {
		if matches(method, request.Method) && matchesPath(path, request.Path) {
			count++
		}
	}
	return count
}
