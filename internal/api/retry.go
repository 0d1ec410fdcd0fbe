package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	shortestWait = 250 * time.Millisecond
	longestWait  = 10 * time.Second
	// longestRetryAfter bounds how long an appliance can make Terraform wait before one attempt.
	longestRetryAfter = time.Minute
)

func newRetryClient(config Config) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:   newHTTPClient(config),
		RetryMax:     math.MaxInt, // checkRetry counts
		CheckRetry:   checkRetry,
		Backoff:      backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// checkRetry decides whether an attempt is repeated. A request that is not repeatable (one whose repetition would
// do its work twice) is repeated only when the attempt provably did nothing: it never left, or it was turned away
// by a 429.
func checkRetry(ctx context.Context, response *http.Response, err error) (bool, error) {
	exchange := exchangeOf(ctx)
	if ctx.Err() != nil {
		return false, nil // what came back before the interruption still counts
	}
	if exchange.attempts > exchange.repetitions {
		return false, nil
	}
	if err != nil {
		return (transient(err) || exchange.patient && isTimeout(err)) && (exchange.repeatable || !exchange.sent.Load()), nil
	}
	switch response.StatusCode {
	case http.StatusTooManyRequests:
		return retryAfter(response) <= longestRetryAfter, nil
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return exchange.repeatable && retryAfter(response) <= longestRetryAfter, nil
	}
	return false, nil
}

// transient tells whether a failed connection may succeed when it is tried again at once. One that ran into a timeout
// is not repeated: the user has waited as long as was asked for.
func transient(err error) bool {
	var (
		name      *net.DNSError
		operation *net.OpError
	)
	switch {
	case isTimeout(err), errors.Is(err, context.Canceled), errors.Is(err, errTooLarge), isUntrusted(err), isNotTLS(err),
		isCertificateRequired(err), isHandshakeRefused(err), isProxyRefused(err):
		return false
	case errors.As(err, &name):
		return !name.IsNotFound
	case errors.As(err, &operation):
		return operation.Op != "remote error" // a TLS alert: this client is not welcome
	}
	// What is left are connections that broke; HTTP/2's and some of HTTP/1.1's failures have no types of their own.
	return true
}

// isDial tells whether there was no connection yet, to the appliance or to the proxy before it.
func isDial(err error) bool {
	var operation *net.OpError
	return errors.As(err, &operation) && (operation.Op == "dial" || operation.Op == "proxyconnect")
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

func isUntrusted(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid)
}

func isNotTLS(err error) bool {
	var record tls.RecordHeaderError
	return errors.Is(err, errSpeaksTLS) || errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &record)
}

// backoff waits as long as the appliance asks, else twice as long as before with up to half of it taken off at
// random, so that operations that failed together do not come back together.
func backoff(_, _ time.Duration, attempt int, response *http.Response) time.Duration {
	if response != nil {
		if wait := retryAfter(response); wait > 0 {
			return wait
		}
	}
	wait := longestWait
	if attempt < 6 {
		wait = min(wait, shortestWait<<attempt)
	}
	return wait - rand.N(wait/2) //nolint:gosec // jitter needs no secrecy
}

// retryAfter reads the header in both its forms, seconds and a date; 0 when there is none to be understood. A number
// too large to be read is the largest.
func retryAfter(response *http.Response) time.Duration {
	header := response.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil {
		return max(0, time.Until(date))
	}
	return 0
}
