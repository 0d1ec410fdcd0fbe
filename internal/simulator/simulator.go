// Package simulator is a stateful simulated Veeam Backup for AWS appliance: the part of its REST API that this provider uses.
// It stands in for the product in tests, demonstrations and pipelines.
//
// It keeps what it is told, refuses what the documentation says is refused, fails when it is asked to ([Fault]),
// and remembers every request it got ([Appliance.Requests]), so that a test can also say what was not sent.
// It has its own wire structs and imports nothing of this module: a client's wrong JSON tag must fail a test,
// not agree with itself. For the same reason it refuses JSON properties, form fields and query parameters that
// are not documented.
//
// By default it answers as the vendor's OpenAPI document of revision 1.0-rev0 says. Tests hold it against that document, and
// [Config.OnExchange] shows them every exchange.
//
// Where the documentation is silent the choice made here is said in a comment that begins with "Not documented", and the other
// choices that an appliance is likely to make can be had by [Config]: its habits.
//
// Only revision 1.0-rev0 is published as a whole. Of what the later ones change this has what is known, and each product
// version as a [Profile]. It assumes the rest:
//
//   - Products 9, 10 and 11 accept the revisions of the two products before them, 6 accepts 1.2-rev0 and 1.3-rev0, 3 accepts
//     1.1-rev0.
//   - A user has an accountType from 1.1-rev0 on. It is "Internal" unless "External" is asked for, and never changes. An External
//     one has no password, is refused one, changes without one, cannot sign in at /token and cannot enable MFA.
//   - A user has a role from 1.4-rev0 on. A creation without one makes a Portal Administrator, and a PUT without one leaves it,
//     unless [ResetsRole]. Roles other than Portal Administrator may do nothing here (403). The values are those of the web console.
//   - A PUT of a user is otherwise that of 1.0-rev0, and so are credentials records, tokens, paging and MFA.
//   - From 1.4-rev0 on there are no email settings, and the endpoint is one of those that do not exist.
//   - From 1.8-rev0 on every refusal is the web framework's own document, for an accepted revision.
//   - A revision that is not accepted is refused by the problem that 1.0-rev0 has for it.
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
	c := &call{Request: r, config: &a.config, revision: a.servedIn(r), path: relativePath(r.URL.Path), body: body}
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
		a.answered(c, entry, fault, nil)
		panic(http.ErrAbortHandler)
	}

	switch fault.Kind {
	case CutBefore, CutAfter:
		a.answered(c, entry, fault, nil)
		panic(http.ErrAbortHandler)
	case Stall:
		a.answered(c, entry, fault, nil)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	a.answered(c, entry, fault, reply)
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

// relativePath returns the part of a path below /api/v1, or the whole path when it is outside.
func relativePath(path string) string {
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
