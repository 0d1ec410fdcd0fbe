package simulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const newAccount = `{"name":"n","username":"u","password":"p"}`

// TestCuts shows of every way to lose an answer whether the work was done, and that the next request goes well.
func TestCuts(t *testing.T) {
	t.Parallel()
	for proto, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		for kind, worked := range map[simulator.FaultKind]bool{simulator.CutBefore: false, simulator.CutAfter: true, simulator.CutBody: true} {
			t.Run(proto+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				r := start(t, simulator.Config{}, http2)
				r.server.AddFault(simulator.Fault{Kind: kind, Method: "POST", Count: 1})
				x, body, err := r.do("POST", "/accounts/standard", newAccount)
				switch {
				case err == nil:
					t.Fatalf("answered %s", body)
				case kind == simulator.CutBody && (x == nil || x.StatusCode != 201 || body == "" || !strings.HasPrefix(body, `{"id":`) || strings.HasSuffix(body, "}")):
					t.Errorf("not half an answer: %v %q", x, body)
				case kind != simulator.CutBody && x != nil:
					t.Errorf("answered %v", x)
				}
				if _, done := r.server.AccountByName("n"); done != worked {
					t.Errorf("work done: %v, want %v", done, worked)
				}
				if got := r.server.FaultsInjected(kind); got != 1 {
					t.Errorf("%d faults injected", got)
				}
				if x, _, err := r.do("GET", "/users/admin", ""); err != nil || x.StatusCode != 200 {
					t.Errorf("afterwards: %v %v", x, err)
				}
				for _, request := range r.server.Requests() {
					if hit := request.Method == "POST" && request.Path == "/accounts/standard"; hit != (request.Fault == kind) {
						t.Errorf("%+v", request)
					}
				}
			})
		}
	}
}

func TestCutBodyWithoutBody(t *testing.T) {
	t.Parallel()
	r := start(t, simulator.Config{}, false)
	account := r.server.PutAccount(simulator.Account{Name: "n"})
	r.server.AddFault(simulator.Fault{Kind: simulator.CutBody})
	if x, body, err := r.do("DELETE", "/accounts/standard/"+account.ID, ""); err == nil {
		t.Errorf("answered %v %q", x, body)
	}
	if len(r.server.Accounts()) != 0 {
		t.Error("the work was not done")
	}
}

func TestStall(t *testing.T) {
	t.Parallel()
	for proto, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(proto, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			r := start(t, simulator.Config{OnRequest: func(request simulator.Request) {
				if request.Fault == simulator.Stall {
					cancel()
				}
			}}, http2)
			r.server.AddFault(simulator.Fault{Kind: simulator.Stall, Method: "POST"})
			if _, body, err := r.doContext(ctx, "POST", "/accounts/standard", newAccount); !errors.Is(err, context.Canceled) {
				t.Errorf("%v %s", err, body)
			}
			if len(r.server.Accounts()) != 1 {
				t.Error("the work was not done")
			}
		})
	}
}

// TestCloseEndsStalls shows that a server closes while a request is under way.
func TestCloseEndsStalls(t *testing.T) {
	t.Parallel()
	stalled := make(chan struct{}, 2)
	r := start(t, simulator.Config{OnRequest: func(simulator.Request) { stalled <- struct{}{} }}, true)
	<-stalled // the sign-in, which did not stall
	r.server.AddFault(simulator.Fault{Kind: simulator.Stall})
	failed := make(chan error)
	go func() {
		_, _, err := r.do("GET", "/users", "")
		failed <- err
	}()
	<-stalled
	r.server.Close()
	if err := <-failed; err == nil {
		t.Error("answered")
	}
}

func TestEndless(t *testing.T) {
	t.Parallel()
	for proto, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(proto, func(t *testing.T) {
			t.Parallel()
			r := start(t, simulator.Config{}, http2)
			r.server.AddFault(simulator.Fault{Kind: simulator.Endless, Body: "ab"})
			request, err := http.NewRequestWithContext(t.Context(), "GET", r.base+"/api/v1/users", nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := r.http.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			content, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
			if err != nil || len(content) != 1<<20 || strings.Trim(string(content), "ab") != "" {
				t.Errorf("%d bytes, %v", len(content), err)
			}
		})
	}
}

func TestStatusFault(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.Config{})
	post := func(fault simulator.Fault) answer {
		appliance.ClearFaults()
		fault.Kind = simulator.Status
		appliance.AddFault(fault)
		return c.do("POST", "/accounts/standard", newAccount)
	}
	c.want(post(simulator.Fault{}), 503, `"ServiceUnavailable"`, "problems/serviceUnavailable")
	c.want(post(simulator.Fault{Status: 500}), 500, `"UnknownError"`, `"status":500`)
	if x := c.want(post(simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"7"}}}), 429, `"status":429`); x.header.Get("Retry-After") != "7" {
		t.Errorf("header %v", x.header)
	}
	page := post(simulator.Fault{Status: 502, Header: http.Header{"content-type": {"text/html"}}, Body: "<html>"})
	if page.status != 502 || page.body != "<html>" || page.header.Get("Content-Type") != "text/html" {
		t.Errorf("%+v", page)
	}
	if empty := post(simulator.Fault{Status: 502, Header: http.Header{"Content-Type": {"text/html"}}}); empty.body != "" {
		t.Errorf("%+v", empty)
	}
	c.want(post(simulator.Fault{Problem: "licenseAgreementsIsNotAccepted"}), 403, "problems/licenseAgreementsIsNotAccepted")
	c.want(post(simulator.Fault{Problem: "unsupportedApiVersion", Status: 406, Document: "framework"}), 406, `"status":406`, `"traceId"`)
	if len(appliance.Accounts()) != 0 {
		t.Error("the work was done")
	}
	if got := appliance.FaultsInjected(simulator.Status, simulator.Delay); got != 7 {
		t.Errorf("%d faults injected", got)
	}
}

func TestBodyFault(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.Config{})
	appliance.AddFault(
		simulator.Fault{Kind: simulator.Body, Method: "POST", Body: "[[[["},
		simulator.Fault{Kind: simulator.Body, Method: "GET", Status: 504, Header: http.Header{"X-Own": {"v"}}},
	)
	if x := c.do("POST", "/accounts/standard", newAccount); x.status != 201 || x.body != "[[[[" || x.header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v", x)
	}
	if len(appliance.Accounts()) != 1 {
		t.Error("the work was not done")
	}
	if x := c.do("GET", "/users", ""); x.status != 504 || x.body != "" || x.header.Get("X-Own") != "v" {
		t.Errorf("%+v", x)
	}
}

func TestDelays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance, c := newClient(t, simulator.Config{Latency: time.Second})
		appliance.AddFault(simulator.Fault{Kind: simulator.Delay, Path: "/users/*", Delay: time.Minute},
			simulator.Fault{Kind: simulator.Status, Path: "/system/version", Delay: time.Hour})
		for path, want := range map[string]time.Duration{
			"/users": time.Second, "/users/admin": time.Second + time.Minute, "/system/version": time.Second + time.Hour,
		} {
			begin := time.Now()
			c.do("GET", path, "")
			if got := time.Since(begin); got != want {
				t.Errorf("%s took %s, want %s", path, got, want)
			}
		}
		// Others are served meanwhile.
		begin := time.Now()
		done := make(chan struct{})
		for range 10 {
			go func() { c.do("GET", "/users/admin", ""); done <- struct{}{} }()
		}
		for range 10 {
			<-done
		}
		if got := time.Since(begin); got != time.Second+time.Minute {
			t.Errorf("ten at once took %s", got)
		}
	})
}

// TestGoneWhileWaiting shows that a client that gives up is let go at once, with its work done.
func TestGoneWhileWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		appliance := simulator.New(simulator.Config{Latency: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		func() {
			defer func() {
				if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
					t.Errorf("ended with %v", err)
				}
			}()
			r := httptest.NewRequestWithContext(ctx, "GET", "/api/v1/users", nil)
			appliance.ServeHTTP(httptest.NewRecorder(), r)
		}()
		if got := time.Since(begin); got != time.Second {
			t.Errorf("let go after %s", got)
		}
		if requests := appliance.Requests(); len(requests) != 1 || requests[0].Status != 0 {
			t.Errorf("%+v", requests)
		}
	})
}

func TestFaultSelection(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault simulator.Fault
		hits  string // of the requests GET /users/a, GET /users/b, GET /users, DELETE /users/c, GET /users/d
	}{
		"all":            {simulator.Fault{}, "xxxxx"},
		"method":         {simulator.Fault{Method: "DELETE"}, "...x."},
		"path":           {simulator.Fault{Path: "/users/b"}, ".x..."},
		"wildcard":       {simulator.Fault{Path: "/users/*"}, "xx.xx"},
		"skip":           {simulator.Fault{Path: "/users/*", Skip: 1}, ".x.xx"},
		"count":          {simulator.Fault{Path: "/users/*", Count: 2}, "xx..."},
		"skip and count": {simulator.Fault{Path: "/users/*", Skip: 1, Count: 2}, ".x.x."},
		"everything":     {simulator.Fault{Share: 1}, "xxxxx"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			appliance, c := newClient(t, simulator.Config{})
			test.fault.Kind, test.fault.Status = simulator.Status, 418
			appliance.AddFault(test.fault)
			hits := ""
			for _, call := range [][2]string{{"GET", "/users/a"}, {"GET", "/users/b"}, {"GET", "/users"}, {"DELETE", "/users/c"}, {"GET", "/users/d"}} {
				if c.do(call[0], call[1], "").status == 418 {
					hits += "x"
				} else {
					hits += "."
				}
			}
			if hits != test.hits {
				t.Errorf("hit %s, want %s", hits, test.hits)
			}
			if got := appliance.FaultsInjected(); got != strings.Count(test.hits, "x") {
				t.Errorf("%d faults injected", got)
			}
			appliance.ClearFaults()
			c.want(c.do("GET", "/users", ""), 200)
		})
	}
}

func TestFaultShare(t *testing.T) {
	t.Parallel()
	hits := func(seed uint64) string {
		appliance, c := newClient(t, simulator.Config{Seed: seed})
		appliance.AddFault(simulator.Fault{Kind: simulator.Status, Share: 0.25})
		var pattern strings.Builder
		for range 400 {
			if c.do("GET", "/system/version", "").status == http.StatusServiceUnavailable {
				pattern.WriteByte('x')
			} else {
				pattern.WriteByte('.')
			}
		}
		return pattern.String()
	}
	first := hits(1)
	if n := strings.Count(first, "x"); n < 60 || n > 140 {
		t.Errorf("%d of 400 requests were hit, want about 100", n)
	}
	if hits(1) != first {
		t.Error("the same seed gave other faults")
	}
	if hits(2) == first {
		t.Error("another seed gave the same faults")
	}
}

func TestFirstFaultHits(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.Config{})
	appliance.AddFault(simulator.Fault{Kind: simulator.Status, Status: 500, Count: 1}, simulator.Fault{Kind: simulator.Status, Status: 502, Count: 1})
	c.want(c.do("GET", "/users", ""), 500)
	c.want(c.do("GET", "/users", ""), 502)
	c.want(c.do("GET", "/users", ""), 200)
}

func TestInvalidFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range []simulator.Fault{
		{}, {Kind: "nonsense"}, {Kind: simulator.Stall, Path: "["}, {Kind: simulator.Stall, Share: 1.5}, {Kind: simulator.Stall, Share: -1},
		{Kind: simulator.Status, Document: "nonsense"}, {Kind: simulator.Status, Problem: "nonsense"}, {Kind: simulator.Stall, Document: "html"}, {Kind: simulator.Stall, Problem: "accessDenied"},
		{Kind: simulator.Stall, Count: -1}, {Kind: simulator.Status, Status: 99}, {Kind: simulator.Delay},
	} {
		if fault.Validate() == nil {
			t.Errorf("%+v is valid", fault)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v was added", fault)
				}
			}()
			simulator.New(simulator.Config{}).AddFault(fault)
		}()
	}
}
