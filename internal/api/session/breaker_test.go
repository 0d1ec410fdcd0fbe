package session

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// next is the handler below the one that a test is about: it answers as the test says, and records what it was sent.
type next struct {
	answer func(r wire.Request) *wire.Error // nil for a success

	mu   sync.Mutex
	sent []string
}

func (n *next) Do(_ context.Context, r wire.Request) (wire.Response, error) {
	n.mu.Lock()
	n.sent = append(n.sent, label(r))
	answer := n.answer
	n.mu.Unlock()
	if e := answer(r); e != nil {
		derived := *e
		derived.Operation, derived.Kind = r.Operation, r.Kind
		return wire.Response{}, &derived
	}
	return wire.Response{Status: http.StatusOK, Body: []byte("{}")}, nil
}

func label(r wire.Request) string {
	if r.Kind == wire.Probe {
		return "probe " + r.Path
	}
	return r.Method + " " + r.Path
}

// take returns what was sent since the last call.
func (n *next) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	sent := n.sent
	n.sent = nil
	return sent
}

func (n *next) will(answer func(r wire.Request) *wire.Error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answer = answer
}

func works200(wire.Request) *wire.Error { return nil }

// after gives an answer that takes a while.
func after(d time.Duration, e *wire.Error) func(wire.Request) *wire.Error {
	return func(wire.Request) *wire.Error { time.Sleep(d); return e }
}

var (
	silence     = &wire.Error{Reason: wire.TimedOut}
	unavailable = &wire.Error{Status: 503, Origin: wire.Undocumented, Reason: wire.Unavailable}
	fault       = &wire.Error{Status: 500, Origin: wire.Undocumented}
	refusal     = &wire.Error{Status: 400, Origin: wire.Documented, Problem: "validationerror"}
	denial      = &wire.Error{Status: 403, Origin: wire.Documented, Reason: wire.AccessDenied}
	missing     = &wire.Error{Status: 404, Origin: wire.Documented, Code: "notfound"}
	gateway     = &wire.Error{Status: 403, Origin: wire.Foreign, Reason: wire.Unreadable}
	distrust    = &wire.Error{Reason: wire.UntrustedCertificate}
)

func read(path string) wire.Request {
	return wire.Request{Kind: wire.Read, Operation: "read", Method: http.MethodGet, Path: path}
}

func write(path string) wire.Request {
	return wire.Request{Kind: wire.Write, Operation: "write", Method: http.MethodPut, Path: path}
}

func newBreaker(answer func(wire.Request) *wire.Error) (*breaker, *next) {
	below := &next{answer: answer}
	return &breaker{next: below, config: Config{Host: "appliance"}}, below
}

func do(t *testing.T, handler wire.Handler, r wire.Request) error {
	t.Helper()
	_, err := handler.Do(t.Context(), r)
	return err
}

// forty does a request forty times at once and returns how many failed, and the last error.
func forty(t *testing.T, handler wire.Handler, r wire.Request) (failed int, last error) {
	t.Helper()
	var (
		mu    sync.Mutex
		group sync.WaitGroup
	)
	for range 40 {
		group.Go(func() {
			if _, err := handler.Do(t.Context(), r); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed, last = failed+1, err
			}
		})
	}
	group.Wait()
	return failed, last
}

func causeOf(t *testing.T, err error) *wire.Cause {
	t.Helper()
	blocked, ok := err.(*wire.BlockedError) //nolint:errorlint // the type that callers promise
	if !ok {
		t.Fatalf("got %#v, want a *wire.BlockedError", err)
	}
	return blocked.Cause
}

func checkSent(t *testing.T, below *next, want ...string) {
	t.Helper()
	if got := below.take(); !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

// Open: nothing is sent until the pause is over, and then one probe.
func TestBreaker_open(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, below := newBreaker(after(10*time.Second, silence))
		cause := causeOf(t, do(t, b, read("/users/a")))
		below.take()

		time.Sleep(10*time.Second - 1)
		failed, err := forty(t, b, write("/users/a"))
		if failed != 40 || wire.OutcomeOf(err) != wire.NotSent || causeOf(t, err) != cause {
			t.Errorf("within the pause %d failed: %v", failed, err)
		}
		checkSent(t, below)
		patient := read("/users/a")
		patient.Retry = wire.Persistent
		_ = do(t, b, patient)
		checkSent(t, below, "GET /users/a")

		if failed, err = forty(t, b, read("/users/a")); failed != 40 || causeOf(t, err) != cause {
			t.Errorf("after the pause %d failed: %v", failed, err)
		}
		checkSent(t, below, "probe /system/version")

		time.Sleep(10 * time.Second)
		below.will(works200)
		if failed, err = forty(t, b, read("/users/a")); failed != 0 {
			t.Errorf("%d failed: %v", failed, err)
		}
		if sent := below.take(); len(sent) != 41 || sent[0] != "probe /system/version" || slices.Contains(sent[1:], sent[0]) {
			t.Errorf("sent %q", sent)
		}
	})
}

// Open for good: nothing is sent any more, and neither an answer to an earlier request nor its failure changes that.
func TestBreaker_openForGood(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]*wire.Error{"an answer": nil, "a failure": silence} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, below := newBreaker(after(10*time.Second, end))
				early := make(chan error, 1)
				go func() { early <- do(t, b, read("/users/a")) }()
				synctest.Wait()
				below.will(func(wire.Request) *wire.Error { return distrust })
				cause := causeOf(t, do(t, b, read("/users/b")))
				if err := <-early; (err == nil) != (end == nil) || err != nil && causeOf(t, err) != cause {
					t.Error(err)
				}
				below.take()
				time.Sleep(time.Hour)
				for _, retry := range []wire.Retry{wire.Repeatable, wire.Persistent} {
					r := read("/users/a")
					r.Retry = retry
					if err := do(t, b, r); causeOf(t, err) != cause || wire.OutcomeOf(err) != wire.NotSent {
						t.Error(err)
					}
				}
				checkSent(t, below)
			})
		})
	}
}

// A write without an answer stops no read. Other writes wait for a probe, unless another answer comes first: one to a read or a
// write that began when the slow write had begun already.
func TestBreaker_doubtful(t *testing.T) {
	t.Parallel()
	const begun, answered = time.Second, 40 * time.Second // the write, and the request beside it
	for name, test := range map[string]struct {
		request wire.Request
		begins  time.Duration
		answer  *wire.Error
		ends    bool
	}{
		"a read":                         {read("/users/b"), begun, nil, true},
		"a write":                        {write("/users/b"), begun, nil, true},
		"a write that is refused":        {write("/users/b"), begun, refusal, true},
		"a read of nothing":              {read("/users/b"), begun, missing, true},
		"a read from before":             {read("/users/b"), 0, nil, false},
		"a write from before":            {write("/users/b"), 0, nil, false},
		"a write that meets a fault":     {write("/users/b"), begun, fault, false},
		"a write without an answer":      {write("/users/b"), begun, silence, false},
		"a write that meets a gateway":   {write("/users/b"), begun, gateway, false},
		"a write during an outage":       {write("/users/b"), begun, unavailable, false},
		"a write that is denied by role": {write("/users/b"), begun, denial, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, below := newBreaker(nil)
				below.will(func(r wire.Request) *wire.Error {
					switch {
					case r.Path == "/users/a":
						return after(30*time.Second, silence)(r)
					case label(r) == label(test.request):
						return after(answered-test.begins, test.answer)(r)
					}
					return nil
				})
				var group sync.WaitGroup
				defer group.Wait()
				group.Go(func() { time.Sleep(test.begins); _ = do(t, b, test.request) })
				time.Sleep(begun)
				synctest.Wait()
				if err := do(t, b, write("/users/a")); wire.IsBlocked(err) || wire.OutcomeOf(err) == wire.NotSent {
					t.Errorf("the write: %v", err)
				}
				time.Sleep(answered - begun - 30*time.Second + 1)
				below.take()
				if err := do(t, b, write("/users/c")); err != nil {
					t.Error(err)
				}
				want := []string{"PUT /users/c"}
				if !test.ends {
					probed := "/system/version"
					if test.request.Method == http.MethodGet {
						probed = test.request.Path
					}
					want = []string{"probe " + probed, "PUT /users/c"}
				}
				checkSent(t, below, want...)
			})
		})
	}
}

// While the breaker is doubtful, a read is sent at once, and after its answer the waiting writes are sent.
func TestBreaker_readWhileDoubtful(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, below := newBreaker(after(30*time.Second, silence))
		_ = do(t, b, write("/users/a"))
		below.take()
		below.will(works200)
		if err := do(t, b, read("/users/b")); err != nil {
			t.Error(err)
		}
		if failed, err := forty(t, b, write("/users/a")); failed != 0 {
			t.Errorf("%d failed: %v", failed, err)
		}
		if sent := below.take(); len(sent) != 41 || sent[0] != "GET /users/b" || strings.Contains(fmt.Sprint(sent), "probe") {
			t.Errorf("sent %q", sent)
		}
	})
}

// A probe is a read that has worked before: of an object rather than of a list, and the product's version if there is none.
// A gateway may not let the version through, so that after one slow write only silence counts against it.
func TestBreaker_probe(t *testing.T) {
	t.Parallel()
	list := wire.Request{Kind: wire.List, Method: http.MethodGet, Path: "/users"}
	validation := wire.Request{Kind: wire.Read, Method: http.MethodPost, Path: "/users/validateName"}
	for name, test := range map[string]struct {
		before []wire.Request
		answer *wire.Error
		probed string
		want   state
		write  *wire.Error // what came of the write; silence by default
	}{
		"version":                                         {probed: "/system/version", want: closed},
		"version, after other requests":                   {before: []wire.Request{validation, write("/users/b")}, probed: "/system/version", want: closed},
		"version, denied by role":                         {answer: denial, probed: "/system/version", want: closed},
		"version, refused by a gateway":                   {answer: gateway, probed: "/system/version", want: closed},
		"version, broken behind a gateway":                {answer: unavailable, probed: "/system/version", want: closed},
		"version, faulty":                                 {answer: fault, probed: "/system/version", want: closed},
		"version, silent":                                 {answer: silence, probed: "/system/version", want: open},
		"version, by the gateway that answered the write": {answer: gateway, probed: "/system/version", want: open, write: gateway},
		"version, denied by role after a gateway answered the write": {answer: denial, probed: "/system/version", want: closed, write: gateway},
		"object":                            {before: []wire.Request{read("/users/b")}, probed: "/users/b", want: closed},
		"last object":                       {before: []wire.Request{read("/users/b"), read("/users/c"), list}, probed: "/users/c", want: closed},
		"list":                              {before: []wire.Request{list}, probed: "/users", want: closed},
		"object after a list":               {before: []wire.Request{list, read("/users/b")}, probed: "/users/b", want: closed},
		"object that is missing by now":     {before: []wire.Request{read("/users/b")}, answer: missing, probed: "/users/b", want: closed},
		"object, refused by a gateway":      {before: []wire.Request{read("/users/b")}, answer: gateway, probed: "/users/b", want: open},
		"object, broken behind a gateway":   {before: []wire.Request{read("/users/b")}, answer: unavailable, probed: "/users/b", want: open},
		"object, silent":                    {before: []wire.Request{read("/users/b")}, answer: silence, probed: "/users/b", want: open},
		"object, of an untrusted appliance": {before: []wire.Request{read("/users/b")}, answer: distrust, probed: "/users/b", want: openForGood},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, below := newBreaker(works200)
				for _, r := range test.before {
					if err := do(t, b, r); err != nil {
						t.Fatal(err)
					}
				}
				below.will(func(r wire.Request) *wire.Error {
					switch {
					case r.Kind == wire.Probe:
						return test.answer
					case r.Path == "/users/a" && test.write != nil:
						return test.write
					case r.Path == "/users/a":
						return silence
					}
					return nil
				})
				_ = do(t, b, write("/users/a"))
				below.take()
				failed, err := forty(t, b, write("/users/z"))
				sent := below.take()
				if len(sent) == 0 || sent[0] != "probe "+test.probed || slices.Contains(sent[1:], sent[0]) {
					t.Errorf("sent %q", sent)
				}
				if b.state != test.want || (test.want == closed) != (failed == 0) || test.want != closed && len(sent) != 1 {
					t.Errorf("state %d, want %d; %d of 40 writes failed: %v", b.state, test.want, failed, err)
				}
			})
		})
	}
}

// A probe after the pause of an open circuit has to be answered by the appliance, whatever is probed.
func TestBreaker_probeOfOpenCircuit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer *wire.Error
		want   state
	}{
		"success": {nil, closed}, "denial": {denial, closed}, "gateway": {gateway, open}, "outage": {unavailable, open}, "fault": {fault, open}, "silence": {silence, open},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, below := newBreaker(func(wire.Request) *wire.Error { return unavailable })
				_ = do(t, b, read("/users/a"))
				time.Sleep(30 * time.Second)
				below.will(func(r wire.Request) *wire.Error {
					if r.Kind == wire.Probe {
						return test.answer
					}
					return nil
				})
				if err := do(t, b, read("/users/a")); (err == nil) != (test.want == closed) || b.state != test.want {
					t.Errorf("state %d, want %d: %v", b.state, test.want, err)
				}
			})
		})
	}
}

// A failure that occurs again, after the appliance has worked meanwhile, has the cause of before: it is not reported once more.
func TestBreaker_sameFailureAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		again *wire.Error
		same  bool
	}{"same": {unavailable, true}, "another": {silence, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, below := newBreaker(func(wire.Request) *wire.Error { return unavailable })
				first := causeOf(t, do(t, b, read("/users/a")))
				time.Sleep(30 * time.Second)
				below.will(works200)
				if err := do(t, b, read("/users/a")); err != nil {
					t.Fatal(err)
				}
				below.will(func(wire.Request) *wire.Error { return test.again })
				if again := causeOf(t, do(t, b, read("/users/a"))); (again == first) != test.same {
					t.Errorf("first %v, then %v", first.Err, again.Err)
				}
			})
		})
	}
}

// A write whose answer was lost may have taken effect, although its repetition was not sent because nobody could sign in.
func TestBreaker_outcomeOfAWriteWithoutASession(t *testing.T) {
	t.Parallel()
	for want, lost := range map[wire.Outcome]bool{wire.NotSent: false, wire.Unknown: true} {
		b := &breaker{config: Config{Host: "appliance"}, next: handlerFunc(func(wire.Request) (wire.Response, error) {
			return wire.Response{Lost: lost}, &wire.Error{Kind: wire.SignIn, Status: 503, Reason: wire.Unavailable}
		})}
		if err := do(t, b, write("/users/a")); wire.OutcomeOf(err) != want {
			t.Errorf("lost %v: outcome %v, want %v", lost, wire.OutcomeOf(err), want)
		}
	}
}
