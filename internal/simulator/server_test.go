package simulator_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// remote speaks to a server over the network.
type remote struct {
	t      *testing.T
	server *simulator.Server
	http   *http.Client
	base   string
	token  string
}

// start returns a server, and a client of it that has signed in and speaks HTTP/2 or HTTP/1.1.
func start(t *testing.T, config simulator.Config, http2 bool) *remote {
	t.Helper()
	server, err := simulator.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(server.CACertificate())) {
		t.Fatal("the certificate is not PEM")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, Protocols: new(http.Protocols)}
	transport.Protocols.SetHTTP1(!http2)
	transport.Protocols.SetHTTP2(http2)
	t.Cleanup(transport.CloseIdleConnections)
	r := &remote{t: t, server: server, base: server.Host()}
	r.http = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if !strings.Contains(r.base, "://") {
		r.base = "https://" + r.base
	}
	x, body, err := r.do("POST", "/token", passwordGrant().Encode())
	if err != nil || x.StatusCode != http.StatusOK {
		t.Fatalf("sign-in: %v %s", err, body)
	}
	r.token = decode[tokenAnswer](t, answer{body: body}).AccessToken
	return r
}

func (r *remote) do(method, path, body string) (*http.Response, string, error) {
	r.t.Helper()
	return r.doContext(r.t.Context(), method, path, body)
}

func (r *remote) doContext(ctx context.Context, method, path, body string) (*http.Response, string, error) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, r.base+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("X-Api-Version", "1.0-rev0")
	request.Header.Set("Content-Type", "application/json")
	if path == "/token" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		request.Header.Set("Authorization", "Bearer "+r.token)
	}
	response, err := r.http.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response, string(content), err
}

func TestServer(t *testing.T) {
	t.Parallel()
	for proto, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(proto, func(t *testing.T) {
			t.Parallel()
			r := start(t, simulator.Config{}, http2)
			for range 5 {
				if x, body, err := r.do("GET", "/users/admin", ""); err != nil || x.Proto != proto {
					t.Fatalf("%v %v %s", err, x, body)
				}
			}
			if got := r.server.Connections(); got != 1 {
				t.Errorf("%d connections, want 1", got)
			}
			var first []bool
			for _, request := range r.server.Requests() {
				first = append(first, request.NewConnection)
				if request.Proto != proto || request.RemoteAddr == "" {
					t.Errorf("%+v", request)
				}
			}
			if len(first) != 6 || !first[0] || first[1] || first[5] {
				t.Errorf("new connections: %v", first)
			}
			r.server.Close()
			if _, _, err := r.do("GET", "/users/admin", ""); err == nil {
				t.Error("a closed server answers")
			}
		})
	}
}

func TestServerNames(t *testing.T) {
	t.Parallel()
	r := start(t, simulator.Config{}, false)
	_, port, _ := strings.Cut(r.server.Host(), ":")
	r.base = "https://localhost:" + port
	if _, body, err := r.do("GET", "/users/admin", ""); err != nil {
		t.Errorf("%v %s", err, body)
	}
}

func TestServerOnAllAddresses(t *testing.T) {
	t.Parallel()
	r := start(t, simulator.Config{Address: ":0"}, true)
	if !strings.HasPrefix(r.server.Host(), "127.0.0.1:") {
		t.Errorf("host %q", r.server.Host())
	}
}

func TestServerIsSelfSigned(t *testing.T) {
	t.Parallel()
	r := start(t, simulator.Config{}, false)
	_, err := (&http.Client{Transport: &http.Transport{}}).Get(r.base + "/api/v1/users")
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &unknown) {
		t.Errorf("without its certificate: %v", err)
	}
}

func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	r := start(t, simulator.Config{PlainHTTP: true}, false)
	if u, err := url.Parse(r.server.Host()); err != nil || u.Scheme != "http" {
		t.Errorf("host %q", r.server.Host())
	}
	if _, body, err := r.do("GET", "/users/admin", ""); err != nil {
		t.Errorf("%v %s", err, body)
	}
	for _, address := range []string{"0.0.0.0:0", ":0", "appliance.example:0"} {
		if server, err := simulator.Start(simulator.Config{PlainHTTP: true, Address: address}); err == nil {
			server.Close()
			t.Errorf("plain http was served on %q", address)
		}
	}
}

func TestRequestLog(t *testing.T) {
	t.Parallel()
	appliance, c := newClient(t, simulator.SeenOnTheWire(simulator.Config{}))
	appliance.ResetRequests()
	c.do("GET", "/users/a%2Fb%24?x=1&x=2", "", "X-Own", "value")
	c.do("POST", "/users/validateName", `{"name":"n"}`)
	requests := appliance.Requests()
	if len(requests) != 2 {
		t.Fatalf("%d requests", len(requests))
	}
	first, second := requests[0], requests[1]
	if first.Method != "GET" || first.Path != "/users/a/b$" || first.RawPath != "/api/v1/users/a%2Fb%24" ||
		len(first.Query["x"]) != 2 || first.Header.Get("X-Own") != "value" || first.Status != 400 {
		t.Errorf("%+v", first)
	}
	if string(second.Body) != `{"name":"n"}` || second.Status != 200 {
		t.Errorf("%+v", second)
	}
	for _, count := range []struct {
		method, path string
		want         int
	}{{"", "", 2}, {"GET", "", 1}, {"", "/users/*", 1}, {"POST", "/users/validate*", 1}, {"POST", "/users", 0}, {"DELETE", "", 0}} {
		if got := appliance.Count(count.method, count.path); got != count.want {
			t.Errorf("Count(%q, %q) = %d, want %d", count.method, count.path, got, count.want)
		}
	}
	appliance.ResetRequests()
	if appliance.Count("", "") != 0 {
		t.Error("the log is not empty")
	}
}

func TestOnRequest(t *testing.T) {
	t.Parallel()
	var seen []simulator.Request
	appliance, c := newClient(t, simulator.Config{OnRequest: func(r simulator.Request) { seen = append(seen, r) }})
	c.do("GET", "/users/nobody", "")
	if len(seen) != 2 || seen[1].Path != "/users/nobody" || seen[1].Status != 404 {
		t.Errorf("%+v", seen)
	}
	if got := appliance.Count("", ""); got != 0 {
		t.Errorf("%d requests are kept besides", got)
	}
}
