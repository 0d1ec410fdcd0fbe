package wire

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// WithoutWaits makes a client repeat a request at once: how long it waits is tested on its own.
func WithoutWaits(c *Client) *Client {
	c.Backoff = func(int, time.Duration) time.Duration { return 0 }
	return c
}

// baseURL is that of the API of a server, with HTTPS by default.
func baseURL(t *testing.T, server string) *url.URL {
	t.Helper()
	if !strings.Contains(server, "://") {
		server = "https://" + server
	}
	base, err := url.Parse(server + "/api/v1")
	if err != nil {
		t.Fatal(err)
	}
	return base
}

func read(t *testing.T, c *Client) error {
	t.Helper()
	_, err := c.Do(t.Context(), Request{Operation: "read user \"jane\"", Method: http.MethodGet, Path: "/users/jane", Key: "jane"})
	return err
}

func remove(t *testing.T, c *Client) error {
	t.Helper()
	_, err := c.Do(t.Context(), Request{
		Kind: Write, Operation: "delete credentials record \"mail\"", Method: http.MethodDelete, Path: "/accounts/standard/some-id", Key: "some-id",
	})
	return err
}

func redact(text string, values ...string) string {
	var s Secrets
	s.Add(values...)
	return s.Redact(text)
}
