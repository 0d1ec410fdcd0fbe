package wire

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// DefaultRequestTimeout is the documented default of [Config.RequestTimeout].
const DefaultRequestTimeout = 30 * time.Second

// DefaultMaxRetries is the documented default of [Config.MaxRetries]. It bounds persistent requests whatever is configured.
const DefaultMaxRetries = 4

const (
	shortestWait = 250 * time.Millisecond
	longestWait  = 10 * time.Second
)

// Pause returns the pause after a request that failed after all its attempts. It is as long as they took, within bounds.
func Pause(took time.Duration) time.Duration { return min(max(took, 5*time.Second), 30*time.Second) }

// mayRetry reports whether a request is sent again after the error of an attempt. One that would take effect twice is retried
// only if the attempt certainly had no effect: it was not sent, or it was refused with a 429.
func (c *Client) mayRetry(ctx context.Context, r Request, attempts int, failed failure, err error) bool {
	allowed := c.config.MaxRetries
	switch {
	case r.Kind == Probe:
		allowed = 0
	case r.Retry == Persistent:
		allowed = DefaultMaxRetries
	}
	switch {
	case ctx.Err() != nil, attempts > allowed, r.Retry == Once && IsOutcomeUnknown(err):
		return false
	case r.Retry == Persistent && isTimeout(failed.err):
		return true
	}
	return failed.mayPass || IsReason(err, TooManyRequests) || IsReason(err, Unavailable)
}

// backoff waits as long as the appliance asks, else twice as long as before with up to half of it taken off at random,
// so that operations that failed together are not retried together.
func backoff(retry int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked
	}
	longest := min(longestWait, shortestWait<<min(retry-1, 10))
	return longest - rand.N(longest/2) //nolint:gosec // jitter needs no secrecy
}

// retryAfter reads the header: seconds, of which too large a number is the maximum, or a date; 0 if it is missing or invalid.
func retryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(date))
	}
	return 0
}
