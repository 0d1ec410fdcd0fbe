package api

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// unmarshal reads an answer into a struct, and returns the fields that are not known, whatever the case of their names.
func unmarshal(answer []byte, object any, known ...string) (unknown map[string]json.RawMessage, err error) {
	if err = errors.Join(json.Unmarshal(answer, object), json.Unmarshal(answer, &unknown)); err != nil {
		return nil, err
	}
	maps.DeleteFunc(unknown, func(name string, _ json.RawMessage) bool {
		return slices.ContainsFunc(known, func(other string) bool { return strings.EqualFold(name, other) })
	})
	return unknown, nil
}

// marshal writes an object with the members of a map at its end.
func marshal[V any](object any, additional map[string]V) ([]byte, error) {
	written, err := json.Marshal(object)
	if err != nil || len(additional) == 0 {
		return written, err
	}
	more, err := json.Marshal(additional)
	if err != nil {
		return nil, err
	}
	return append(append(written[:len(written)-1], ','), more[1:]...), nil
}
