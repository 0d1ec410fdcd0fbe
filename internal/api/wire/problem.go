package wire

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// problem is an RFC 9457 document as the appliance sends it, together with the web framework's own form of a
// failed model validation, which has errors and neither errorCode nor details, and with the error with which sister
// products refuse an unsupported revision.
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

// parseProblem reads a document some of whose fields may have unexpected types: the others are still used. ok reports
// whether it is a problem document at all.
func parseProblem(body []byte) (p problem, ok bool) {
	err := json.Unmarshal(body, &p)
	if err != nil && !is[*json.UnmarshalTypeError](err) {
		return problem{}, false
	}
	return p, cmp.Or(p.Title, p.Code, p.Type, p.Nested.Code, p.Nested.Message) != ""
}

func (p problem) segment() string {
	return strings.ToLower(p.Type[strings.LastIndex(p.Type, "/")+1:])
}

// message is what a document says. A finding is preceded by its field, unless the words name it themselves.
func (p problem) message() string {
	details := []string{p.Details, p.Detail, cmp.Or(p.Nested.Message, p.Nested.Code)}
	for _, field := range slices.Sorted(maps.Keys(p.Errors)) {
		for _, finding := range p.Errors[field] {
			if name := strings.TrimLeft(field, "$."); !strings.Contains(strings.ToLower(finding), strings.ToLower(name)) {
				finding = name + ": " + finding
			}
			details = append(details, finding)
		}
	}
	text := strings.TrimSpace(strings.Join(details, " "))
	if p.Title == "" || text == "" {
		return p.Title + text
	}
	return strings.TrimRight(p.Title, ".:") + ": " + text
}

var (
	// revisionName matches the problems and codes, documented ones and those of versioned web frameworks, and the fields that are
	// about the version of the API.
	revisionName = regexp.MustCompile(`(?i)^[$.]*(x-|unsupported|invalid|ambiguous)?api-?version(unspecified)?$`)
	// aboutRevision matches texts of refusals that are about the version of the API.
	aboutRevision = regexp.MustCompile(`(?i)api[- ]?versions?\b|\b[0-9]+\.[0-9]+-rev[0-9]+\b`)
)

// refusesRevision reports whether an answer refuses the revision, by a name in its document or by its text alone. A text that is
// about the sign-in, the rate or a fault of the appliance never does, and neither do values of the request that it repeats.
func (a Response) refusesRevision(p problem, message string) bool {
	names := slices.AppendSeq([]string{p.segment(), p.Code, p.Nested.Code}, maps.Keys(p.Errors))
	if slices.ContainsFunc(names, revisionName.MatchString) {
		return true
	}
	switch a.Status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotAcceptable,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusNotImplemented:
	default:
		return false
	}
	values := a.request.values()
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) }) // one may be a part of another
	for _, value := range values {
		if aboutRevision.MatchString(value) {
			message = strings.ReplaceAll(message, Printable(a.hide(value), 4*QuotedLength), "")
		}
	}
	return aboutRevision.MatchString(message)
}

// longestRetryAfter is how long an appliance can make Terraform wait before one attempt.
const longestRetryAfter = time.Minute

// errorFrom returns the error of an answer, nil for a success. What cannot be read is quoted. Texts are redacted before
// they are cut, so that no part of a secret is left.
func errorFrom(a Response) error {
	if a.isSuccess() && !a.isPage() && a.mediaType() != "application/problem+json" { // which is no success, whatever its status
		return nil
	}
	p, isProblem := parseProblem(a.Body)
	e := &Error{
		Operation: a.request.Operation, Kind: a.request.Kind, Key: a.request.Key, Status: a.Status, Origin: Undocumented,
		Message: Printable(a.hide(p.message()), 4*QuotedLength),
	}
	if e.Message == "" {
		e.Message = a.quote()
	}
	if isProblem {
		e.Origin, e.Problem, e.Code = Documented, p.segment(), strings.ToLower(p.Code)
		e.Fields = strings.ToLower(strings.Join(slices.Sorted(maps.Keys(p.Errors)), ","))
	}
	if a.isPage() {
		e.Origin = Foreign
	}
	if a.isRedirect() {
		e.Origin, e.Message = Foreign, "the answer is a redirect"
		if a.location != nil {
			e.Message += " to " + Printable(a.hide(a.location.Scheme+"://"+a.location.Host), 200)
		}
	}
	e.Reason = a.reason(e, p)
	switch wait := a.retryAfter.Round(time.Second).String(); {
	case e.Reason == AsksToWait:
		e = e.Adding("It asks clients to wait for " + wait)
	case a.Status == http.StatusLocked && a.retryAfter > 0:
		e = e.Adding("It is locked for " + wait)
	}
	e.Outcome = outcome(a.request, a.isSuccess() || e.isFault() && a.Status != http.StatusNotImplemented)
	return e
}

// reason returns the reason of an answer.
func (a Response) reason(e *Error, p problem) Reason {
	isBusy := slices.Contains([]int{
		http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}, a.Status)
	documented := cmp.Or(documentedReasons[e.Problem], documentedReasons[e.Code])
	switch {
	case isBusy && a.retryAfter > longestRetryAfter:
		return AsksToWait
	case a.Status == http.StatusTooManyRequests:
		return TooManyRequests
	case isBusy:
		return Unavailable
	case a.isRedirect():
		return Redirected
	case e.Origin == Foreign:
		return Unreadable
	case a.refusesRevision(p, e.Message):
		return UnsupportedVersion
	case documented != Unspecified:
		return documented
	case e.Origin == Documented && a.Status == http.StatusForbidden:
		return AccessDenied
	case a.Status == http.StatusUnauthorized && e.Problem != "validationerror": // which may be about a password in the body
		return TokenInvalid
	}
	return Unspecified
}

// documentedReasons are the reasons of documented problems, by the last segment of a type or by a code, in lower case.
var documentedReasons = map[string]Reason{
	"licenseagreementsisnotaccepted": LicenseNotAccepted,
	"accessdenied":                   AccessDenied,
	"expiredaccesstoken":             TokenExpired,
	"expiredtoken":                   TokenExpired,
	"invalidaccesstoken":             TokenInvalid,
	"invalidtoken":                   TokenInvalid,
	"noaccesstoken":                  TokenInvalid,
}
