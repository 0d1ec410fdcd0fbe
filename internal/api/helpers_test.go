package api_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/contract"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const token = "bearer-token-Zq81"

// noRecord is an id that no credentials record has.
const noRecord = "00000000-0000-4000-8000-000000000000"

// protocols run a test over HTTP/2 and over HTTP/1.1, where a broken connection looks different. One appliance answers as
// documented, the other one as real appliances do.
var protocols = map[string]simulator.Config{"HTTP/2.0": {}, "HTTP/1.1": simulator.SeenOnTheWire(simulator.Config{PlainHTTP: true})}

// start starts an appliance that listens. Every request and its answer must match the contract.
func start(t testing.TB, config simulator.Config) *simulator.Server {
	t.Helper()
	server, err := simulator.Start(contract.Watch(t, config))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

// newAppliance makes an appliance that runs in this process and does not listen.
func newAppliance(t testing.TB, config simulator.Config) *simulator.Appliance {
	t.Helper()
	return simulator.New(contract.Watch(t, config))
}

// configFor returns a configuration for a simulated appliance that signs in as its default administrator.
func configFor(t testing.TB, server *simulator.Server) api.Config {
	t.Helper()
	block, _ := pem.Decode([]byte(server.CACertificate()))
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	config := api.Config{
		Config: wire.Config{
			BaseURL: baseURL(t, server.Host()), Certificates: []*x509.Certificate{certificate},
			RequestTimeout: wire.DefaultRequestTimeout, MaxRetries: wire.DefaultMaxRetries, UserAgent: "api-test",
		},
		APIVersion: "1.0-rev0",
	}
	asAdministrator(&config)
	return config
}

func baseURL(t testing.TB, host string) *url.URL {
	t.Helper()
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	base, err := url.Parse(host + "/api/v1")
	if err != nil {
		t.Fatal(err)
	}
	return base
}

// connect returns a client of a simulated appliance that does not wait between attempts.
func connect(t testing.TB, server *simulator.Server) *api.Client {
	t.Helper()
	return api.WithoutWaits(api.New(configFor(t, server)))
}

// serve starts an HTTPS server for the test and returns a configuration for it, with a bare token.
func serve(t testing.TB, handler http.HandlerFunc) api.Config {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	return configOf(t, server)
}

func configOf(t testing.TB, server *httptest.Server) api.Config {
	t.Helper()
	config := api.Config{
		Config: wire.Config{BaseURL: baseURL(t, server.URL), RequestTimeout: wire.DefaultRequestTimeout, UserAgent: "api-test"},
		Token:  token, APIVersion: "1.0-rev0",
	}
	if server.Certificate() != nil {
		config.Certificates = []*x509.Certificate{server.Certificate()}
	}
	return config
}

// always answers every request in the same way.
func always(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// nobody answers with the appliance's own problem document about a missing object.
func nobody(w http.ResponseWriter, r *http.Request) {
	always(404, "application/problem+json", problemJSON("resourceNotFound", "Resource not found", "NotFound", ""))(w, r)
}

// script answers requests with one handler after the other, and counts them. The last one answers all the rest.
type script struct {
	mu       sync.Mutex
	steps    []http.HandlerFunc
	requests int
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	step := s.steps[min(s.requests, len(s.steps)-1)]
	s.requests++
	s.mu.Unlock()
	step(w, r)
}

func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// inProcess passes requests to a handler without a network, so that a test can run on the clock of synctest.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(request *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(request.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if request.Body == nil {
		request.Body = http.NoBody
	}
	type result struct {
		response *http.Response
		err      error
	}
	answered := make(chan result, 1)
	go func() {
		defer func() {
			if aborted := recover(); aborted != nil {
				answered <- result{nil, io.ErrUnexpectedEOF}
			}
		}()
		recorder := httptest.NewRecorder()
		p.ServeHTTP(recorder, request)
		answered <- result{recorder.Result(), nil}
	}()
	select {
	case got := <-answered:
		return got.response, got.err
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
}

// onClock returns a client of a handler in this process, for use in a synctest bubble.
func onClock(handler http.Handler, edit func(*api.Config)) *api.Client {
	config := api.Config{
		Config: wire.Config{
			BaseURL:        &url.URL{Scheme: "https", Host: "appliance:11005", Path: "/api/v1"},
			RequestTimeout: 30 * time.Second, MaxRetries: 4, UserAgent: "api-test",
		},
		Token: token, APIVersion: "1.0-rev0",
	}
	if edit != nil {
		edit(&config)
	}
	return api.Over(api.New(config), inProcess{handler})
}

// requestError is the error of the request that failed.
type requestError = wire.Error

// failed is an error of a client with everything that a test asks about it.
type failed struct {
	*requestError
	Cause             *wire.Cause // nil if the failure is about one request
	Blocked           string      // the operation, if another request failed
	NotSent           bool
	Unknown, Creation bool

	err error
}

// Unwrap returns the original error.
func (f failed) Unwrap() error { return f.err }

// failure returns the error as the type that every method promises.
func failure(t testing.TB, err error) failed {
	t.Helper()
	e := wire.AsError(err)
	if e == nil {
		t.Fatalf("got %v, want a *wire.Error", err)
	}
	f := failed{requestError: e, err: err, Unknown: wire.IsOutcomeUnknown(err), NotSent: wire.OutcomeOf(err) == wire.NotSent, Creation: e.Kind == wire.Creation}
	if blocked, ok := errors.AsType[*wire.BlockedError](err); ok {
		f.Cause, f.Blocked, f.Creation = blocked.Cause, blocked.Operation, blocked.Kind == wire.Creation
	}
	return f
}

// concurrently calls a function n times at once and returns the errors.
func concurrently(n int, do func(i int) error) []error {
	results := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { results[i] = do(i) })
	}
	group.Wait()
	return results
}

// getUser reads a user that does not exist, so that no snapshot can answer and a request is always sent.
func getUser(ctx context.Context, c *api.Client) error {
	_, err := c.Users.Refresh(ctx, "jane")
	return err
}

func userJSON(name string) string {
	return fmt.Sprintf(`{"name": %q, "description": null, "mfaEnabled": false, "isDefault": false}`, name)
}

func problemJSON(kind, title, code, details string) string {
	document, err := json.Marshal(map[string]any{
		"type": "https://appliance/api/v1/problems/" + kind, "title": title, "status": 400, "errorCode": code, "details": details,
	})
	if err != nil {
		panic(err)
	}
	return string(document)
}

// excludes fails the test if a text contains one of the secrets.
func excludes(t testing.TB, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("a secret of %d characters is in a text of %d", len(secret), len(text))
		}
	}
}

// advance lets the longest pause of the circuit breaker pass, on the clock of synctest.
func advance() { time.Sleep(31 * time.Second) }
