package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Reason says why a request failed, where there is something a user can do about it.
type Reason int

// The reasons that have an answer. Every other failure is [Unspecified] and speaks through its text alone.
const (
	Unspecified          Reason = iota
	UntrustedCertificate        // the appliance's certificate is not trusted
	NotTLS                      // what answered does not speak TLS
	Unreachable                 // no connection could be made, or it broke
	TimedOut                    // no answer within the request timeout
	Unreadable                  // an answer came, but not one the API documents
	Redirected                  // the answer points to another place
	LoginRefused                // the appliance refused user name and password
	UserLocked                  // the user is locked
	MFARequired                 // the user has MFA on and no code was given
	MFARefused                  // the appliance refused the one MFA code that was given
	MFASecretRefused            // the appliance refused every code of the MFA secret that was tried
	MFAUsed                     // the MFA code has been used in this run, and is good once
	TokenExpired                // the given token has expired
	TokenInvalid                // the given token is not valid
	UnsupportedVersion          // the appliance does not speak this API revision, or none that is known
	Upgraded                    // the appliance does not speak this API revision any more
	NotInRevision               // the API revision lacks what was asked
	NoEmailSettings             // the API revision lacks the email notification settings
	Vanished                    // the object that was to be changed does not exist
	AccessDenied                // the user may not do this
	Unavailable                 // the appliance, or what is before it, cannot serve requests now
	LicenseNotAccepted          // the appliance's license agreements wait for acceptance

	CertificateNotGiven       // the appliance's certificate is none of those given, and not signed by one
	CertificateForAnotherName // the appliance's certificate is made out to other names
	CertificateExpired        // the appliance's certificate has expired
	CertificateNotYetValid    // the appliance's certificate is not valid yet
	CertificateForAnotherUse  // the appliance's certificate is none for a server
	SpeaksTLS                 // what answered speaks TLS, and was asked in clear

	ProxyRefused              // the proxy does not connect to the appliance
	ClientCertificateRequired // what answered requires a certificate of the client
	OldTLS                    // what answered speaks TLS 1.1 or older only
	CertificateUnreadable     // Go refuses to parse the appliance's certificate
	IssuerMissing             // the issuer of the appliance's certificate is neither given nor sent by the appliance
	HandshakeBroken           // the TLS handshake broke, or did not end in time

	TooManyRequests // the appliance gets more requests than it takes
	AsksToWait      // the appliance asks to be left alone for longer than is worth waiting
	SessionRefused  // the appliance does not accept a token that this client has signed in for
)

// Error is what every method of [Client] returns when a request failed. Its texts are redacted: they hold no
// password, token or code that the client knows.
type Error struct {
	Operation string // what was being done to which object, "create user \"backup\""
	Status    int    // HTTP status; 0 when no answer came
	Problem   string // last segment of the problem's type, in lower case: "validationerror"; empty when there was no problem document
	Code      string // errorCode of the problem document, in lower case
	Fields    string // the fields that a failed model validation names, in lower case, with commas between them
	Message   string // what the appliance said, or what happened instead
	Reason    Reason

	// Cause is set when this is not about one request but about all of them. Operation is then what cannot be done for
	// anybody, such as to sign in, and Hindered is what was to be done.
	Cause    *Cause
	Hindered string
	// NotSent says that the request was not even sent, because an earlier one failed by the same cause.
	NotSent bool
	// Unknown says that a write may have done its work although no readable answer came, and Creation that it was to
	// create an object.
	Unknown, Creation bool

	known          bool // the answer was a problem document
	foreign        bool // no appliance answers so: by HTML, or by sending the client elsewhere
	signsIn        bool // came of a sign-in
	ownPath        bool // answers a request for the object's own path
	gone           bool // the object does not exist: see collection.borneOut
	refusesRequest bool // a 401 that is not about the token
	ends           bool // no other request could do better
}

func (e *Error) Error() string {
	text := fmt.Sprintf("could not %s: %s", e.Operation, e.Message)
	if e.Status != 0 {
		text = strings.TrimRight(text, ".") + fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	return text
}

// IsNotFound tells whether err says that an object does not exist: a request for the object's own path was answered
// with status 404, and either the appliance's own problem document says so or a complete list of the objects bears it
// out. A 404 to a sign-in or to a list, or from a proxy in between, proves nothing.
func IsNotFound(err error) bool {
	e, ok := asError(err)
	return ok && e.gone
}

// namesMissingObject tells whether a 404 is the product's own word about the object that was asked for. Later
// revisions may answer with the web framework's documents, which have no errorCode.
func (e *Error) namesMissingObject() bool {
	return e.Status == http.StatusNotFound && e.ownPath &&
		(e.Code == "notfound" || e.Problem == "resourcenotfound" && e.Code != "invaliduri")
}

// IsUnanswered tells whether err leaves open if a write has done its work: it was sent, and no readable answer came.
func IsUnanswered(err error) bool {
	e, ok := asError(err)
	return ok && e.Unknown
}

// IsRefused tells whether err is the appliance's word that it will not do what was asked because of what was
// asked: a 4xx status that is not about the token, the pace or a missing object, nor about everything, or a 500 that
// names a validation problem.
func IsRefused(err error) bool {
	e, ok := asError(err)
	if !ok || e.Status < 400 || e.Status > 499 && !refusesValues(e.Status, e.Problem) || e.foreign || e.Cause != nil {
		return false
	}
	switch e.Status {
	case http.StatusNotFound, http.StatusRequestTimeout:
		return false
	case http.StatusUnauthorized:
		return !e.aboutToken()
	}
	return e.Reason == Unspecified || e.Reason == AccessDenied
}

// refusesValues reports whether an answer with status 500 is a refusal and no fault, after which nothing was done: the product's
// problem document names a validation problem. Operations on users document no 400, which leaves 500 for what is wrong with values.
func refusesValues(status int, problem string) bool {
	return status == http.StatusInternalServerError && problem == "validationerror"
}

// aboutToken tells whether a 401 speaks of the token. The status that refuses a wrong oldPassword is not
// documented, so a 401 that names another problem is left to the caller.
func (e *Error) aboutToken() bool {
	return e.Status == http.StatusUnauthorized && !e.refusesRequest && !e.foreign && e.Problem != "validationerror" && e.Problem != "accessdenied" && e.Code != "accessdenied"
}

// ConflictError says that an object could not be created because another one has its name.
type ConflictError struct {
	Kind string // "credentials record" or "user"
	Name string
	ID   string // what import takes
	Err  error  // the appliance's refusal, or how its answer was lost
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("a %s named %q exists already (id %q): %v", e.Kind, e.Name, e.ID, e.Err)
}

// Unwrap gives the appliance's refusal.
func (e *ConflictError) Unwrap() error { return e.Err }

// problem is an RFC 9457 document as the appliance sends it, together with the web framework's own form of a
// failed model validation, which has errors and neither errorCode nor details, and with the error that sister products
// answer an unsupported revision with.
type problem struct {
	Type    string              `json:"type"`
	Title   string              `json:"title"`
	Code    string              `json:"errorCode"`
	Details string              `json:"details"`
	Detail  string              `json:"detail"`
	Errors  map[string][]string `json:"errors"`
	Nested  struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// known tells whether a JSON object is a problem document at all.
func (p problem) known() bool {
	return p.Title != "" || p.Code != "" || p.Type != "" || p.Nested.Code != "" || p.Nested.Message != ""
}

// message is what a document says. A finding is preceded by its field, unless the words name it themselves.
func (p problem) message() string {
	details := []string{p.Details, p.Detail, p.Nested.Message}
	if p.Nested.Message == "" {
		details = append(details, p.Nested.Code)
	}
	for _, field := range slices.Sorted(maps.Keys(p.Errors)) {
		for _, finding := range p.Errors[field] {
			if name := strings.TrimLeft(field, "$."); !strings.Contains(strings.ToLower(finding), strings.ToLower(name)) {
				finding = name + ": " + finding
			}
			details = append(details, finding)
		}
	}
	details = slices.DeleteFunc(details, func(detail string) bool { return detail == "" })
	if p.Title == "" || len(details) == 0 {
		return p.Title + strings.Join(details, " ")
	}
	return strings.TrimRight(p.Title, ".:") + ": " + strings.Join(details, " ")
}

func (p problem) reason(status int) Reason {
	if p.refusesRevision() {
		return UnsupportedVersion
	}
	switch p.segment() {
	case "licenseagreementsisnotaccepted":
		return LicenseNotAccepted
	case "accessdenied":
		return AccessDenied
	case "expiredaccesstoken":
		return TokenExpired
	case "invalidaccesstoken", "noaccesstoken":
		return TokenInvalid
	}
	switch {
	case strings.EqualFold(p.Code, "ExpiredToken"):
		return TokenExpired
	case strings.EqualFold(p.Code, "InvalidToken"):
		return TokenInvalid
	case strings.EqualFold(p.Code, "AccessDenied"), status == http.StatusForbidden:
		return AccessDenied
	}
	return Unspecified
}

// refusesRevision tells whether a document speaks of the API's version: by its problem or its code, documented ones or
// those of versioned web frameworks, or by the field that it finds at fault.
func (p problem) refusesRevision() bool {
	for _, name := range []string{p.segment(), p.Code, p.Nested.Code} {
		switch strings.ToLower(name) {
		case "unsupportedapiversion", "invalidapiversion", "apiversionunspecified", "ambiguousapiversion":
			return true
		}
	}
	for field := range p.Errors {
		switch strings.ToLower(strings.TrimLeft(field, "$.")) {
		case "x-api-version", "api-version", "apiversion":
			return true
		}
	}
	return false
}

// aboutRevision finds, in the words of a refusal, that they are about the version of the API.
var aboutRevision = regexp.MustCompile(`(?i)\bapi[- ]?versions?\b|\brevisions?\b.*\b[0-9]+\.[0-9]+-rev[0-9]+\b|\b[0-9]+\.[0-9]+-rev[0-9]+\b.*\b(not|un)[ -]?(supported|accepted|valid|known)`)

// speaksOfRevision tells whether an answer refuses the revision in words alone. One that is about the sign-in, the pace
// or a fault of the appliance never does.
func (a *answer) speaksOfRevision(message string) bool {
	switch a.status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotAcceptable,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusNotImplemented:
		return aboutRevision.MatchString(message)
	}
	return false
}

// isPage tells whether an answer is HTML, which no appliance sends.
func (a *answer) isPage() bool {
	kind := a.mediaType()
	return len(a.body) > 0 && (kind == "text/html" || kind == "application/xhtml+xml") || bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("<"))
}

// isProblem tells whether an answer is a problem document, which is no success whatever its status.
func (a *answer) isProblem() bool { return a.mediaType() == "application/problem+json" }

func (a *answer) mediaType() string {
	kind, _, _ := mime.ParseMediaType(a.contentType)
	return kind
}

func (p problem) segment() string {
	return strings.ToLower(p.Type[strings.LastIndex(p.Type, "/")+1:])
}

// quotedLength bounds what is quoted of an answer that is no problem document, in characters.
const quotedLength = 500

// errorFrom reads an answer outside 2xx. It never fails: what cannot be read is quoted. Texts are redacted before
// they are cut, lest half a secret stay.
func errorFrom(a *answer) *Error {
	e := &Error{Status: a.status, foreign: a.isPage() || a.status >= 300 && a.status < 400}
	if a.status >= 300 && a.status < 400 {
		e.Reason, e.Message = Redirected, "the answer is a redirect"
		if a.location != nil {
			e.Message += " to " + printable(a.hide(a.location.Scheme+"://"+a.location.Host), 200)
		}
		return e
	}
	var p problem
	if decodeProblem(a.body, &p) && p.known() {
		e.known, e.Problem, e.Code = true, p.segment(), strings.ToLower(p.Code)
		e.Fields = strings.ToLower(strings.Join(slices.Sorted(maps.Keys(p.Errors)), ","))
		e.Reason = p.reason(a.status)
		e.Message = printable(a.hide(p.message()), 4*quotedLength)
	}
	if e.Message == "" {
		e.Message = quote(a)
	}
	if e.Reason == Unspecified && !e.foreign && a.speaksOfRevision(e.Message) {
		e.Reason = UnsupportedVersion
	}
	switch {
	case e.foreign:
		e.Reason = Unreadable
	case e.Reason == Unspecified && e.aboutToken():
		e.Reason = TokenInvalid
	}
	switch a.status {
	case http.StatusLocked:
		if a.retryAfter > 0 {
			e.Message = strings.TrimRight(e.Message, ".") + ". It is locked for " + brief(a.retryAfter)
		}
		return e
	case http.StatusTooManyRequests:
		e.Reason = TooManyRequests
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		e.Reason = Unavailable
	default:
		return e
	}
	if a.retryAfter > longestRetryAfter {
		e.Reason = AsksToWait
		e.Message = strings.TrimRight(e.Message, ".") + ". It asks for " + brief(a.retryAfter)
	}
	return e
}

// brief writes a duration to the second, without the zeros at its end: 1h, 10m, 1h0m5s.
func brief(d time.Duration) string {
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// decodeProblem accepts a document some of whose fields have unexpected types: the others still speak.
func decodeProblem(body []byte, p *problem) bool {
	var wrongType *json.UnmarshalTypeError
	err := json.Unmarshal(body, p)
	return err == nil || errors.As(err, &wrongType)
}

// quote describes a body that is not what the API documents.
func quote(a *answer) string {
	text := printable(a.hide(string(a.body)), quotedLength)
	if text == "" {
		return fmt.Sprintf("the answer is empty: %d %s", a.status, http.StatusText(a.status))
	}
	kind, _, err := mime.ParseMediaType(a.contentType)
	if err != nil {
		kind = "unknown content"
	}
	return fmt.Sprintf("the answer is not what the API documents (%s): %s", printable(kind, 60), text)
}

// printable makes text of unknown origin fit for a terminal: one line, no character that controls or reorders, at
// most limit characters. It reads no more of a long text than it takes.
func printable(text string, limit int) string {
	var line strings.Builder
	length, gap := 0, false
	for _, r := range text {
		if unicode.IsSpace(r) || !unicode.IsGraphic(r) || r == utf8.RuneError {
			gap = length > 0
			continue
		}
		if length++; gap {
			length++
		}
		if length > limit {
			return line.String() + "…"
		}
		if gap {
			line.WriteByte(' ')
			gap = false
		}
		line.WriteRune(r)
	}
	return line.String()
}
