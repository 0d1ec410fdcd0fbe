package histories

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"pgregory.net/rapid"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// latency is how long the appliance takes for an answer. The operations of one run begin stagger apart, so that their
// requests meet on the appliance in an order that is the same every time.
const (
	latency = 10 * time.Millisecond
	stagger = 3 * time.Millisecond
)

// world is all that a history changes.
type world struct {
	t      *rapid.T
	counts *tally
	habits habits
	story  []string // what was logged

	appliance *simulator.Appliance
	server    *http.Server
	network   *network

	configuration map[string]*block
	schemas       *tfprotov6.GetProviderSchemaResponse

	mu           sync.Mutex
	state        state
	foreign      map[key]remote // objects that Terraform does not manage, as their clients left them
	touched      map[key]bool   // objects that another client touched in this step
	absent       map[key]bool   // objects that another client removed in this step
	appointments []*appointment
	guesses      map[string]int // refused old passwords in this step, by path
	visits       int            // by other clients, in the history
	violations   []violation
}

// habits are what differs from one appliance, or one user of Terraform, to another.
type habits struct {
	appliance  simulator.Config
	maxRetries int
	apiVersion any  // configured, so that no request has to go first to find it; or nil
	parallel   bool // Terraform works on several resources at a time
}

func (h habits) String() string {
	a := h.appliance
	text := fmt.Sprintf("max_retries %d, api_version %v, parallel %v; the appliance serves pages of %d, its tokens live %s", h.maxRetries, h.apiVersion, h.parallel, a.PageLimit, a.AccessTokenLifetime)
	for _, habit := range []struct {
		has  bool
		says string
	}{
		{a.Habits[simulator.TrimsSpace], "takes white space off"},
		{a.Habits[simulator.ZonelessDates], "answers as appliances are seen to"},
		{a.MaxLimit > 0, fmt.Sprintf("refuses a Limit over %d", a.MaxLimit)},
		{a.WrongPasswordStatus+len(a.WrongPasswordProblem) > 0, fmt.Sprintf("refuses a wrong password with %d %s", a.WrongPasswordStatus, a.WrongPasswordProblem)},
		{a.Habits[simulator.FrameworkErrors], "says errors in the framework's words"},
		{a.Habits[simulator.BlankProblems], "says about:blank for every problem"},
		{a.Habits[simulator.RefusesOldPasswords], "refuses old passwords"},
	} {
		if habit.has {
			text += ", " + habit.says
		}
	}
	return text
}

func drawHabits(t *rapid.T) habits {
	h := habits{
		maxRetries: rapid.SampledFrom([]int{2, 0, 4}).Draw(t, "max_retries"),
		apiVersion: rapid.SampledFrom([]any{nil, "1.0-rev0"}).Draw(t, "api_version"),
		parallel:   rapid.Bool().Draw(t, "parallel"),
		appliance: simulator.Config{
			PageLimit:           rapid.SampledFrom([]int{100, 2, 1}).Draw(t, "page limit"),
			MaxLimit:            rapid.SampledFrom([]int{0, 0, 100}).Draw(t, "largest limit"),
			AccessTokenLifetime: rapid.SampledFrom([]time.Duration{time.Hour, 100 * time.Millisecond}).Draw(t, "token lifetime"),
			Habits: simulator.Habits{
				simulator.TrimsSpace:          rapid.Bool().Draw(t, "takes white space off"),
				simulator.RefusesOldPasswords: rapid.Bool().Draw(t, "refuses old passwords"),
			},
		},
	}
	refusal := rapid.SampledFrom([]struct {
		status  int
		problem string
	}{{0, ""}, {401, ""}, {403, ""}, {409, ""}, {0, "invalidAccessToken"}, {0, "expiredAccessToken"}, {401, "framework"}, {400, "framework"}, {401, "none"}}).Draw(t, "refusal of wrong passwords")
	h.appliance.WrongPasswordStatus, h.appliance.WrongPasswordProblem = refusal.status, refusal.problem
	switch rapid.SampledFrom([]string{"product", "product", "framework", "blank"}).Draw(t, "errors") {
	case "framework":
		h.appliance.Habits[simulator.FrameworkErrors] = true
	case "blank":
		h.appliance.Habits[simulator.BlankProblems] = true
	}
	if rapid.Bool().Draw(t, "as seen on the wire") {
		h.appliance = simulator.SeenOnTheWire(h.appliance)
	}
	return h
}

func newWorld(t *rapid.T, counts *tally) *world {
	w := &world{
		t: t, counts: counts, habits: drawHabits(t),
		configuration: map[string]*block{}, state: state{}, foreign: map[key]remote{},
		touched: map[key]bool{}, absent: map[key]bool{}, guesses: map[string]int{},
	}
	w.log("%s", w.habits)
	config := w.habits.appliance
	config.OnExchange = w.checkContract
	w.appliance = simulator.New(config)
	w.network = newNetwork()
	w.server = &http.Server{Handler: w, ReadHeaderTimeout: time.Minute}
	go func() { _ = w.server.Serve(w.network) }()
	for k, object := range w.snapshot() { // the default administrator
		w.foreign[k] = object
	}
	p := w.start()
	defer p.end()
	w.schemas = p.schemas
	return w
}

func (w *world) end() { _ = w.server.Close() }

// ServeHTTP is the appliance with its latency, and with other clients that visit before a request does its work.
func (w *world) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	time.Sleep(latency + w.turn(request))
	for _, come := range w.due(request) {
		come.act(w)
	}
	w.counts.add("requests")
	w.appliance.ServeHTTP(&listening{response, w, request.URL.Path}, request)
}

// turn separates requests that arrive at the same time, such as all those that waited for one sign-in, so that a history runs
// the same way every time. Ids differ from run to run.
func (w *world) turn(request *http.Request) time.Duration {
	path := request.URL.Path
	for _, record := range w.appliance.Accounts() {
		path = strings.ReplaceAll(path, record.ID, record.Name)
	}
	sum := fnv.New32()
	_, _ = io.WriteString(sum, request.Method+path)
	if request.Method != http.MethodGet && !strings.HasSuffix(path, "/token") {
		body, _ := io.ReadAll(request.Body)
		request.Body = io.NopCloser(bytes.NewReader(body))
		_, _ = sum.Write(body)
	}
	return time.Duration(sum.Sum32()%uint32(time.Millisecond/time.Microsecond)) * time.Microsecond
}

// listening counts how often each user's old password was refused.
type listening struct {
	http.ResponseWriter
	w    *world
	path string
}

func (l *listening) Write(body []byte) (int, error) {
	if bytes.Contains(body, []byte("old password is wrong")) {
		l.w.mu.Lock()
		l.w.guesses[l.path]++
		l.w.mu.Unlock()
	}
	return l.ResponseWriter.Write(body)
}

// Unwrap lets a fault flush the answer.
func (l *listening) Unwrap() http.ResponseWriter { return l.ResponseWriter }

// appointment is another client's visit that waits for a request.
type appointment struct {
	method, path string // a path ends in / when more has to follow
	skip         int
	act          func(*world)
}

func (w *world) due(request *http.Request) (due []*appointment) {
	w.mu.Lock()
	defer w.mu.Unlock()
	path := strings.TrimPrefix(request.URL.Path, "/api/v1")
	w.appointments = slices.DeleteFunc(w.appointments, func(a *appointment) bool {
		if a.method != request.Method || path != a.path && (!strings.HasSuffix(a.path, "/") || !strings.HasPrefix(path, a.path)) {
			return false
		}
		a.skip--
		if a.skip < 0 {
			due = append(due, a)
		}
		return a.skip < 0
	})
	return due
}

// step begins a step: what other clients did before is settled now.
func (w *world) step(format string, arguments ...any) {
	w.counts.add("steps")
	w.log(format, arguments...)
	w.appliance.ResetRequests()
	w.touched, w.absent, w.guesses = map[key]bool{}, map[key]bool{}, map[string]int{}
}

// log writes a line of the story.
func (w *world) log(format string, arguments ...any) {
	w.t.Logf(format, arguments...)
	w.story = append(w.story, fmt.Sprintf(format, arguments...))
}

// clearTroubles ends the faults and the visits of a step.
func (w *world) clearTroubles() {
	w.appliance.ClearFaults()
	w.appointments = nil
}

// key names an object on the appliance: its type and what stands in its path.
type key struct{ typeName, id string }

// remote is an object as the appliance has it.
type remote struct {
	name, username, description, password string
	isDefault                             bool
}

func (r remote) String() string {
	return fmt.Sprintf("name %q, user name %q, description %q, password %q", r.name, r.username, r.description, r.password)
}

// snapshot is everything that the appliance has.
func (w *world) snapshot() map[key]remote {
	objects := map[key]remote{}
	for _, record := range w.appliance.Accounts() {
		objects[key{accountType, record.ID}] = remoteRecord(record)
	}
	for _, user := range w.appliance.Users() {
		objects[key{userType, user.Name}] = remoteUser(user)
	}
	return objects
}

func remoteRecord(x simulator.Account) remote {
	r := remote{name: x.Name, username: x.Username, password: x.Password}
	if x.Description != nil {
		r.description = *x.Description
	}
	return r
}

func remoteUser(x simulator.User) remote {
	return remote{name: x.Name, description: x.Description, password: x.Password, isDefault: x.IsDefault}
}

// network connects the provider with the appliance, in memory.
type network struct {
	connections chan net.Conn
	closed      chan struct{}
	once        sync.Once
}

func newNetwork() *network {
	return &network{connections: make(chan net.Conn), closed: make(chan struct{})}
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case connection := <-n.connections:
		return connection, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

func (n *network) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 11005} }

func (n *network) dial(ctx context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case n.connections <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// tally counts what happened in all histories, so that a test which tries nothing shows.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
	broken []string // the story of the first history that broke a rule, or of the last one if that did too
}

func (c *tally) add(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[what]++
}

func (c *tally) report(t *testing.T, took time.Duration) {
	t.Helper()
	for _, what := range slices.Sorted(maps.Keys(c.counts)) {
		t.Logf("%-40s %8d %10.0f a minute", what, c.counts[what], float64(c.counts[what])/took.Minutes())
	}
}
