package simulator

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path"
	"slices"
	"time"
)

// FaultKind names what goes wrong.
type FaultKind string

// The kinds of fault. "Work" is what the request asks for.
const (
	// Status answers with [Fault.Status] instead of doing the work: a problem document or, when Body or a Content-Type
	// header is given, Body verbatim.
	Status FaultKind = "status"
	// Delay does the work and answers after [Fault.Delay].
	Delay FaultKind = "delay"
	// CutBefore cuts the connection without doing the work. A cut closes the connection in HTTP/1.1 and resets the
	// stream in HTTP/2.
	CutBefore FaultKind = "cut-before"
	// CutAfter does the work and cuts the connection without an answer.
	CutAfter FaultKind = "cut-after"
	// CutBody does the work, answers with the header and half of the body and cuts the connection. Where the answer has
	// no body, it is CutAfter.
	CutBody FaultKind = "cut-body"
	// Stall does the work and never answers, until the client goes away.
	Stall FaultKind = "stall"
	// Body does the work and answers with [Fault.Body] verbatim, and [Fault.Status] when it is not 0.
	Body FaultKind = "body"
	// Endless does the work and answers with [Fault.Body] (a space by default) again and again, until the client goes away.
	Endless FaultKind = "endless"
)

var faultKinds = []FaultKind{Status, Delay, CutBefore, CutAfter, CutBody, Stall, Body, Endless}

// Fault makes matching requests fail. Where several faults match a request, the one added first that is not spent hits.
type Fault struct {
	Kind FaultKind
	// Method and Path select requests; empty selects all. Path is below /api/v1 and may have the wildcards of
	// [path.Match], which do not cross a slash: "/users/*".
	Method, Path string
	// Skip is the number of matching requests to pass before the first one that is hit.
	Skip int
	// Count is how many requests are hit before the fault is spent; 0 is no limit.
	Count int
	// Share of the matching requests that is hit, above 0 and up to 1; 0 is all of them.
	Share float64
	// Status of the answer for [Status] (default 503, or that of the Problem) and [Body] (default that of the real answer).
	Status int
	// Header is added to the answer of [Status] and [Body], for example Retry-After, Location or Content-Type (default
	// application/json for a given Body).
	Header http.Header
	// Problem of the answer of [Status] without a Body: the name of a documented one, such as
	// "licenseAgreementsIsNotAccepted", with its own status where Status is 0. By default the one that has the Status.
	Problem string
	// Document is how that problem is answered: "about:blank", "framework" for the web framework's own, "html" for a
	// proxy's page, "empty" for no body. The default, "", is the problem document in which the appliance refuses everything.
	Document string
	// Body of the answer.
	Body string
	// Delay of the answer, after the work and besides [Config.Latency]. It goes with every kind.
	Delay time.Duration
}

// Validate reports an unknown kind, a malformed path pattern or a number out of range.
func (f Fault) Validate() error {
	_, err := path.Match(f.Path, "")
	_, known := problemsByName[f.Problem]
	switch {
	case !slices.Contains(faultKinds, f.Kind):
		return fmt.Errorf("unknown fault %q, known are %q", f.Kind, faultKinds)
	case err != nil:
		return fmt.Errorf("fault path %q: %w", f.Path, err)
	case !slices.Contains(documents, f.Document):
		return fmt.Errorf("unknown fault document %q, known are %q", f.Document, documents[1:])
	case f.Problem != "" && !known:
		return fmt.Errorf("unknown fault problem %q, known are %q", f.Problem, slices.Sorted(maps.Keys(problemsByName)))
	case (f.Document != "" || f.Problem != "") && f.Kind != Status:
		return fmt.Errorf("fault %q has no problem and no document", f.Kind)
	case f.Kind == Delay && f.Delay == 0:
		return fmt.Errorf("fault %q needs a delay", f.Kind)
	}
	return f.validateRanges()
}

func (f Fault) validateRanges() error {
	switch {
	case f.Share < 0 || f.Share > 1:
		return fmt.Errorf("fault share %v is not between 0 and 1", f.Share)
	case f.Skip < 0 || f.Count < 0 || f.Delay < 0:
		return fmt.Errorf("fault skip, count and delay must not be negative")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("fault status %d is not between 200 and 599", f.Status)
	}
	return nil
}

// AddFault adds faults after those already there. It panics when one is not valid ([Fault.Validate]).
func (a *Appliance) AddFault(added ...Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, fault := range added {
		if err := fault.Validate(); err != nil {
			panic("simulator: " + err.Error())
		}
		a.faults.active = append(a.faults.active, &activeFault{Fault: fault})
	}
}

// ClearFaults removes every fault. What was injected stays counted.
func (a *Appliance) ClearFaults() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults.active = nil
}

// FaultsInjected returns how many requests were hit by a fault of the given kinds, or of any kind when none is given.
func (a *Appliance) FaultsInjected(kinds ...FaultKind) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	count := 0
	for kind, injected := range a.faults.injected {
		if len(kinds) == 0 || slices.Contains(kinds, kind) {
			count += injected
		}
	}
	return count
}

type activeFault struct {
	Fault
	seen, hits int
}

type faults struct {
	active   []*activeFault
	random   *rand.Rand
	injected map[FaultKind]int
}

// next returns the fault that hits a request, or the zero Fault.
func (f *faults) next(method, requestPath string) Fault {
	for _, fault := range f.active {
		if !matches(fault.Method, method) || !matchesPath(fault.Path, requestPath) {
			continue
		}
		fault.seen++
		switch {
		case fault.seen <= fault.Skip:
		case fault.Count > 0 && fault.hits == fault.Count:
		case fault.Share > 0 && f.random.Float64() >= fault.Share:
		default:
			fault.hits++
			f.injected[fault.Kind]++
			return fault.Fault
		}
	}
	return Fault{}
}

func matches(pattern, value string) bool { return pattern == "" || pattern == value }

func matchesPath(pattern, value string) bool {
	matched, err := path.Match(pattern, value)
	return pattern == "" || matched && err == nil
}

// refusal is the answer of [Status].
func (f Fault) refusal(c *call) *answer {
	setDefault(&f.Status, problemsByName[f.Problem].status)
	setDefault(&f.Status, http.StatusServiceUnavailable)
	if f.Body != "" || f.Header.Get("Content-Type") != "" {
		return f.replacement(nil)
	}
	kind := unknownError
	for _, known := range []problemKind{accessDenied, resourceNotFound, notImplemented, serviceUnavailable} {
		if known.status == f.Status {
			kind = known
		}
	}
	if f.Problem != "" {
		kind = problemsByName[f.Problem]
	}
	kind.status = f.Status
	setDefault(&f.Document, c.shape())
	return f.withHeader(c.document(f.Document, kind, "This failure was asked for.", nil))
}

// replacement is the answer of [Body].
func (f Fault) replacement(real *answer) *answer {
	if f.Status == 0 {
		f.Status = real.status
	}
	return f.withHeader(&answer{status: f.Status, header: http.Header{"Content-Type": {"application/json"}}, body: []byte(f.Body)})
}

func (f Fault) withHeader(reply *answer) *answer {
	for name, values := range f.Header {
		reply.header[http.CanonicalHeaderKey(name)] = values
	}
	return reply
}
