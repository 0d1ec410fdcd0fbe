package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

// DefaultMaxRetries is the documented default of [Config.MaxRetries]. It bounds persistent requests whatever is configured.
const DefaultMaxRetries = 4

const (
	shortestWait = 250 * time.Millisecond
	longestWait  = 10 * time.Second
	// longestRetryAfter bounds how long an appliance can make Terraform wait before one attempt.
	longestRetryAfter = time.Minute
)

// Bounds of the pause after a request that failed after all its attempts. The pause is as long as the request took.
const (
	shortestPause = 5 * time.Second
	longestPause  = 30 * time.Second
)

// Pause returns the pause after a request that failed after a time.
func Pause(took time.Duration) time.Duration { return min(max(took, shortestPause), longestPause) }

// repetitions returns the maximum number of retries of a request.
func (c *Client) repetitions(r Request) int {
	switch {
	case r.Kind == Probe:
		return 0
	case r.Retry == Persistent:
		return DefaultMaxRetries
	}
	return c.config.MaxRetries
}

// repeats decides whether an attempt is repeated. A request that would take effect twice is retried only if the attempt
// certainly had no effect: it was not sent, or it was refused with a 429.
func (c *Client) repeats(ctx context.Context, r Request, attempts int, sent bool, got Response, err error) bool {
	if ctx.Err() != nil { // an answer before the interruption still counts
		return false
	}
	if attempts > c.repetitions(r) {
		return false
	}
	if err != nil {
		return (transient(err) || r.Retry == Persistent && isTimeout(err)) && (r.Retry != Once || !sent)
	}
	switch got.Status {
	case http.StatusTooManyRequests:
		return got.retryAfter <= longestRetryAfter
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return r.Retry != Once && got.retryAfter <= longestRetryAfter
	}
	return false
}

// transient reports whether a failed connection may succeed if it is tried again at once. It is not retried after a
// timeout: the user has waited for the configured time.
func transient(err error) bool {
	var (
		untrusted *tls.CertificateVerificationError
		name      *net.DNSError
		operation *net.OpError
	)
	switch {
	case isTimeout(err), errors.Is(err, context.Canceled), errors.Is(err, errTooLarge), errors.As(err, &untrusted), isNotTLS(err),
		isCertificateRequired(err), isHandshakeRefused(err), isProxyRefused(err):
		return false
	case errors.As(err, &name):
		return !name.IsNotFound
	case errors.As(err, &operation):
		return operation.Op != "remote error" // a TLS alert: the server refuses this client
	}
	// The rest are connections that broke. Failures of HTTP/2, and some of HTTP/1.1, have no separate types.
	return true
}

// backoff waits as long as the appliance asks, else twice as long as before with up to half of it taken off at random,
// so that operations that failed together are not retried together.
func backoff(repetition int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked
	}
	longest := longestWait
	if repetition < 7 {
		longest = min(longest, shortestWait<<(repetition-1))
	}
	return longest - rand.N(longest/2) //nolint:gosec // jitter needs no secrecy
}

// retryAfter reads the header in both its forms, seconds and a date; 0 if it is missing or invalid. A number that is too
// large to parse counts as the maximum.
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
