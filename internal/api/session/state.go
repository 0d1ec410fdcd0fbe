package session

import (
	"net/http"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// state is that of a circuit breaker, the greater the worse. The zero value is closed.
type state int

const (
	unchanged   state = iota - 1
	closed            // requests are sent
	doubtful          // a write had no answer of the appliance: other writes wait until a probe, or any other answer, shows that it works
	open              // requests would probably fail: none is sent until the pause is over, and then one probe
	openForGood       // requests would fail, whenever they are sent
)

// stateAfter returns the state that the end of a request calls for: the first case that fits. The error is nil after a success.
func stateAfter(r wire.Request, e *wire.Error) state {
	switch {
	case e == nil:
		return closed
	case isFinal(e):
		return openForGood
	case r.Kind == wire.Probe:
		return open
	case e.Status == 0 && e.Reason == wire.Unspecified: // not sent, or interrupted
		return unchanged
	case e.Kind.Authenticates() && !r.Kind.Authenticates(): // without a session, every request fails
		return open
	case e.IsAnswer():
		return closed
	case r.Retry == wire.Persistent:
		return unchanged
	case r.Kind.Writes() && (e.IsSilence() || e.Origin == wire.Foreign):
		return doubtful
	case !r.Kind.Writes() && isLikelyShared(e):
		return open
	}
	return unchanged
}

// isFinal reports whether any further request would fail in the same way, and further sign-ins would only lock the user out.
func isFinal(err error) bool {
	e := wire.AsError(err)
	if e == nil {
		return false
	}
	switch e.Reason {
	case wire.LoginRefused, wire.UserLocked, wire.MFARequired, wire.MFARefused, wire.MFASecretRefused, wire.MFAUsed,
		wire.UnsupportedVersion, wire.Upgraded, wire.LicenseNotAccepted:
		return true
	case wire.TokenExpired, wire.TokenInvalid: // a configured one cannot be replaced
		return !e.Kind.Authenticates()
	case wire.Unreadable: // the 401 may have come from the appliance, which locks users out
		return e.Kind == wire.SignIn && e.Status == http.StatusUnauthorized && e.Origin != wire.Foreign
	}
	return e.IsUnusable()
}

// isLikelyShared reports whether other requests would probably fail as this one did after all its attempts.
func isLikelyShared(e *wire.Error) bool {
	if e.Origin == wire.Foreign { // another server answers; whether an object is gone is for the list to tell
		return e.Status != http.StatusNotFound || e.Key == ""
	}
	return e.IsSilence() || e.Reason == wire.Unavailable || e.Reason == wire.TooManyRequests || e.Reason == wire.AsksToWait
}
