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

// A proxy's refusal is final and named. Its failure to reach the appliance may pass.
func TestProxyAnswers(t *testing.T) {
	t.Parallel()
	base := baseURL(t, "backup.example.com")
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
	base := baseURL(t, "backup.example.com")
	address, _ := url.Parse(server.URL)
	err := read(t, New(Config{BaseURL: base, RequestTimeout: 10 * time.Second, Proxy: &Proxy{address, "https_proxy"}}))
	if got, ok := errors.AsType[*Error](err); !ok || got.Reason != Unreachable || !strings.HasSuffix(got.Message, "connection refused, through the proxy "+server.URL+" (https_proxy)") {
		t.Errorf("%#v", err)
	}
}
