package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// call is a request on its way through the appliance.
type call struct {
	*http.Request
	config   *Config
	revision revision // that it is served in
	path     string   // below /api/v1, decoded
	body     []byte
	id       string // the variable part of the path, decoded
	token    string // the access token it came with

	deviations []string // the habits that made its answer differ from the documented one
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

// decode reads the body into the fields of a struct by their json tags, exactly as they are spelled. A field tagged
// required must be there and not null, unless it is among the optional; another that is missing or null keeps its value. A
// field that the revision does not have is not known. It returns the refusal of a body that does not fit, or nil.
func (c *call) decode(into any, optional ...string) *answer {
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
		name, known := c.property(field)
		if !known {
			continue
		}
		value, given := properties[name]
		delete(properties, name)
		if !given || string(value) == "null" {
			if field.Tag.Get("required") != "" && !slices.Contains(optional, name) {
				property := capital(name)
				errors.add(property, fmt.Sprintf("The %s field is required.", property))
			}
			continue
		}
		if err := json.Unmarshal(value, target.Field(i).Addr().Interface()); err != nil {
			errors.add("$."+name, fmt.Sprintf("The JSON value could not be converted to %s.", strings.TrimPrefix(field.Type.String(), "*")))
		}
		if c.config.Habits[TrimsSpace] && !strings.Contains(strings.ToLower(name), "password") {
			trim(target.Field(i))
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

// property is the name of a field in the body, and whether the revision of the call has it.
func (c *call) property(field reflect.StructField) (name string, known bool) {
	switch name, _, _ = strings.Cut(field.Tag.Get("json"), ","); name {
	case "accountType":
		return name, c.hasAccountType()
	case "role":
		return c.config.RoleField, c.hasRole()
	}
	return name, true
}

func (c *call) hasAccountType() bool { return !c.revision.before(accountTypeSince) }

func (c *call) hasRole() bool { return c.config.RoleField != "none" && !c.revision.before(roleSince) }

// trim removes the whitespace around a string, or around what a pointer to one points to.
func trim(value reflect.Value) {
	if value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	if value.Kind() == reflect.String {
		value.SetString(strings.TrimSpace(value.String()))
	}
}

// object is a JSON object that keeps the order of its properties.
type object []property

type property struct {
	name  string
	value any
}

// MarshalJSON implements [json.Marshaler].
func (o object) MarshalJSON() ([]byte, error) {
	text := []byte("{")
	for i, one := range o {
		if i > 0 {
			text = append(text, ',')
		}
		name, err := json.Marshal(one.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(one.value)
		if err != nil {
			return nil, err
		}
		text = append(append(append(text, name...), ':'), value...)
	}
	return append(text, '}'), nil
}

type link struct {
	Rel    string `json:"rel"`
	Href   string `json:"href"`
	Method string `json:"method"`
}

// links are those of one object. Not documented: which there are. No client should need them.
func links(path string) []link { return []link{{"self", basePath + path, http.MethodGet}} }
