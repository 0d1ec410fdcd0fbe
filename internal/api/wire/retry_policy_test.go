package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	for attempt, longest := range map[int]time.Duration{
		0: 250 * time.Millisecond, 1: 500 * time.Millisecond, 2: time.Second, 3: 2 * time.Second, 4: 4 * time.Second, 5: 8 * time.Second,
		6: 10 * time.Second, 7: 10 * time.Second, 62: 10 * time.Second, 64: 10 * time.Second, 100: 10 * time.Second,
	} {
		different := map[time.Duration]bool{}
		for range 100 {
			wait := backoff(attempt+1, 0)
			if wait > longest || wait <= longest/2 {
				t.Fatalf("attempt %d waits %s, want more than half of %s and no more than it", attempt, wait, longest)
			}
			different[wait] = true
		}
		if len(different) < 90 {
			t.Errorf("attempt %d: %d different waits of 100", attempt, len(different))
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for header, want := range map[string]time.Duration{
			"":      0,
			"0":     0,
			"7":     7 * time.Second,
			"86400": 24 * time.Hour,
			time.Now().Add(20 * time.Second).UTC().Format(http.TimeFormat):     20 * time.Second,
			time.Now().Add(20 * time.Second).UTC().Format(time.ANSIC):          20 * time.Second,
			time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat):           0,
			time.Now().Add(365 * 24 * time.Hour).UTC().Format(http.TimeFormat): 365 * 24 * time.Hour,
			"99999999999999999999999":                                          (1<<31 - 1) * time.Second,
			"-7":                                                               0,
			"1.5":                                                              0,
			"soon":                                                             0,
		} {
			got := retryAfter(http.Header{"Retry-After": {header}})
			if got != want {
				t.Errorf("Retry-After %q: %s, want %s", header, got, want)
			}
			if got := backoff(1, got); want > 0 && got != want || want == 0 && got > shortestWait {
				t.Errorf("Retry-After %q: wait %s", header, got)
			}
		}
	})
}

// The errors are as Go's HTTP client gives them.
func TestTransient(t *testing.T) {
	t.Parallel()
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for name, test := range map[string]struct {
		err              error
		transient, timed bool
	}{
		"refused":              {dial(syscall.ECONNREFUSED), true, false},
		"unreachable":          {dial(syscall.EHOSTUNREACH), true, false},
		"reset":                {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, true, false},
		"broken pipe":          {&net.OpError{Op: "write", Err: syscall.EPIPE}, true, false},
		"closed":               {io.EOF, true, false},
		"cut off":              {io.ErrUnexpectedEOF, true, false},
		"of no type":           {errors.New("http2: client connection lost"), true, false},
		"name server trouble":  {dial(&net.DNSError{Err: "server misbehaving", IsTemporary: true}), true, false},
		"no such name":         {dial(&net.DNSError{Err: "no such host", IsNotFound: true}), false, false},
		"dial timeout":         {dial(timeout{}), false, false},
		"proxy timeout":        {&net.OpError{Op: "proxyconnect", Err: dial(timeout{})}, false, false},
		"name server timeout":  {dial(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), false, false},
		"request timeout":      {context.DeadlineExceeded, false, true},
		"handshake timeout":    {timeout{}, false, true},
		"read timeout":         {&net.OpError{Op: "read", Err: syscall.ETIMEDOUT}, false, true},
		"interrupted":          {context.Canceled, false, false},
		"TLS alert":            {&net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}, false, false},
		"untrusted":            {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, false, false},
		"another name":         {&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}}}, false, false},
		"expired certificate":  {&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired}}, false, false},
		"HTTP where TLS is":    {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, false, false},
		"HTTP, said by Go":     {http.ErrSchemeMismatch, false, false},
		"HTTP/2 stream closed": {errors.New("stream error: stream ID 3; INTERNAL_ERROR"), true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrapped := &url.Error{Op: "Get", URL: "https://appliance", Err: test.err}
			c := New(Config{BaseURL: &url.URL{}, RequestTimeout: time.Second})
			failed, mayPass := c.classify(Request{}, wrapped, false, false)
			if mayPass != test.transient {
				t.Errorf("transient: %v, want %v", mayPass, test.transient)
			}
			if got := failed.Reason == TimedOut; got != test.timed {
				t.Errorf("timed out: %v, want %v: %v", got, test.timed, failed)
			}
		})
	}
}

type timeout struct{}

func (timeout) Error() string   { return "i/o timeout" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

// A body that cannot be encoded is no failed connection, and is not tried again.
func TestBodyThatCannotBeEncoded(t *testing.T) {
	t.Parallel()
	c := New(Config{BaseURL: &url.URL{Scheme: "https", Host: "appliance"}, RequestTimeout: time.Second, MaxRetries: 4})
	c.Backoff = func(int, time.Duration) time.Duration {
		t.Error("it was repeated")
		return 0
	}
	_, err := c.Do(t.Context(), Request{Kind: Write, Operation: "update", Method: http.MethodPut, Path: "/users/jane", Body: func() {}})
	if e := AsError(err); e.Reason != Unspecified || e.Outcome != NotDone || !strings.HasPrefix(e.Message, "the request could not be encoded: ") {
		t.Errorf("%#v", e)
	}
}
