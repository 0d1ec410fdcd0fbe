// Package simulator is a stateful simulated Veeam Backup for AWS appliance: the part of its REST API, revision
// 1.0-rev0, that this provider uses. It stands in for the product in tests, demonstrations and pipelines.
//
// It keeps what it is told, refuses what the documentation says is refused, fails when it is asked to ([Fault]),
// and remembers every request it got ([Appliance.Requests]), so that a test can also say what was not sent.
// It has its own wire structs and imports nothing of this module: a client's wrong JSON tag must fail a test,
// not agree with itself. For the same reason it refuses JSON properties, form fields and query parameters that
// are not documented.
//
// Where the documentation is silent the choice made here is said in a comment that begins with "Not documented".
package simulator

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const basePath = "/api/v1"

// maxRequestBody is far above the largest valid body.
const maxRequestBody = 1 << 20

// Appliance is a simulated appliance. It is an [http.Handler], and everything on it may be used concurrently.
type Appliance struct {
	config Config

	mu          sync.Mutex // guards what follows; never held while waiting or sending
	accounts    collection[Account]
	users       collection[User]
	former      map[string][]string // passwords that a user had before, by name
	usedCodes   map[string]int64    // the step of the last code used, by MFA secret
	email       EmailNotifications
	tokens      tokens
	faults      faults
	log         []*Request
	validations int
}

// New returns an appliance with the default administrator and nothing else. It panics when the configuration is not valid
// ([Config.Validate]).
func New(config Config) *Appliance {
	if err := config.Validate(); err != nil {
		panic("simulator: " + err.Error())
	}
	config = config.withDefaults()
	a := &Appliance{
		config:    config,
		accounts:  newCollection(func(x *Account) (string, string) { return x.ID, x.Name }),
		users:     newCollection(func(x *User) (string, string) { return x.Name, x.Name }),
		email:     defaultEmailNotifications(),
		former:    map[string][]string{},
		usedCodes: map[string]int64{},
		tokens:    newTokens(),
		faults:    faults{random: rand.New(rand.NewPCG(config.Seed, 0)), injected: map[FaultKind]int{}},
	}
	a.users.put(User{Name: config.Username, Password: config.Password, IsDefault: true, MFAEnabled: config.MFASecret != "", MFASecret: config.MFASecret})
	return a
}

// ServeHTTP answers one request: it notes the request, does the work unless a fault comes before it, waits as long as
// it is told to, and answers unless a fault comes after it.
func (a *Appliance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	c := &call{Request: r, config: &a.config, path: belowBase(r.URL.Path), body: body}
	entry, fault := a.arrive(c)
	if a.config.BeforeRequest != nil {
		a.config.BeforeRequest(a, *entry)
	}

	var reply *answer
	switch fault.Kind {
	case CutBefore:
	case Status:
		reply = fault.refusal(c)
	default:
		reply = a.work(c)
	}
	if fault.Kind == Body {
		reply = fault.replacement(reply)
	}
	if !wait(r, a.config.Latency+fault.Delay) {
		a.answered(entry, 0)
		panic(http.ErrAbortHandler)
	}

	switch fault.Kind {
	case CutBefore, CutAfter:
		a.answered(entry, 0)
		panic(http.ErrAbortHandler)
	case Stall:
		a.answered(entry, 0)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	a.answered(entry, reply.status)
	switch fault.Kind {
	case CutBody:
		reply.sendHalf(w)
	case Endless:
		reply.sendEndlessly(w, r, fault.Body)
	default:
		reply.send(w)
	}
}

// wait reports false when the client, or the server, went away meanwhile.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// belowBase returns the part of a path below /api/v1, or the whole path when it is outside.
func belowBase(path string) string {
	if rest, ok := strings.CutPrefix(path, basePath); ok && strings.HasPrefix(rest, "/") {
		return rest
	}
	return path
}

// answer is a complete answer, not yet sent.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (x *answer) send(w http.ResponseWriter) {
	x.sendHeader(w)
	_, _ = w.Write(x.body)
}

func (x *answer) sendHeader(w http.ResponseWriter) {
	for name, values := range x.header {
		w.Header()[name] = values
	}
	if len(x.body) > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(x.body)))
	}
	w.WriteHeader(x.status)
}

// sendHalf sends the header and half of the body, and cuts the connection. An answer without a body is not sent at all.
func (x *answer) sendHalf(w http.ResponseWriter) {
	if len(x.body) > 0 {
		x.sendHeader(w)
		_, _ = w.Write(x.body[:len(x.body)/2])
		_ = http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler)
}

// sendEndlessly sends the header, and then text again and again until the client goes away.
func (x *answer) sendEndlessly(w http.ResponseWriter, r *http.Request, text string) {
	setDefault(&text, " ")
	chunk := bytes.Repeat([]byte(text), max(1, 64<<10/len(text)))
	x.body = nil
	x.sendHeader(w)
	for r.Context().Err() == nil {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}
