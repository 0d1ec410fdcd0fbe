package api

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Undocumented fields, such as a user's role in later revisions, are passed through unchanged: an object keeps the
// fields of its answer that the client does not know, and a write sends the additional fields that it was given.

// unknownFields returns the fields of an object except the known ones, whose names may have any case; nil if there are none.
func unknownFields(data []byte, known ...string) (unknown map[string]json.RawMessage, err error) {
	err = json.Unmarshal(data, &unknown)
	maps.DeleteFunc(unknown, func(name string, _ json.RawMessage) bool {
		return slices.ContainsFunc(known, func(other string) bool { return strings.EqualFold(name, other) })
	})
	if len(unknown) == 0 {
		return nil, err
	}
	return unknown, err
}

// marshalWith writes an object with additional fields at its end.
func marshalWith(object any, fields map[string]json.RawMessage) ([]byte, error) {
	written, err := json.Marshal(object)
	if err != nil || len(fields) == 0 {
		return written, err
	}
	more, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	return append(append(written[:len(written)-1], ','), more[1:]...), nil
}
