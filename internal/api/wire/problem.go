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

// problem is an RFC 9457 document as the appliance sends it. Its web framework reports a failed model validation with errors alone,
// and sister products refuse an unsupported revision with the member error.
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

// parseProblem reads a problem document, without the fields that have unexpected types. ok reports whether it is one at all.
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
	// revisionName matches the problems, codes and fields, also those of versioned web frameworks, that are about the revision.
	revisionName = regexp.MustCompile(`(?i)^[$.]*(x-|unsupported|invalid|ambiguous)?api-?version(unspecified)?$`)
	// aboutRevision matches the texts that are.
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
			message = strings.ReplaceAll(message, Printable(a.hide(value), 4*quotedLength), "")
		}
	}
	return aboutRevision.MatchString(message)
}

// longestRetryAfter is how long an appliance can make Terraform wait before one attempt.
const longestRetryAfter = time.Minute

// errorFrom returns the error of an answer, nil for a success.
func errorFrom(a Response) error {
	if a.isSuccess() && !a.isPage() && a.mediaType() != "application/problem+json" { // these are no success, whatever their status
		return nil
	}
	p, isProblem := parseProblem(a.Body)
	origin, fields, message := Undocumented, "", a.message(p)
	switch {
	case a.isPage(), a.isRedirect():
		origin = Foreign
	case isProblem:
		origin, fields = Documented, strings.ToLower(strings.Join(slices.Sorted(maps.Keys(p.Errors)), ","))
	}
	e := &Error{
		Operation: a.request.Operation, Kind: a.request.Kind, Key: a.request.Key, Status: a.Status,
		Origin: origin, Problem: p.segment(), Code: strings.ToLower(p.Code), Fields: fields,
		Message: message, Reason: a.reason(origin, p, message),
		Outcome: outcome(a.request, a.isSuccess() || isFault(a.Status, p.segment()) && a.Status != http.StatusNotImplemented),
	}
	switch wait := a.retryAfter.Round(time.Second).String(); {
	case e.Reason == AsksToWait:
		return e.Adding("It asks clients to wait for " + wait)
	case a.Status == http.StatusLocked && a.retryAfter > 0:
		return e.Adding("It is locked for " + wait)
	}
	return e
}

// message is what an answer says, or a quote. It is redacted before it is cut, so that no part of a secret is left.
func (a Response) message(p problem) string {
	message := Printable(a.hide(p.message()), 4*quotedLength)
	switch {
	case a.isRedirect() && a.location != nil:
		return "the answer is a redirect to " + Printable(a.hide(a.location.Scheme+"://"+a.location.Host), 200)
	case a.isRedirect():
		return "the answer is a redirect"
	case message == "":
		return a.quote()
	}
	return message
}

// reason returns the reason of an answer: the first that fits.
func (a Response) reason(origin Origin, p problem, message string) Reason {
	isBusy := slices.Contains([]int{
		http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}, a.Status)
	documented := cmp.Or(documentedReasons[p.segment()], documentedReasons[strings.ToLower(p.Code)])
	switch {
	case isBusy && a.retryAfter > longestRetryAfter:
		return AsksToWait
	case a.Status == http.StatusTooManyRequests:
		return TooManyRequests
	case isBusy:
		return Unavailable
	case a.isRedirect():
		return Redirected
	case origin == Foreign:
		return Unreadable
	case a.refusesRevision(p, message):
		return UnsupportedVersion
	case documented != Unspecified:
		return documented
	case origin == Documented && a.Status == http.StatusForbidden:
		return AccessDenied
	case a.Status == http.StatusUnauthorized && p.segment() != "validationerror": // which may be about a password in the body
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
