package session

import (
	"net/http"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// verdict is what the result of one request says about all others.
type verdict int

const (
	nothing verdict = iota
	works           // the appliance works
	doubts          // a write had no answer, or none of the appliance's
	fails           // any other request would probably fail
	ends            // any other request would fail, whenever it is sent
)

// meaning returns what an error, nil for a success, says after all attempts of a request.
func meaning(r wire.Request, e *wire.Error) verdict {
	switch {
	case e == nil:
		return works
	case isFinal(e):
		return ends
	case e.Status == 0 && e.Reason == wire.Unspecified: // interrupted
		return nothing
	case e.Kind.Authenticates() && !r.Kind.Authenticates(): // without a session, every request fails
		return fails
	case e.IsAnswer():
		return works
	case r.Retry == wire.Persistent:
		return nothing
	case r.Kind.Writes() && (e.IsSilence() || e.Origin == wire.Foreign):
		return doubts
	case !r.Kind.Writes() && isTrouble(e):
		return fails
	}
	return nothing
}

// isFinal reports whether another attempt, of this request or of any other, would end the same way. More attempts would
// only lock the user out.
func isFinal(e *wire.Error) bool {
	switch e.Reason {
	case wire.LoginRefused, wire.UserLocked, wire.MFARequired, wire.MFARefused, wire.MFASecretRefused, wire.MFAUsed,
		wire.UnsupportedVersion, wire.Upgraded, wire.LicenseNotAccepted:
		return true
	case wire.TokenExpired, wire.TokenInvalid: // a configured one cannot be replaced
		return !e.Kind.Authenticates()
	case wire.Unreadable: // the 401 may have come from the appliance, which locks users out
		return e.Kind == wire.SignIn && e.Status == http.StatusUnauthorized && e.Origin != wire.Foreign
	}
	return e.IsDistrust()
}

// isTrouble reports whether a failure, after all its attempts, is likely to be that of any other request too.
func isTrouble(e *wire.Error) bool {
	if e.Origin == wire.Foreign { // another server answers; whether an object is gone is for the list to tell
		return e.Status != http.StatusNotFound || e.Key == ""
	}
	switch e.Status {
	case 0:
		return e.IsSilence()
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusTooManyRequests:
		return true
	}
	return false
}
