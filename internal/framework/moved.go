package framework

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Moved is an object in the state of a generic REST provider.
type Moved struct {
	segment string                       // the segment after the collection in its path, unescaped; empty if there is none
	id      string                       // the old provider's id, if that is not the path
	answers []map[string]json.RawMessage // the latest first
}

// Key returns the last segment of the object's path on the appliance, from a field of that name if the old state has
// one. It is empty if there is none, or if path and field contradict each other.
func (m Moved) Key(field string) string {
	key := m.Text(field)
	switch {
	case key == "" && m.segment == "":
		return m.id
	case key == "":
		return m.segment
	case m.segment != "" && !strings.EqualFold(key, m.segment):
		return ""
	}
	return key
}

// Text returns a string of the object, "" if there is none.
func (m Moved) Text(field string) string {
	var text string
	m.read(field, &text)
	return text
}

// Bool returns a boolean of the object; nil if the old state does not have it.
func (m Moved) Bool(field string) *bool {
	var value *bool
	m.read(field, &value)
	return value
}

// read takes a field from the first answer that has it in the right type.
func (m Moved) read(field string, target any) {
	for _, answer := range m.answers {
		if value, found := answer[field]; found && json.Unmarshal(value, target) == nil {
			return
		}
	}
}

// Movers let a moved block take over objects of restapi_object (Mastercard/restapi) and restful_resource
// (magodo/restful). They are recognized by the path of their collection, such as "/users", whatever comes before
// /api/v1. take sets state and identity, or returns false if the state does not contain enough. Nothing is read from or
// written to the appliance, and no private state is kept.
func Movers(kind, collection string, take func(ctx context.Context, object Moved, resp *resource.MoveStateResponse) bool) []resource.StateMover {
	return []resource.StateMover{{StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
		read, known := sources[req.SourceTypeName]
		if !known {
			return // Terraform reports that this move is not supported
		}
		var state sourceState
		if req.SourceRawState != nil {
			_ = json.Unmarshal(req.SourceRawState.JSON, &state)
		}
		path, id, answers := read(state)
		segment, found := segmentAfter(path, collection)
		if found && take(ctx, Moved{segment, id, answers}, resp) {
			return
		}
		resp.Diagnostics.AddError("Could not move the "+kind,
			fmt.Sprintf("The %s with the id %q and the path %q is not recognized as a %s: its path must be %s/{id}, and its state must contain the id.\n\n"+
				"Nothing was changed. Replace the moved block with an import block for the object and a removed block with destroy = false for the old resource.",
				req.SourceTypeName, state.text("id"), withoutQuery(path), kind, collection))
	}}}
}

// sources read the path of an object, its id if that may not be in the path, and the answers from the states of generic
// REST providers. Which provider a type comes from does not matter: there are forks and mirrors.
var sources = map[string]func(sourceState) (path, id string, answers []map[string]json.RawMessage){
	// path is that of the collection, and read_path that of the object, with {id} for the id. With read_search the object
	// is looked for in a collection, and the id may be any field of it. data is what was sent or, in later versions, what
	// was answered; api_data has every value as a text.
	"restapi_object": func(s sourceState) (path, id string, answers []map[string]json.RawMessage) {
		if id = s.text("object_id"); id == "" {
			id = s.text("id")
		}
		if path = s.text("read_path"); path == "" {
			path = withoutQuery(s.text("path"))
			if len(s.objects("read_search")) == 0 {
				path = strings.TrimSuffix(path, "/") + "/{id}"
			}
		}
		texts := s.objects("api_data")
		for _, fields := range texts {
			for name, value := range fields {
				switch string(value) {
				case `"<nil>"`:
					fields[name] = json.RawMessage("null")
				case `"true"`, `"false"`:
					fields[name] = bytes.Trim(value, `"`)
				}
			}
		}
		return strings.ReplaceAll(path, "{id}", url.PathEscape(id)), id,
			slices.Concat(s.objects("api_response"), texts, s.objects("data", "create_response"))
	},
	// id is the path that is read, and output what it answers, or a part of that.
	"restful_resource": func(s sourceState) (path, id string, answers []map[string]json.RawMessage) {
		return s.text("id"), "", s.objects("output", "body")
	},
}

// sourceState is a state by the names of its attributes.
type sourceState map[string]json.RawMessage

func (s sourceState) text(attribute string) string {
	var text string
	_ = json.Unmarshal(s[attribute], &text)
	return text
}

// objects returns the attributes that are objects: in JSON as a text, as a map, or as a value of a dynamic type, which a
// state holds with its type beside it.
func (s sourceState) objects(attributes ...string) (objects []map[string]json.RawMessage) {
	for _, attribute := range attributes {
		raw := []byte(s[attribute])
		if text := s.text(attribute); text != "" {
			raw = []byte(text)
		}
		var object map[string]json.RawMessage
		if json.Unmarshal(raw, &object) != nil || len(object) == 0 {
			continue
		}
		if value, dynamic := object["value"]; dynamic && object["type"] != nil && len(object) == 2 {
			object = nil
			if json.Unmarshal(value, &object) != nil {
				continue
			}
		}
		objects = append(objects, object)
	}
	return objects
}

// segmentAfter finds a collection in a path or URL and returns the segment after it. There may be none, but not two.
func segmentAfter(path, collection string) (segment string, found bool) {
	parsed, err := url.Parse(strings.Trim(withoutQuery(path), "/"))
	if err != nil {
		return "", false
	}
	segments := strings.Split(strings.Trim(parsed.EscapedPath(), "/"), "/")
	of := strings.Split(strings.Trim(collection, "/"), "/")
	for _, more := range []int{1, 0} {
		at := len(segments) - len(of) - more
		if at < 0 || !slices.EqualFunc(segments[at:at+len(of)], of, strings.EqualFold) || !isBase(segments[:at]) {
			continue
		}
		if more == 1 {
			segment, err = url.PathUnescape(segments[len(segments)-1])
		}
		return segment, err == nil
	}
	return "", false
}

// isBase reports whether segments are what comes before a collection: /api/v1, or the rest of it if a part was in the
// old provider's base URL.
func isBase(segments []string) bool {
	base := []string{"api", "v1"}
	common := min(len(segments), len(base))
	return slices.EqualFunc(segments[len(segments)-common:], base[len(base)-common:], strings.EqualFold)
}

func withoutQuery(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path
}
