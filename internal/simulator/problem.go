package simulator

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// problemKind is one of the documented problems. Not documented: which error code goes with which problem, and the
// problem of a method that is not allowed.
type problemKind struct {
	name, title, code string
	status            int
}

var (
	accessDenied          = problemKind{"accessDenied", "Access denied", "AccessDenied", http.StatusForbidden}
	signInRefused         = problemKind{"accessDenied", "Access denied", "AccessDenied", http.StatusUnauthorized}
	noAccessToken         = problemKind{"noAccessToken", "No access token", "InvalidToken", http.StatusUnauthorized}
	invalidAccessToken    = problemKind{"invalidAccessToken", "Invalid access token", "InvalidToken", http.StatusUnauthorized}
	expiredAccessToken    = problemKind{"expiredAccessToken", "Expired access token", "ExpiredToken", http.StatusUnauthorized}
	resourceNotFound      = problemKind{"resourceNotFound", "Resource not found", "NotFound", http.StatusNotFound}
	invalidURI            = problemKind{"resourceNotFound", "Resource not found", "InvalidURI", http.StatusNotFound}
	validationError       = problemKind{"validationError", "Validation error", "UnexpectedContent", http.StatusBadRequest}
	unexpectedContentType = problemKind{"validationError", "Unsupported media type", "UnexpectedContent", http.StatusUnsupportedMediaType}
	methodNotAllowed      = problemKind{"unknownError", "Method not allowed", "MethodNotAllowed", http.StatusMethodNotAllowed}
	notImplemented        = problemKind{"notImplemented", "Not implemented", "NotImplemented", http.StatusNotImplemented}
	serviceUnavailable    = problemKind{"serviceUnavailable", "Service unavailable", "ServiceUnavailable", http.StatusServiceUnavailable}
	unknownError          = problemKind{"unknownError", "Unknown error", "UnknownError", http.StatusInternalServerError}
	apiVersionUnspecified = problemKind{"apiVersionUnspecified", "API version is not specified", "UnexpectedContent", http.StatusBadRequest}
	invalidAPIVersion     = problemKind{"invalidApiVersion", "Invalid API version", "UnexpectedContent", http.StatusBadRequest}
	unsupportedAPIVersion = problemKind{"unsupportedApiVersion", "Unsupported API version", "UnexpectedContent", http.StatusBadRequest}
	licenseNotAccepted    = problemKind{"licenseAgreementsIsNotAccepted", "License agreements are not accepted", "AccessDenied", http.StatusForbidden}
	ambiguousAPIVersion   = problemKind{"ambiguousApiVersion", "Ambiguous API version", "UnexpectedContent", http.StatusBadRequest}
)

// problemsByName has those that the documentation names: two of ours may share a name and differ in their code.
var problemsByName = map[string]problemKind{
	"accessDenied": accessDenied, "noAccessToken": noAccessToken, "invalidAccessToken": invalidAccessToken,
	"expiredAccessToken": expiredAccessToken, "resourceNotFound": resourceNotFound, "validationError": validationError,
	"serviceUnavailable": serviceUnavailable, "notImplemented": notImplemented, "unknownError": unknownError,
	"unsupportedApiVersion": unsupportedAPIVersion, "apiVersionUnspecified": apiVersionUnspecified,
	"invalidApiVersion": invalidAPIVersion, "ambiguousApiVersion": ambiguousAPIVersion,
	"licenseAgreementsIsNotAccepted": licenseNotAccepted,
}

// problem refuses a call in the documents of this appliance.
func (c *call) problem(kind problemKind, details string) *answer {
	return c.document(c.shape(), c.inDocumentedStatus(kind, c.shape()), details, nil)
}

// refuse refuses what is wrong with the values of a call, if anything.
func (c *call) refuse(findings findings) *answer {
	if len(findings) == 0 {
		return nil
	}
	return c.document(c.shape(), c.inDocumentedStatus(validationError, c.shape()), findings.String(), findings.errors())
}

// invalidModel refuses what the web framework itself finds wrong.
func (c *call) invalidModel(errors modelErrors) *answer {
	shape := c.shape()
	if c.config.Habits[FrameworkModelErrors] {
		shape = frameworkDocument
	}
	return c.document(shape, c.inDocumentedStatus(validationError, shape), errors.String(), errors)
}

// inDocumentedStatus gives a problem of the values of a user the status of [Config.UserRefusalStatus].
func (c *call) inDocumentedStatus(kind problemKind, shape string) problemKind {
	if kind.name != validationError.name || kind.status != validationError.status || !strings.HasPrefix(c.path, "/users") {
		return kind
	}
	switch {
	case c.config.UserRefusalStatus != 0:
		c.deviate("user-refusal-status")
		kind.status = c.config.UserRefusalStatus
	case shape == productDocument:
		kind.status = http.StatusInternalServerError
	}
	return kind
}

// The documents of a refusal, for [Fault.Document].
const (
	productDocument   = ""
	blankDocument     = "about:blank"
	frameworkDocument = "framework"
	htmlDocument      = "html"
	emptyDocument     = "empty"
)

var documents = []string{productDocument, blankDocument, frameworkDocument, htmlDocument, emptyDocument}

// shape is the document that this appliance refuses with.
func (c *call) shape() string {
	switch {
	case c.config.Habits[FrameworkErrors] || c.frameworkErrors():
		return frameworkDocument
	case c.config.Habits[BlankProblems]:
		return blankDocument
	}
	return productDocument
}

// frameworkErrors reports whether the revision of a call refuses with the web framework's documents.
func (c *call) frameworkErrors() bool {
	since := c.config.FrameworkErrorsSince
	return since != "none" && !c.revision.before(mustParseRevision(since))
}

func (c *call) document(shape string, kind problemKind, details string, errors modelErrors) *answer {
	x := &answer{status: kind.status, header: http.Header{}}
	if isLate := !c.revision.before(mustParseRevision(defaultFrameworkErrorsSince)); shape != productDocument && (!isLate || shape != frameworkDocument) {
		c.deviate("the document of a refusal")
	}
	switch shape {
	case productDocument:
		x = reply(kind.status, struct {
			Type      string `json:"type"`
			Title     string `json:"title"`
			Status    int    `json:"status"`
			ErrorCode string `json:"errorCode"`
			Details   string `json:"details"`
			Instance  string `json:"instance"`
		}{"https://" + c.Host + basePath + "/problems/" + kind.name, kind.title, kind.status, kind.code, details, c.id})
		x.header.Set("Content-Type", "application/problem+json")
	case blankDocument:
		x = reply(kind.status, standardProblem{Type: "about:blank", Title: http.StatusText(kind.status), Status: kind.status, Detail: details})
		x.header.Set("Content-Type", "application/problem+json")
	case frameworkDocument:
		problem := standardProblem{frameworkType(kind.status), http.StatusText(kind.status), kind.status, details, traceID, errors}
		if len(errors) > 0 {
			problem.Title, problem.Detail = "One or more validation errors occurred.", ""
		}
		x = reply(kind.status, problem)
		x.header.Set("Content-Type", "application/problem+json; charset=utf-8")
	case htmlDocument:
		title := fmt.Sprintf("%d %s", kind.status, http.StatusText(kind.status))
		x.header.Set("Content-Type", "text/html")
		x.body = fmt.Appendf(nil, "<html>\r\n<head><title>%[1]s</title></head>\r\n<body>\r\n<center><h1>%[1]s</h1></center>\r\n</body>\r\n</html>\r\n", title)
	}
	return x
}

// standardProblem is a problem document without anything of the product in it (RFC 9457).
type standardProblem struct {
	Type    string      `json:"type"`
	Title   string      `json:"title"`
	Status  int         `json:"status"`
	Detail  string      `json:"detail,omitempty"`
	TraceID string      `json:"traceId,omitempty"`
	Errors  modelErrors `json:"errors,omitempty"`
}

const traceID = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"

// frameworkType is the section of RFC 9110 on a status.
func frameworkType(status int) string {
	const rfc = "https://tools.ietf.org/html/rfc9110"
	switch {
	case status == http.StatusUnsupportedMediaType:
		return rfc + "#section-15.5.16"
	case status >= 400 && status < 420:
		return fmt.Sprintf("%s#section-15.5.%d", rfc, status-399)
	case status >= 500 && status < 506:
		return fmt.Sprintf("%s#section-15.6.%d", rfc, status-499)
	}
	return rfc
}

// modelErrors are messages by property, as the web framework answers them.
type modelErrors map[string][]string

// String has the messages in the order of their properties.
func (e modelErrors) String() string {
	var messages []string
	for _, property := range slices.Sorted(maps.Keys(e)) {
		messages = append(messages, e[property]...)
	}
	return strings.Join(messages, " ")
}

func (e modelErrors) add(property, message string) { e[property] = append(e[property], message) }

// findings are what is wrong with the values of a body.
type findings []finding

type finding struct {
	property, message string // the property as it is spelt in the body
}

func (f findings) String() string {
	var messages []string
	for _, one := range f {
		messages = append(messages, one.message)
	}
	return strings.Join(messages, " ")
}

func (f findings) errors() modelErrors {
	errors := modelErrors{}
	for _, one := range f {
		errors.add(capital(one.property), one.message)
	}
	return errors
}

// capital spells a property as the framework does in its errors.
func capital(property string) string { return strings.ToUpper(property[:1]) + property[1:] }
