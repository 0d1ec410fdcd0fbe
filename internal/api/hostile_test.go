package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/session"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

func TestRedirectWithinTheAppliance(t *testing.T) {
	t.Parallel()
	config := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer "+token:
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/api/v1/users/jane":
			http.Redirect(w, r, "/api/v1/users/jane2", http.StatusTemporaryRedirect)
		default:
			jane(w, r)
		}
	})
	if err := getUser(t.Context(), api.New(config)); err != nil {
		t.Error(err)
	}
}

func TestRedirectElsewhere(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	other := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, fmt.Sprintf("%s %s with %q", r.Method, r.URL, r.Header.Get("Authorization")))
	}))
	t.Cleanup(other.Close)
	port := other.Listener.Addr().(*net.TCPAddr).Port
	calls := map[string]func(context.Context, *api.Client) error{
		"GET": getUser,
		"POST": func(ctx context.Context, c *api.Client) error {
			_, err := c.Users.Create(ctx, api.UserValues{Name: "jane", Password: newPassword})
			return err
		},
		"PUT": func(ctx context.Context, c *api.Client) error {
			_, err := c.Users.Update(ctx, "jane", api.UserValues{OldPassword: oldPassword})
			return err
		},
		"DELETE": func(ctx context.Context, c *api.Client) error { return c.Users.Delete(ctx, "jane") },
		"sign-in": func(ctx context.Context, c *api.Client) error {
			_, err := c.SignIn(ctx, session.Credentials{Username: "admin", Password: oldPassword})
			return err
		},
	}
	for method, call := range calls {
		for _, status := range []int{301, 302, 303, 307, 308} {
			for where, location := range map[string]string{
				"another host":         other.URL + "/api/v1/users/jane",
				"another scheme":       fmt.Sprintf("http://127.0.0.1:%d/api/v1/users/jane", port),
				"another name":         fmt.Sprintf("https://localhost:%d/api/v1/users/jane", port),
				"itself":               "/api/v1/users/jane",
				"itself in plain text": "http://{host}/api/v1/users/jane",
			} {
				if method == "GET" && where == "itself" {
					continue // see TestEndlessRedirect
				}
				t.Run(fmt.Sprintf("%s, %d to %s", method, status, where), func(t *testing.T) {
					requests := 0
					config := serve(t, func(w http.ResponseWriter, r *http.Request) {
						if method == "POST" && r.Method == "GET" {
							nobody(w, r)
							return
						}
						requests++
						w.Header().Set("Location", strings.Replace(location, "{host}", r.Host, 1))
						w.WriteHeader(status)
					})
					config.Certificates = append(config.Certificates, other.Certificate())
					config.MaxRetries = 4
					got := failure(t, call(t.Context(), api.WithoutWaits(api.New(config))))
					if got.Reason != wire.Redirected || got.Status != status || got.Unknown || !strings.Contains(got.Message, "redirect to http") {
						t.Errorf("%#v", got)
					}
					if requests != 1 {
						t.Errorf("%d requests", requests)
					}
				})
			}
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(seen) > 0 {
		t.Errorf("the other server was asked: %v", seen)
	}
}

func TestEndlessRedirect(t *testing.T) {
	t.Parallel()
	for name, location := range map[string]func(n int) string{
		"in a circle":   func(int) string { return "/api/v1/users/jane" },
		"ever further":  func(n int) string { return fmt.Sprintf("/api/v1/users/%d", n) },
		"to nowhere":    func(int) string { return "" },
		"to an invalid": func(int) string { return "https://[::1" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := &script{}
			handler.steps = []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", location(handler.count()))
				w.WriteHeader(http.StatusFound)
			}}
			got := failure(t, getUser(t.Context(), api.New(serve(t, handler.ServeHTTP))))
			if name == "to an invalid" {
				if got.Reason != wire.Unreachable || !strings.Contains(got.Message, "Location") {
					t.Errorf("%#v", got)
				}
			} else if got.Reason != wire.Redirected || got.Status != 302 {
				t.Errorf("%#v", got)
			}
			if n := handler.count(); n > 6 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// allocated is how much a function allocates, all goroutines together.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// An endless answer takes a few times the limit in memory, all copies included, and is not requested again.
func TestEndlessBodies(t *testing.T) { // not parallel: it measures memory
	zeros := make([]byte, 64<<10)
	text := bytes.Repeat([]byte("a "), 32<<10)
	endless := func(w io.Writer, chunk []byte) {
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	for name, test := range map[string]struct {
		answer   http.HandlerFunc
		tooLarge bool
	}{
		"200": {func(w http.ResponseWriter, _ *http.Request) { endless(w, text) }, true},
		"500": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500); endless(w, text) }, true},
		"of 2 GB": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "2147483648")
			endless(w, zeros)
		}, true},
		"a gzip bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			endless(gzip.NewWriter(w), zeros)
		}, true},
		"at the limit": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			_, _ = w.Write(bytes.Repeat([]byte("a "), 5<<20))
		}, false},
		"over it by 1": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			_, _ = w.Write(bytes.Repeat([]byte("a"), 10<<20+1))
		}, true},
		"lists in list": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("["), 10<<20)) }, false},
		"many objects": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("[" + strings.Repeat("{},", 3<<20) + "{}]"))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			handler := &script{steps: []http.HandlerFunc{test.answer}}
			config := serve(t, handler.ServeHTTP)
			config.MaxRetries = 4
			client := api.WithoutWaits(api.New(config))
			var err error
			total := allocated(func() { err = getUser(t.Context(), client) })
			got := failure(t, err)
			if tooLarge := strings.Contains(got.Message, "larger than 10 MiB"); tooLarge != test.tooLarge || tooLarge && got.Reason != wire.Unreadable || len(got.Message) > 600 {
				t.Errorf("%#v", got)
			}
			if handler.count() != 1 {
				t.Errorf("%d requests", handler.count())
			}
			t.Logf("%.1f MiB allocated", float64(total)/(1<<20))
			if total > 128<<20 {
				t.Errorf("%d MiB allocated in all", total>>20)
			}
		})
	}
}

func TestEndlessHeader(t *testing.T) {
	t.Parallel()
	config := serveRaw(t, func(connection net.Conn) {
		_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\n")
		line := []byte("X: " + strings.Repeat("x", 4000) + "\r\n")
		for {
			if _, err := connection.Write(line); err != nil {
				return
			}
		}
	})
	got := failure(t, getUser(t.Context(), api.New(config)))
	if got.Reason != wire.Unreachable || len(got.Message) > 600 {
		t.Errorf("%#v", got)
	}
}

// A stalled request ends with the request timeout, wherever it stalls.
func TestStalls(t *testing.T) {
	t.Parallel()
	const timeout = 500 * time.Millisecond
	for name, server := range map[string]func(*testing.T) api.Config{
		"before the handshake": func(t *testing.T) api.Config {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = listener.Close() })
			return api.Config{Config: wire.Config{BaseURL: baseURL(t, listener.Addr().String())}, Token: token}
		},
		"before the header": func(t *testing.T) api.Config {
			return serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		},
		"in the header": func(t *testing.T) api.Config {
			done := make(chan struct{})
			t.Cleanup(func() { close(done) })
			return serveRaw(t, func(connection net.Conn) {
				_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Type: ")
				<-done
			})
		},
		"in the body": func(t *testing.T) api.Config {
			return serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, `{"name": "ja`)
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
			})
		},
		"after a redirect": func(t *testing.T) api.Config {
			return serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/v1/users/jane" {
					http.Redirect(w, r, "/elsewhere", http.StatusFound)
					return
				}
				<-r.Context().Done()
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := server(t)
			config.RequestTimeout, config.MaxRetries = timeout, 4
			begun := time.Now()
			got := failure(t, getUser(t.Context(), api.WithoutWaits(api.New(config))))
			want := wire.TimedOut
			if name == "before the handshake" {
				want = wire.HandshakeBroken
			}
			if got.Reason != want || !strings.Contains(got.Message, "within 500ms") {
				t.Errorf("%#v", got)
			}
			if waited := time.Since(begun); waited < timeout || waited > 20*timeout || strings.Contains(got.Message, "attempts") {
				t.Errorf("waited %s: %v", waited, got)
			}
		})
	}
}

func TestUntrustedCertificate(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	for name, test := range map[string]struct {
		edit    func(*api.Config)
		refused bool
	}{
		"not trusted":  {func(config *api.Config) { config.Certificates = nil }, true},
		"trusted":      {func(*api.Config) {}, false},
		"not verified": {func(config *api.Config) { config.Certificates, config.Insecure = nil, true }, false},
		"trusted by its name": {func(config *api.Config) {
			config.BaseURL.Host = strings.Replace(config.BaseURL.Host, "127.0.0.1", "localhost", 1)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			config := configFor(t, server)
			test.edit(&config)
			err := ask(t.Context(), api.New(config)) // with the real waits: none is due
			if !test.refused {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if got := failure(t, err); got.Reason != wire.UntrustedCertificate || got.Unknown || strings.Contains(got.Message, "attempts") {
				t.Errorf("%#v", got)
			}
		})
	}
}

func TestPlainHTTPBehindHTTPS(t *testing.T) {
	t.Parallel()
	handler := &script{steps: []http.HandlerFunc{jane}}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	config := configOf(t, server)
	config.BaseURL.Scheme, config.MaxRetries = "https", 4
	if got := failure(t, getUser(t.Context(), api.New(config))); got.Reason != wire.NotTLS || strings.Contains(got.Message, "attempts") {
		t.Errorf("%#v", got)
	}
	if handler.count() != 0 {
		t.Error("a request crossed the network in plain text")
	}
}

// A port that speaks TLS may close a plain-text connection without an answer.
func TestClosedInPlainText(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(abort))
	t.Cleanup(server.Close)
	for scheme, hint := range map[string]bool{"http": true, "https": false} {
		config := configOf(t, server)
		config.BaseURL.Scheme, config.MaxRetries = scheme, 1
		got := failure(t, getUser(t.Context(), api.New(config)))
		if said := strings.Contains(got.Message, "uses TLS"); said != hint || hint && (got.Reason != wire.Unreachable || !strings.Contains(got.Message, "after 2 attempts. ")) {
			t.Errorf("%s: %#v", scheme, got)
		}
	}
}

// A port that has answered in plain text does not speak TLS, whatever closes a connection later.
func TestClosedInPlainTextAfterAnAnswer(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"an object": always(200, jsonType, `{"enabled": true}`), "a refusal": nobody, "a failure": always(500, jsonType, `{}`),
	} {
		server := httptest.NewServer(&script{steps: []http.HandlerFunc{answer, abort}})
		t.Cleanup(server.Close)
		client := api.New(configOf(t, server))
		_, _ = client.EmailNotifications(t.Context())
		_, err := client.EmailNotifications(t.Context())
		if got := failure(t, err); got.Reason != wire.Unreachable || strings.Contains(got.Message, "uses TLS") {
			t.Errorf("%s: %#v", name, got)
		}
	}

	server := httptest.NewServer(&script{steps: []http.HandlerFunc{always(503, "", ""), abort}})
	t.Cleanup(server.Close)
	config := configOf(t, server)
	config.MaxRetries = 1
	if got := failure(t, getUser(t.Context(), api.WithoutWaits(api.New(config)))); got.Reason != wire.Unreachable || strings.Contains(got.Message, "uses TLS") {
		t.Errorf("an attempt before: %#v", got)
	}
}

// Many requests, concurrent and sequential, use few connections, because each costs a TLS handshake. In HTTP/1.1, one may be
// opened in addition to the twenty that are needed, if another one becomes free meanwhile.
func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	for protocol, most := range map[string]int{"HTTP/2.0": 2, "HTTP/1.1": 2 * 20} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			server := start(t, protocols[protocol])
			client := connect(t, server)
			for range 5 {
				if err := errors.Join(concurrently(20, func(int) error { return ask(t.Context(), client) })...); err != nil {
					t.Fatal(err)
				}
			}
			for range 50 {
				if err := ask(t.Context(), client); err != nil {
					t.Fatal(err)
				}
			}
			if n := server.Connections(); n == 0 || n > most {
				t.Errorf("%d connections for %d requests, want at most %d", n, server.Count("", ""), most)
			}
			for _, request := range server.Requests() {
				if request.Proto != protocol {
					t.Fatalf("%s was spoken", request.Proto)
				}
			}
		})
	}
}

// After an error, the connection is reused too.
func TestConnectionsSurviveErrors(t *testing.T) {
	t.Parallel()
	for protocol, config := range protocols {
		server := start(t, config)
		client := connect(t, server)
		server.AddFault(simulator.Fault{Kind: simulator.Status, Path: "/users/*", Share: 0.5})
		for range 30 {
			_ = ask(t.Context(), client) // some succeed, some not
		}
		if n := server.Connections(); n != 1 || server.FaultsInjected() < 10 {
			t.Errorf("%s: %d connections, %d faults", protocol, n, server.FaultsInjected())
		}
	}
}
