package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// The failures of a connection, by the types of the standard library.

const maxBody = 10 << 20 // bytes read of one answer

var errTooLarge = fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)

// isDial reports whether there was no connection yet, to the appliance or to the proxy before it.
func isDial(err error) bool {
	var operation *net.OpError
	return errors.As(err, &operation) && (operation.Op == "dial" || operation.Op == "proxyconnect")
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

func isNotTLS(err error) bool {
	var record tls.RecordHeaderError
	return errors.Is(err, errSpeaksTLS) || errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &record)
}

// errSpeaksTLS means that a plain-text request was sent to a port that uses TLS.
var errSpeaksTLS = errors.New("the server's plain-text response says so")
