// Package fields parses and compares JSON objects of which the provider does not know every member, such as a user with
// the role that later revisions of the API have.
package fields

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Object is a JSON object. Its numbers are [json.Number], so that a large one stays exact.
type Object map[string]any

// Parse reads an object. An empty text is an empty object. Errors contain names and no values.
func Parse(text string) (Object, error) {
	if text == "" {
		return Object{}, nil
	}
	var value any
	if err := decode([]byte(text), &value); err != nil {
		if invalid, ok := errors.AsType[*json.SyntaxError](err); ok {
			return nil, fmt.Errorf("it is not valid JSON at byte %d", invalid.Offset)
		}
		return nil, errors.New("it is not valid JSON")
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("it is not a JSON object")
	}
	if twice := repeated(json.NewDecoder(strings.NewReader(text))); twice != "" {
		return nil, fmt.Errorf("%q occurs twice", twice)
	}
	return object, nil
}

// Of reads the members of an answer, which is valid JSON.
func Of(raw map[string]json.RawMessage) Object {
	object := Object{}
	for name, text := range raw {
		var value any
		_ = decode(text, &value)
		object[name] = value
	}
	return object
}

// decode reads one JSON value, and keeps numbers as they are written.
func decode(text []byte, value *any) error {
	if !json.Valid(text) { // a decoder would stop at the end of the first value
		return json.Unmarshal(text, value)
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	return decoder.Decode(value)
}

// repeated returns a name that an object in a valid JSON value has twice, if there is one.
func repeated(decoder *json.Decoder) string {
	opening, _ := decoder.Token()
	if opening != json.Delim('{') && opening != json.Delim('[') {
		return ""
	}
	names := map[string]bool{}
	for decoder.More() {
		if opening == json.Delim('{') {
			token, _ := decoder.Token()
			name := token.(string)
			if names[name] {
				return name
			}
			names[name] = true
		}
		if twice := repeated(decoder); twice != "" {
			return twice
		}
	}
	_, _ = decoder.Token()
	return ""
}

// String returns the object in the form of Terraform's jsonencode.
func (o Object) String() string { return JSON(o) }

// JSON writes a value of an object. It cannot fail: what was read as JSON can be written.
func JSON(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

// Lookup returns a member by its name. It ignores case only if no name matches exactly.
func (o Object) Lookup(name string) (value any, found bool) {
	if value, found = o[name]; found {
		return value, true
	}
	for _, other := range slices.Sorted(maps.Keys(o)) {
		if strings.EqualFold(other, name) {
			return o[other], true
		}
	}
	return nil, false
}

// Without returns the members that another object does not have, in any case of their names, and that are not null.
func (o Object) Without(other Object) Object {
	rest := Object{}
	for name, value := range o {
		if _, found := other.Lookup(name); !found && value != nil {
			rest[name] = value
		}
	}
	return rest
}

// MapStrings returns the object with every string replaced, at any depth. Names stay.
func (o Object) MapStrings(replace func(string) string) Object {
	return mapStrings(map[string]any(o), replace).(map[string]any)
}

func mapStrings(value any, replace func(string) string) any {
	switch value := value.(type) {
	case string:
		return replace(value)
	case map[string]any:
		object := map[string]any{}
		for name, member := range value {
			object[name] = mapStrings(member, replace)
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i, element := range value {
			list[i] = mapStrings(element, replace)
		}
		return list
	}
	return value
}
