package api

import (
	"net/http"
	"time"
)

// WithoutWaits makes a client repeat a request at once: how long it waits is tested on its own.
func WithoutWaits(c *Client) *Client {
	c.wire.Backoff = func(int, time.Duration) time.Duration { return 0 }
	return c
}

// Over makes a client send its attempts over another transport.
func Over(c *Client, transport http.RoundTripper) *Client {
	c.wire.HTTP.Transport = transport
	return c
}
