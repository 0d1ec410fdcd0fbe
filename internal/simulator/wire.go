package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
)

// call is a request on its way through the appliance.
type call struct {
	*http.Request
	path  string // below /api/v1, decoded
	body  []byte
	id    string // the variable part of the path, decoded
	token string // the access token it came with
}

func reply(status int, document any) *answer {
	if document == nil {
		return &answer{status: status}
	}
	body, err := json.Marshal(document)
	if err != nil {
		panic(err) // only our own wire structs come here
	}
	return &answer{status: status, header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, body: body}
}

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
	ambiguousAPIVersion   = problemKind{"ambiguousApiVersion", "Ambiguous API version", "UnexpectedContent", http.StatusBadRequest}
)

func (c *call) problem(kind problemKind, details string) *answer {
	x := reply(kind.status, struct {
		Type      string `json:"type"`
		Title     string `json:"title"`
		Status    int    `json:"status"`
		ErrorCode string `json:"errorCode"`
		Details   string `json:"details"`
		Instance  string `json:"instance"`
	}{"https://" + c.Host + basePath + "/problems/" + kind.name, kind.title, kind.status, kind.code, details, c.id})
	x.header.Set("Content-Type", "application/problem+json")
	return x
}

// modelErrors are messages by property: the web framework's own validation, which answers in its own shape.
type modelErrors map[string][]string

func (e modelErrors) add(property, message string) { e[property] = append(e[property], message) }

func (c *call) invalidModel(errors modelErrors) *answer {
	x := reply(http.StatusBadRequest, struct {
		Type    string      `json:"type"`
		Title   string      `json:"title"`
		Status  int         `json:"status"`
		TraceID string      `json:"traceId"`
		Errors  modelErrors `json:"errors"`
	}{"https://tools.ietf.org/html/rfc7231#section-6.5.1", "One or more validation errors occurred.",
		http.StatusBadRequest, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", errors})
	x.header.Set("Content-Type", "application/problem+json; charset=utf-8")
	return x
}

// decode reads the body into the fields of a struct by their json tags, exactly as they are spelled. A field tagged
// required must be there and not null; another that is missing or null keeps its value. It returns the refusal of a
// body that does not fit, or nil.
func (c *call) decode(into any) *answer {
	var properties map[string]json.RawMessage
	if len(bytes.TrimSpace(c.body)) == 0 {
		return c.invalidModel(modelErrors{"": {"A non-empty request body is required."}})
	}
	if err := json.Unmarshal(c.body, &properties); err != nil || properties == nil {
		return c.invalidModel(modelErrors{"$": {"The JSON value could not be converted to an object."}})
	}
	errors := modelErrors{}
	target := reflect.ValueOf(into).Elem()
	for i := range target.NumField() {
		field := target.Type().Field(i)
		name := field.Tag.Get("json")
		value, given := properties[name]
		delete(properties, name)
		if !given || string(value) == "null" {
			if field.Tag.Get("required") != "" {
				property := strings.ToUpper(name[:1]) + name[1:]
				errors.add(property, fmt.Sprintf("The %s field is required.", property))
			}
			continue
		}
		if err := json.Unmarshal(value, target.Field(i).Addr().Interface()); err != nil {
			errors.add("$."+name, fmt.Sprintf("The JSON value could not be converted to %s.", field.Type))
		}
	}
	if len(errors) > 0 {
		return c.invalidModel(errors)
	}
	for name := range properties {
		// Not documented: the product may ignore what it does not know. Refused, so that a misspelt property shows.
		return c.problem(validationError, fmt.Sprintf("The property %q is not known.", name))
	}
	return nil
}

type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

// links are those of one object. Not documented: what a link holds. No client should need them.
func links(path string) []link { return []link{{"self", basePath + path}} }
