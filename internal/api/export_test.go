package api

import (
	"net/http"
	"time"
)

// WithoutWaits makes a client repeat a request at once: how long it waits is tested on its own.
func WithoutWaits(c *Client) *Client {
	c.http.Backoff = func(time.Duration, time.Duration, int, *http.Response) time.Duration { return 0 }
	return c
}

// Over makes a client send its attempts over another transport.
func Over(c *Client, transport http.RoundTripper) *Client {
	c.http.HTTPClient.Transport.(*attempt).transport = transport
	return c
}

// SnapshotLife is how long a snapshot is used.
const SnapshotLife = snapshotLife
