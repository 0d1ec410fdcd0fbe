package wire

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestProxyFromEnvironment(t *testing.T) {
	for name, test := range map[string]struct {
		variables map[string]string
		host      string
		want      string // how the proxy is called
		fails     string
	}{
		"none":                 {nil, "backup.example.com", "", ""},
		"a URL":                {map[string]string{"HTTPS_PROXY": "http://proxy.example.com:3128"}, "backup.example.com", "http://proxy.example.com:3128 (HTTPS_PROXY)", ""},
		"with a password":      {map[string]string{"HTTPS_PROXY": "http://jane:s3cret%40@proxy.example.com:3128/"}, "backup.example.com", "http://proxy.example.com:3128 (HTTPS_PROXY)", ""},
		"an address":           {map[string]string{"https_proxy": "proxy.example.com:3128"}, "backup.example.com", "http://proxy.example.com:3128 (https_proxy)", ""},
		"a name":               {map[string]string{"https_proxy": "proxy"}, "backup.example.com", "http://proxy (https_proxy)", ""},
		"SOCKS":                {map[string]string{"HTTPS_PROXY": "socks5://proxy.example.com:1080"}, "backup.example.com", "socks5://proxy.example.com:1080 (HTTPS_PROXY)", ""},
		"both":                 {map[string]string{"HTTPS_PROXY": "a.example.com", "https_proxy": "b.example.com"}, "backup.example.com", "http://a.example.com (HTTPS_PROXY)", ""},
		"bypassed":             {map[string]string{"HTTPS_PROXY": "proxy.example.com", "NO_PROXY": "localhost,.example.com"}, "backup.example.com", "", ""},
		"loopback":             {map[string]string{"HTTPS_PROXY": "proxy.example.com"}, "127.0.0.1", "", ""},
		"in clear":             {map[string]string{"HTTPS_PROXY": "proxy.example.com", "HTTP_PROXY": "proxy.example.com"}, "http://localhost", "", ""},
		"another variable":     {map[string]string{"HTTP_PROXY": "proxy.example.com"}, "backup.example.com", "", ""},
		"a special character":  {map[string]string{"HTTPS_PROXY": "http://jane:s3cret#1@proxy.example.com:3128"}, "backup.example.com", "", "percent-encode"},
		"a slash":              {map[string]string{"HTTPS_PROXY": "http://jane:s3cret/1@proxy.example.com:3128"}, "backup.example.com", "", "percent-encode"},
		"a percent sign":       {map[string]string{"HTTPS_PROXY": "http://jane:s3cret%@proxy.example.com:3128"}, "backup.example.com", "", "percent-encode"},
		"quotation marks":      {map[string]string{"HTTPS_PROXY": `"http://proxy.example.com:3128"`}, "backup.example.com", "", "quotation marks"},
		"another scheme":       {map[string]string{"HTTPS_PROXY": "ftp://proxy.example.com"}, "backup.example.com", "", "scheme"},
		"no host":              {map[string]string{"HTTPS_PROXY": "http://"}, "backup.example.com", "", "of the form"},
		"no number for a port": {map[string]string{"https_proxy": "proxy.example.com:s3cret"}, "backup.example.com", "", "of the form"},
		"white space":          {map[string]string{"https_proxy": "http://proxy example"}, "backup.example.com", "", "of the form"},
		"invalid and bypassed": {map[string]string{"https_proxy": "http://", "NO_PROXY": "*"}, "backup.example.com", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"} {
				t.Setenv(variable, test.variables[variable])
			}
			base, err := ParseHost(test.host)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ProxyFromEnvironment(base)
			called := ""
			if got != nil {
				called = got.String()
			}
			if called != test.want || (err != nil) != (test.fails != "") {
				t.Fatalf("%q, %v", called, err)
			}
			if err != nil && (!strings.Contains(err.Error(), test.fails) || strings.Contains(err.Error(), "s3cret")) {
				t.Errorf("%v, expected something about %q", err, test.fails)
			}
		})
	}
}

// A proxy's refusal is final and named. Its failure to reach the appliance may pass.
func TestProxyAnswers(t *testing.T) {
	t.Parallel()
	base, err := ParseHost("backup.example.com")
	if err != nil {
		t.Fatal(err)
	}
	for status, test := range map[int]struct {
		reason Reason
		asked  int32
	}{
		400: {ProxyRefused, 1}, 401: {ProxyRefused, 1}, 403: {ProxyRefused, 1}, 405: {ProxyRefused, 1}, 407: {ProxyRefused, 1}, 451: {ProxyRefused, 1}, 501: {ProxyRefused, 1}, 511: {ProxyRefused, 1},
		429: {Unreachable, 3}, 500: {Unreachable, 3}, 502: {Unreachable, 3}, 503: {Unreachable, 3}, 504: {Unreachable, 3},
	} {
		var asked atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			w.WriteHeader(status)
		}))
		t.Cleanup(server.Close)
		address, _ := url.Parse(strings.Replace(server.URL, "://", "://jane:s3cret@", 1))
		err := remove(t, WithoutWaits(New(Config{
			BaseURL: base, RequestTimeout: 10 * time.Second, MaxRetries: 2, Proxy: &Proxy{address, "HTTPS_PROXY"},
		})))
		got, ok := errors.AsType[*Error](err)
		if !ok || got.Reason != test.reason || got.Outcome == Unknown || strings.Count(got.Message, "the proxy "+server.URL+" (HTTPS_PROXY)") != 1 || strings.Contains(got.Error(), "s3cret") {
			t.Errorf("%d: %#v", status, err)
		}
		if n := asked.Load(); n != test.asked {
			t.Errorf("%d: the proxy was asked %d times, expected %d", status, n, test.asked)
		}
	}
}

// A proxy that cannot be reached is named.
func TestProxyUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	base, _ := ParseHost("backup.example.com")
	address, _ := url.Parse(server.URL)
	err := read(t, New(Config{BaseURL: base, RequestTimeout: 10 * time.Second, Proxy: &Proxy{address, "https_proxy"}}))
	if got, ok := errors.AsType[*Error](err); !ok || got.Reason != Unreachable || !strings.HasSuffix(got.Message, "connection refused, through the proxy "+server.URL+" (https_proxy)") {
		t.Errorf("%#v", err)
	}
}
