package wire

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
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
	if _, wrongType := asWrongType(err); err != nil && !wrongType {
		return problem{}, false
	}
	return p, p.Title != "" || p.Code != "" || p.Type != "" || p.Nested.Code != "" || p.Nested.Message != ""
}

func (p problem) segment() string {
	return strings.ToLower(p.Type[strings.LastIndex(p.Type, "/")+1:])
}

func (p problem) fields() string {
	return strings.ToLower(strings.Join(slices.Sorted(maps.Keys(p.Errors)), ","))
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

// reason returns why a problem document says that a request failed, if that is one of the documented problems.
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
	switch code := strings.ToLower(p.Code); {
	case code == "expiredtoken":
		return TokenExpired
	case code == "invalidtoken":
		return TokenInvalid
	case code == "accessdenied", status == http.StatusForbidden:
		return AccessDenied
	}
	return Unspecified
}

// refusesRevision reports whether a document is about the version of the API: by its problem or its code, documented
// ones or those of versioned web frameworks, or by the field that it finds at fault.
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

// aboutRevision matches texts of refusals that are about the version of the API.
var aboutRevision = regexp.MustCompile(`(?i)api[- ]?versions?\b|\b[0-9]+\.[0-9]+-rev[0-9]+\b`)

// refusesRevision reports whether only the text of an answer refuses the revision. One that is about the sign-in, the
// rate or a fault of the appliance never does, and neither do values of the request that the answer repeats.
func (a Response) refusesRevision(message string) bool {
	switch a.Status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotAcceptable,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusNotImplemented:
	default:
		return false
	}
	if !aboutRevision.MatchString(message) {
		return false
	}
	for _, value := range a.request.values() {
		if aboutRevision.MatchString(value) {
			message = strings.ReplaceAll(message, Printable(a.hide(value), 4*QuotedLength), "")
		}
	}
	return aboutRevision.MatchString(message)
}

// refusesValues reports whether an answer with status 500 is a refusal and no fault, after which nothing was done: the
// product's problem document names a validation problem. Operations on users document no 400, which leaves 500 for what is
// wrong with values.
func refusesValues(status int, problem string) bool {
	return status == http.StatusInternalServerError && problem == "validationerror"
}

func asWrongType(err error) (*json.UnmarshalTypeError, bool) {
	return errors.AsType[*json.UnmarshalTypeError](err)
}
