package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
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
	MFARequired                 // the user has MFA on and no code was given
	MFARefused                  // the appliance refused the MFA code
	TokenExpired                // the given token has expired
	TokenInvalid                // the given token is not valid
	UnsupportedVersion          // the appliance does not speak this API revision
	AccessDenied                // the user may not do this
	LicenseNotAccepted          // the appliance's license agreements wait for acceptance

	CertificateNotGiven       // the appliance's certificate is none of those given, and not signed by one
	CertificateForAnotherName // the appliance's certificate is made out to other names
	CertificateExpired        // the appliance's certificate has expired
	CertificateNotYetValid    // the appliance's certificate is not valid yet
	SpeaksTLS                 // what answered speaks TLS, and was asked in clear

	TooManyRequests // the appliance asks to be left alone for longer than is worth waiting
)

// Error is what every method of [Client] returns when a request failed. Its texts are redacted: they hold no
// password, token or code that the client knows.
type Error struct {
	Operation string // what was being done to which object, "create user \"backup\""
	Status    int    // HTTP status; 0 when no answer came
	Problem   string // last segment of the problem's type, in lower case: "validationerror"; empty when there was no problem document
	Code      string // errorCode of the problem document, in lower case
	Message   string // what the appliance said, or what happened instead
	Reason    Reason
	Repeated  bool // the same failure has been reported before in this run

	// Unknown says that the request may have done its work although no readable answer came.
	Unknown bool
}

func (e *Error) Error() string {
	text := fmt.Sprintf("could not %s: %s", e.Operation, e.Message)
	if e.Status != 0 {
		text += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	return text
}

// IsNotFound tells whether err is the appliance's own word that an object does not exist: status 404 with a
// problem document. A bare 404 may come from a proxy in between and proves nothing.
func IsNotFound(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == http.StatusNotFound && e.Problem+e.Code != "" && e.Code != "invaliduri"
}

// IsRefused tells whether err is the appliance's word that it will not do what was asked because of what was
// asked: a 4xx status that is not about the token, the pace or a missing object.
func IsRefused(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Status < 400 || e.Status > 499 {
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

// aboutToken tells whether a 401 speaks of the token. The status that refuses a wrong oldPassword is not
// documented, so a 401 that names another problem is left to the caller.
func (e *Error) aboutToken() bool {
	return e.Status == http.StatusUnauthorized && e.Problem != "validationerror" && e.Problem != "accessdenied" && e.Code != "accessdenied"
}

// ConflictError says that an object could not be created because another one has its name.
type ConflictError struct {
	Kind string // "credentials record" or "user"
	Name string
	ID   string // what import takes
	Err  error  // the appliance's refusal
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("a %s named %q exists already (id %q): %v", e.Kind, e.Name, e.ID, e.Err)
}

// Unwrap gives the appliance's refusal.
func (e *ConflictError) Unwrap() error { return e.Err }

// problem is an RFC 9457 document as the appliance sends it, together with the web framework's own form of a
// failed model validation, which has errors and neither errorCode nor details.
type problem struct {
	Type    string              `json:"type"`
	Title   string              `json:"title"`
	Code    string              `json:"errorCode"`
	Details string              `json:"details"`
	Detail  string              `json:"detail"`
	Errors  map[string][]string `json:"errors"`
}

// known tells whether a JSON object is a problem document at all.
func (p problem) known() bool { return p.Title != "" || p.Code != "" || p.Type != "" }

func (p problem) message() string {
	details := []string{p.Details, p.Detail}
	for _, field := range slices.Sorted(maps.Keys(p.Errors)) {
		details = append(details, p.Errors[field]...)
	}
	details = slices.DeleteFunc(details, func(detail string) bool { return detail == "" })
	if p.Title == "" || len(details) == 0 {
		return p.Title + strings.Join(details, " ")
	}
	return strings.TrimRight(p.Title, ".:") + ": " + strings.Join(details, " ")
}

func (p problem) reason(status int) Reason {
	switch p.segment() {
	case "unsupportedapiversion", "invalidapiversion", "apiversionunspecified", "ambiguousapiversion":
		return UnsupportedVersion
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

func (p problem) segment() string {
	return strings.ToLower(p.Type[strings.LastIndex(p.Type, "/")+1:])
}

// quotedLength bounds what is quoted of an answer that is no problem document, in characters.
const quotedLength = 500

// errorFrom reads an answer outside 2xx. It never fails: what cannot be read is quoted. Texts are redacted before
// they are cut, lest half a secret stay.
func errorFrom(a *answer) *Error {
	e := &Error{Status: a.status}
	if a.status >= 300 && a.status < 400 {
		e.Reason, e.Message = Redirected, "the answer is a redirect"
		if a.location != nil {
			e.Message += " to " + printable(a.hide(a.location.Scheme+"://"+a.location.Host), 200)
		}
		return e
	}
	var p problem
	if decodeProblem(a.body, &p) && p.known() {
		e.Problem, e.Code = p.segment(), strings.ToLower(p.Code)
		e.Reason = p.reason(a.status)
		e.Message = printable(a.hide(p.message()), 4*quotedLength)
	}
	if e.Message == "" {
		e.Message = quote(a)
	}
	if a.status == http.StatusUnauthorized && e.Reason == Unspecified && e.aboutToken() {
		e.Reason = TokenInvalid
	}
	if a.status == http.StatusTooManyRequests {
		e.Reason = TooManyRequests
	}
	return e
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
