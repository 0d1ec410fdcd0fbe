package wire

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
)

// Reason is why a request failed, if a user can do something about it.
type Reason int

// The reasons for which there is advice. Every other failure is [Unspecified] and has only its text.
const (
	Unspecified Reason = iota

	Unreachable     // no connection could be made, or it broke
	HandshakeBroken // the TLS handshake broke, or did not end in time
	TimedOut        // no answer within the request timeout
	Unreadable      // the answer does not match the API documentation
	Redirected      // the answer points to another place

	// From here to ProxyRefused, the server must not or cannot be used, nor the proxy before it: [Error.IsUnusable] relies on the order.

	UntrustedCertificate      // the appliance's certificate is not trusted
	CertificateNotGiven       // the appliance's certificate is none of those given, and not signed by one
	CertificateForAnotherName // the appliance's certificate is issued for other names
	CertificateExpired        // the appliance's certificate has expired
	CertificateNotYetValid    // the appliance's certificate is not valid yet
	CertificateForAnotherUse  // the appliance's certificate is not a server certificate
	CertificateUnreadable     // Go refuses to parse the appliance's certificate
	IssuerMissing             // the issuer of the appliance's certificate is neither given nor sent by the appliance
	ClientCertificateRequired // the server requires a certificate of the client
	OldTLS                    // the server speaks TLS 1.1 or older only
	NotTLS                    // the server does not speak TLS
	SpeaksTLS                 // the server speaks TLS, and the request was in plain text
	ProxyRefused              // the proxy does not connect to the appliance

	LoginRefused     // the appliance refused the username or password
	UserLocked       // the user is locked
	MFARequired      // the user has MFA on and no code was given
	MFARefused       // the appliance refused the one MFA code that was given
	MFASecretRefused // the appliance refused every code of the MFA secret that was tried
	MFAUsed          // the MFA code has been used in this run, and works once
	TokenExpired     // the given token has expired
	TokenInvalid     // the given token is not valid
	SessionRefused   // the appliance does not accept a token that this client has signed in for
	PasswordRefused  // a 401 that is about a password in the body, and not about the token: advice is up to the resource

	UnsupportedVersion // the appliance does not speak this API revision, or none that is known
	Upgraded           // the appliance does not speak this API revision any more
	NotInRevision      // the API revision lacks what was asked
	NoEmailSettings    // the API revision lacks the email notification settings
	AccessDenied       // the user may not do this
	LicenseNotAccepted // the appliance's license agreements wait for acceptance
	Unavailable        // the appliance, or what is before it, cannot serve requests now
	TooManyRequests    // the appliance gets more requests than it takes
	AsksToWait         // the appliance asks clients to wait longer than this one will
)

// Outcome is the effect of a failed request.
type Outcome int

// The outcomes.
const (
	NotDone Outcome = iota // it had no effect, or was no write
	NotSent                // it was not sent, because another request had failed
	Unknown                // a write may have taken effect, although no readable answer came
)

// Origin is the sender of the answer that an error is about.
type Origin int

// The origins of an answer.
const (
	Nobody       Origin = iota // no answer came
	Documented                 // the appliance, with a problem document
	Undocumented               // the appliance or another server
	Foreign                    // another server: no appliance sends HTML or a redirect
)

// Error is a request that failed. Its texts are redacted: they hold no password, token or code that the client knows. It
// is immutable: [Error.Because], [Error.Saying], [Error.Adding] and [Error.Of] return copies.
type Error struct {
	Operation string // what was being done to which object on which appliance: `create user "backup" on veeam:11005`
	Kind      Kind   // of the request that failed, which may be a sign-in
	Key       string // of the object whose own path was requested; empty for any other path
	Status    int    // HTTP status; 0 if no answer came
	Origin    Origin
	Problem   string // last segment of the problem's type, in lower case: "validationerror"; empty if there was no problem document
	Code      string // errorCode of the problem document, in lower case
	Fields    string // the fields that a failed model validation names, in lower case, with commas between them
	Message   string // what the appliance said, or what happened instead
	Reason    Reason
	Outcome   Outcome
}

// Failed returns the error of a request that no answer explains: there is none, or it is not an error.
func Failed(r Request, reason Reason, message string) *Error {
	return &Error{Operation: r.Operation, Kind: r.Kind, Reason: reason, Message: message, Outcome: outcome(r, false)}
}

// Interrupted returns the error of a request that ended because its context did.
func Interrupted(r Request) *Error { return Failed(r, Unspecified, "it was interrupted") }

// outcome returns the outcome of a failed request: that of a write is unknown if this attempt, or an earlier one, may have worked.
func outcome(r Request, mayHaveWorked bool) Outcome {
	if r.Kind.Writes() && (r.Lost || mayHaveWorked) {
		return Unknown
	}
	return NotDone
}

func (e *Error) Error() string {
	text := fmt.Sprintf("could not %s: %s", e.Operation, e.Message)
	if e.Status != 0 {
		text = strings.TrimRight(text, ".") + fmt.Sprintf(" (HTTP status %d)", e.Status)
	}
	return text
}

// Because returns a copy with a more specific reason.
func (e Error) Because(reason Reason) *Error {
	e.Reason = reason
	return &e
}

// Saying returns a copy with another message.
func (e Error) Saying(message string) *Error {
	e.Message = message
	return &e
}

// Adding returns a copy whose message has one more sentence.
func (e *Error) Adding(sentence string) *Error {
	return e.Saying(strings.TrimRight(e.Message, ".") + ". " + sentence)
}

// Of returns a copy for another operation that failed because of this one, with that operation's outcome.
func (e Error) Of(operation string, outcome Outcome) *Error {
	e.Operation, e.Outcome, e.Key = operation, outcome, ""
	return &e
}

// Cause is a failure that concerns every request to an appliance and not only one, such as a refused sign-in. The errors
// that come of it share it, so that it is reported once.
type Cause struct {
	Err                 *Error // its Operation is what every request needs: "sign in to veeam:11005 as backup"
	reported, mentioned atomic.Bool
}

// Report claims the cause for a full report, so that refreshes and validations need no other. It returns false if it is claimed.
func (c *Cause) Report() bool {
	c.mentioned.Store(true)
	return !c.reported.Swap(true)
}

// Mention claims the cause for a full report by a write, which leaves a refresh to report it too. It returns false after any report.
func (c *Cause) Mention() bool { return !c.mentioned.Swap(true) }

// BlockedError is a request that failed by a cause it shares with others. The request that met the cause first has one too.
type BlockedError struct {
	Operation string // what was to be done
	Kind      Kind
	Cause     *Cause
	Outcome   Outcome // of what was to be done
}

func (e *BlockedError) Error() string {
	return fmt.Sprintf("could not %s: %v", e.Operation, e.Cause.Err)
}

// Unwrap returns the failure that is the cause.
func (e *BlockedError) Unwrap() error { return e.Cause.Err }

// IsBlocked reports whether a request failed by a cause that it shares with others.
func IsBlocked(err error) bool { return is[*BlockedError](err) }

// is reports whether an error is of a type, or wraps one that is.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// AsError returns the request error in err, or nil. In a [BlockedError], that is the cause: [IsReason] and [IsStatus] look at it
// too, and [IsBlocked] reports whether it is about another request.
func AsError(err error) *Error {
	e, _ := errors.AsType[*Error](err)
	return e
}

// IsReason reports whether a request failed for a reason.
func IsReason(err error, reason Reason) bool {
	e := AsError(err)
	return e != nil && e.Reason == reason
}

// IsStatus reports whether a request was answered with an HTTP status that is an error.
func IsStatus(err error, status int) bool {
	e := AsError(err)
	return e != nil && e.Status == status
}

// OutcomeOf returns the outcome of the intended request.
func OutcomeOf(err error) Outcome {
	if blocked, ok := errors.AsType[*BlockedError](err); ok {
		return blocked.Outcome
	}
	if e := AsError(err); e != nil {
		return e.Outcome
	}
	return NotDone
}

// IsOutcomeUnknown reports whether a write may have taken effect although it failed: no readable answer came, or a gateway's.
func IsOutcomeUnknown(err error) bool { return OutcomeOf(err) == Unknown }

// IsRefused reports whether the appliance refused a request because of its content: a 4xx status that is not about the
// token, the rate or a missing object, nor a cause that requests share, or a 500 that names a validation problem.
func IsRefused(err error) bool {
	e := AsError(err)
	switch {
	case e == nil, IsBlocked(err), !e.IsAnswer(), e.Status < http.StatusBadRequest:
		return false
	case e.Status == http.StatusNotFound, e.Status == http.StatusRequestTimeout:
		return false
	}
	return e.Reason == Unspecified || e.Reason == AccessDenied || e.Reason == PasswordRefused
}

// RefusesValues reports whether the appliance refused what is in a request, and not because a permission is missing.
func RefusesValues(err error) bool { return IsRefused(err) && !IsStatus(err, http.StatusForbidden) }

// IsAboutToken reports whether a 401 is about the token.
func (e *Error) IsAboutToken() bool {
	return e.Status == http.StatusUnauthorized && (e.Reason == TokenInvalid || e.Reason == TokenExpired)
}

// isFault reports whether the server failed to serve a request. A 500 whose problem document names a validation problem is a
// refusal: operations on users document no 400, which leaves 500 for what is wrong with values.
func isFault(status int, problem string) bool {
	return status > http.StatusInternalServerError || status == http.StatusInternalServerError && problem != "validationerror"
}

// IsAnswer reports whether a failure is an answer that shows that the appliance works.
func (e *Error) IsAnswer() bool {
	isFailure := isFault(e.Status, e.Problem) || e.Status == http.StatusTooManyRequests
	return e.Status != 0 && e.Origin != Foreign && !isFailure
}

// IsSilence reports whether there was no answer, for a reason that may pass.
func (e *Error) IsSilence() bool {
	return e.Reason == Unreachable || e.Reason == TimedOut || e.Reason == HandshakeBroken
}

// IsUnusable reports whether the server must not or cannot be used, nor the proxy before it.
func (e *Error) IsUnusable() bool {
	return e.Reason >= UntrustedCertificate && e.Reason <= ProxyRefused
}

// NamesMissingObject reports whether a 404 is the product's own problem document about the object whose path was
// requested. Later revisions may answer with the web framework's documents, which have no errorCode.
func (e *Error) NamesMissingObject() bool {
	isMissing := e.Code == "notfound" || e.Problem == "resourcenotfound" && e.Code != "invaliduri"
	return e.Status == http.StatusNotFound && e.Key != "" && isMissing
}
