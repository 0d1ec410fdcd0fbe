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

// AfterPause makes a client believe that the pause after a trouble is over.
func AfterPause(c *Client) *Client {
	c.health.mu.Lock()
	c.health.until = time.Time{}
	c.health.mu.Unlock()
	for _, b := range []func(){c.StandardAccounts.endPause, c.Users.endPause} {
		b()
	}
	return c
}

func (b *beliefs[T]) endPause() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failedUntil = time.Time{}
}

func redact(text string, values ...string) string {
	var s secrets
	s.keep(values...)
	return s.redact(text)
}
