package api_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/session"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

var jane = always(200, jsonType, userJSON("jane"))

func unavailable(status int, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
	}
}

func abort(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestRetries(t *testing.T) {
	t.Parallel()
	type span struct{ least, most time.Duration }
	none := span{}
	twice := span{375 * time.Millisecond, 750 * time.Millisecond}
	for name, test := range map[string]struct {
		fault    http.HandlerFunc // twice, then all is well
		requests int              // 3 when it is repeated
		waited   span
	}{
		"429":                 {unavailable(429, ""), 3, twice},
		"502":                 {unavailable(502, ""), 3, twice},
		"503":                 {unavailable(503, ""), 3, twice},
		"504":                 {unavailable(504, ""), 3, twice},
		"cut":                 {abort, 3, twice},
		"400":                 {unavailable(400, ""), 1, none},
		"404":                 {unavailable(404, ""), 2, none}, // for the second source
		"500":                 {unavailable(500, ""), 1, none},
		"501":                 {unavailable(501, ""), 1, none},
		"429 after 7":         {unavailable(429, "7"), 3, span{14 * time.Second, 14 * time.Second}},
		"503 after 7":         {unavailable(503, "7"), 3, span{14 * time.Second, 14 * time.Second}},
		"429 after 60":        {unavailable(429, "60"), 3, span{2 * time.Minute, 2 * time.Minute}},
		"429 after 61":        {unavailable(429, "61"), 1, none},
		"503 after a day":     {unavailable(503, "86400"), 1, none},
		"503 after an age":    {unavailable(503, "99999999999999999999999"), 1, none},
		"503 after nonsense":  {unavailable(503, "soon"), 3, twice},
		"503 after -5":        {unavailable(503, "-5"), 3, twice},
		"503 after tomorrow":  {unavailable(503, time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC).Format(http.TimeFormat)), 1, none},
		"503 after yesterday": {unavailable(503, time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC).Format(http.TimeFormat)), 3, twice},
		// The clock of synctest begins at midnight, 2000-01-01. The first wait is 20 s; then the date has passed.
		"503 after a date": {unavailable(503, time.Date(2000, 1, 1, 0, 0, 20, 0, time.UTC).Format(http.TimeFormat)), 3, span{20*time.Second + 250*time.Millisecond, 20*time.Second + 500*time.Millisecond}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handler := &script{steps: []http.HandlerFunc{test.fault, test.fault, jane}}
				begun := time.Now()
				err := getUser(t.Context(), onClock(handler, nil))
				waited := time.Since(begun)
				if (err == nil) != (test.requests == 3) || handler.count() != test.requests {
					t.Errorf("%d requests, want %d: %v", handler.count(), test.requests, err)
				}
				if waited < test.waited.least || waited > test.waited.most {
					t.Errorf("waited %s, want %s to %s", waited, test.waited.least, test.waited.most)
				}
			})
		})
	}
}

func TestMaxRetries(t *testing.T) {
	t.Parallel()
	for _, retries := range []int{0, 1, 4, 20} {
		for name, fault := range map[string]http.HandlerFunc{"503": unavailable(503, ""), "429": unavailable(429, "1"), "cut": abort} {
			t.Run(fmt.Sprintf("%d of %s", retries, name), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					handler := &script{steps: []http.HandlerFunc{fault}}
					client := onClock(handler, func(config *api.Config) { config.MaxRetries = retries })
					got := failure(t, getUser(t.Context(), client))
					if handler.count() != retries+1 {
						t.Errorf("%d requests, want %d", handler.count(), retries+1)
					}
					want := map[string]wire.Error{
						"503": {Status: 503, Reason: wire.Unavailable}, "429": {Status: 429, Reason: wire.TooManyRequests}, "cut": {Reason: wire.Unreachable},
					}[name]
					if got.Status != want.Status || got.Reason != want.Reason || got.Unknown {
						t.Errorf("%#v, want %#v", got, want)
					}
					if said := strings.Contains(got.Message, fmt.Sprintf("after %d attempts", retries+1)); said != (name == "cut" && retries > 0) {
						t.Error(got.Message)
					}
				})
			})
		}
	}
}

func TestTimeoutIsNotRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stall := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done(); panic(http.ErrAbortHandler) }
		handler := &script{steps: []http.HandlerFunc{stall, jane}}
		client := onClock(handler, func(config *api.Config) { config.RequestTimeout = 7 * time.Second })
		begun := time.Now()
		got := failure(t, getUser(t.Context(), client))
		if got.Reason != wire.TimedOut || !strings.Contains(got.Message, "within 7s") || handler.count() != 1 || time.Since(begun) != 7*time.Second {
			t.Errorf("%d requests in %s: %#v", handler.count(), time.Since(begun), got)
		}
	})
}

func TestCancelledWaitReturnsAtOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]http.HandlerFunc{"asked to wait": unavailable(503, "50"), "before a retry": abort} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handler := &script{steps: []http.HandlerFunc{fault}}
				client := onClock(handler, func(config *api.Config) { config.MaxRetries = 100 })
				ctx, cancel := context.WithCancel(t.Context())
				begun := time.Now()
				time.AfterFunc(5*time.Second, cancel)
				got := failure(t, getUser(ctx, client))
				if waited := time.Since(begun); waited != 5*time.Second || !strings.Contains(got.Message, "interrupted") {
					t.Errorf("returned after %s: %v", waited, got)
				}
			})
		})
	}
}

func TestNothingIsSentAfterCancellation(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := connect(t, server)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, readErr := client.Users.Refresh(ctx, "jane")
	_, writeErr := client.Users.Create(ctx, api.UserValues{Name: "jane", Password: "Passw0rd-x"})
	for _, err := range []error{readErr, writeErr, client.Users.Delete(ctx, "jane")} {
		if got := failure(t, err); !strings.Contains(got.Message, "interrupted") || got.Unknown {
			t.Errorf("%#v", got)
		}
	}
	if requests := server.Count("", ""); requests > 1 { // a sign-in may have begun, for the next request
		t.Errorf("%d requests", requests)
	}
}

func TestRefusedConnection(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	client := api.WithoutWaits(api.New(api.Config{Config: wire.Config{BaseURL: baseURL(t, address), RequestTimeout: time.Minute, MaxRetries: 2}, Token: token}))
	_, err = client.Users.Create(t.Context(), api.UserValues{Name: "jane", Password: "Passw0rd-x"})
	got := failure(t, err)
	if got.Reason != wire.Unreachable || got.Unknown || !strings.Contains(got.Message, "refused, after 3 attempts") {
		t.Errorf("%#v", got)
	}
}

// A repeated test message would arrive twice: the POST is repeated only if it was certainly not sent.
func TestOnce(t *testing.T) {
	t.Parallel()
	sent := always(200, jsonType, `{"success": true, "message": ""}`)
	for name, test := range map[string]struct {
		fault    http.HandlerFunc
		repeated bool
	}{
		"429": {unavailable(429, ""), true},
		"502": {unavailable(502, ""), false},
		"503": {unavailable(503, "1"), false},
		"504": {unavailable(504, ""), false},
		"cut": {abort, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := &script{steps: []http.HandlerFunc{test.fault, sent}}
			config := serve(t, handler.ServeHTTP)
			config.MaxRetries = 4
			_, err := api.WithoutWaits(api.New(config)).SendTestMessage(t.Context(), api.EmailNotifications{})
			if repeated := handler.count() == 2; repeated != test.repeated || (err == nil) != test.repeated {
				t.Errorf("%d requests: %v", handler.count(), err)
			}
			if err != nil && !failure(t, err).Unknown {
				t.Errorf("%#v claims to know that nothing was done", err)
			}
		})
	}
	t.Run("never connected", func(t *testing.T) {
		t.Parallel()
		config := serve(t, sent)
		dials := 0
		client := api.Over(api.WithoutWaits(api.New(configWithRetries(config, 4))), roundTripper(func(r *http.Request) (*http.Response, error) {
			if dials++; dials < 4 {
				return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
			}
			return inProcess{sent}.RoundTrip(r)
		}))
		if _, err := client.SendTestMessage(t.Context(), api.EmailNotifications{}); err != nil || dials != 4 {
			t.Errorf("%d attempts: %v", dials, err)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func configWithRetries(config api.Config, retries int) api.Config {
	config.MaxRetries = retries
	return config
}

// Terraform is interrupted during a request: a read is canceled, but a write and a sign-in are not, because a session whose token
// was lost cannot be ended.
func TestInterruptedInFlight(t *testing.T) {
	t.Parallel()
	account := `{"id": "0b6dfaef-6a6b-4b2c-8f4b-3a4ad9fbe1c7", "name": "smtp", "username": "u"}`
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		call   func(context.Context, *api.Client) error
		counts bool
	}{
		"read": {jane, getUser, false},
		"list": {always(200, jsonType, `{"totalCount": 0, "results": []}`), func(ctx context.Context, c *api.Client) error {
			_, err := c.Users.List(ctx, "")
			return err
		}, false},
		"create": {always(201, jsonType, userJSON("jane")), func(ctx context.Context, c *api.Client) error {
			_, err := c.Users.Create(ctx, api.UserValues{Name: "jane", Password: "Passw0rd-x"})
			return err
		}, true},
		"update": {always(200, jsonType, account), func(ctx context.Context, c *api.Client) error {
			_, err := c.StandardAccounts.Update(ctx, "0b6dfaef-6a6b-4b2c-8f4b-3a4ad9fbe1c7", "", api.StandardAccountValues{Name: "smtp", Username: "u"})
			return err
		}, true},
		"delete": {always(204, "", ""), func(ctx context.Context, c *api.Client) error { return c.Users.Delete(ctx, "jane") }, true},
		"sign-in": {always(200, jsonType, `{"access_token": "a", "refresh_token": "r"}`), func(ctx context.Context, c *api.Client) error {
			_, err := c.SignIn(ctx, session.Credentials{Username: "jane", Password: "Passw0rd-x"})
			return err
		}, true},
		"refresh of a token": {always(200, jsonType, `{"access_token": "a", "refresh_token": "r"}`), func(ctx context.Context, c *api.Client) error {
			_, err := c.RefreshToken(ctx, "refresh-token")
			return err
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arrived, release := make(chan struct{}), make(chan struct{})
			config := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if name == "create" && r.Method == "GET" {
					nobody(w, r)
					return
				}
				close(arrived)
				<-release
				test.answer(w, r)
			})
			ctx, cancel := context.WithCancel(t.Context())
			result := make(chan error, 1)
			go func() { result <- test.call(ctx, api.New(config)) }()
			<-arrived
			cancel()
			if test.counts {
				close(release)
				if err := <-result; err != nil {
					t.Errorf("the answer did not count: %v", err)
				}
				return
			}
			if err := <-result; err == nil || !strings.Contains(err.Error(), "interrupted") { // while no answer has come
				t.Errorf("got %v", err)
			}
			close(release)
		})
	}
}

// An interruption ends the retries of a write.
func TestInterruptedWriteIsNotRepeated(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	handler := &script{steps: []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		w.WriteHeader(http.StatusServiceUnavailable)
	}}}
	config := serve(t, handler.ServeHTTP)
	config.MaxRetries = 4
	_, err := api.New(config).Users.Update(ctx, "jane", api.UserValues{OldPassword: "Passw0rd-x"})
	if got := failure(t, err); got.Status != 503 || !got.Unknown || handler.count() != 1 {
		t.Errorf("%d requests: %#v", handler.count(), got)
	}
}

// The username is percent-encoded in the path, and the headers are those of the documentation.
func TestRequests(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := connect(t, server)
	const odd = "we/ird näme%2F?#$"
	if err := client.Users.Delete(t.Context(), odd); err != nil {
		t.Fatal(err) // there is no such user
	}
	requests := server.Requests()
	last := requests[len(requests)-1]
	if last.Path != "/users/"+odd || last.RawPath != "/api/v1/users/we%2Fird%20n%C3%A4me%252F%3F%23$" {
		t.Errorf("path %q, sent as %q", last.Path, last.RawPath)
	}
	for _, request := range requests {
		if request.Header.Get("X-Api-Version") != "1.0-rev0" || request.Header.Get("User-Agent") != "api-test" || !strings.Contains(request.Header.Get("Accept"), "application/json") {
			t.Errorf("%s %s: %v", request.Method, request.Path, request.Header)
		}
		if signsIn := request.Path == "/token"; signsIn == strings.HasPrefix(request.Header.Get("Authorization"), "Bearer ") {
			t.Errorf("%s %s: authorization %v", request.Method, request.Path, !signsIn)
		}
	}
	if len(requests) != 4 {
		t.Errorf("%d requests, want a sign-in, a GET and the list for the spelling of a name beyond ASCII, and a DELETE", len(requests))
	}
}

func TestNothingIsSentBeforeItIsNeeded(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := connect(t, server)
	if version := client.APIVersion(); version != "1.0-rev0" {
		t.Errorf("revision %s", version)
	}
	if n := server.Connections() + server.Count("", ""); n != 0 {
		t.Errorf("%d connections and requests", n)
	}
}
