package api

import (
	"encoding/json"
	"strings"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/fields"
)

// Undocumented fields, such as a user's role in later revisions, are passed through unchanged: an object keeps the
// fields of its answer that the client does not know, and a write sends the additional fields that it was given.

// plainUser is a [User] whose JSON is that of its fields alone; likewise the others.
type (
	plainUser       User
	plainNewUser    NewUser
	plainUserValues UserValues
)

// UnmarshalJSON reads a user, unknown fields included.
func (u *User) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, (*plainUser)(u)); err != nil {
		return err
	}
	return unknownFields(data, &u.AdditionalFields, "name", "description", "mfaEnabled", "isDefault", "_links")
}

// MarshalJSON writes the additional fields beside the others.
func (u NewUser) MarshalJSON() ([]byte, error) { return flat(plainNewUser(u), u.AdditionalFields) }

// MarshalJSON writes the additional fields beside the others.
func (v UserValues) MarshalJSON() ([]byte, error) {
	return flat(plainUserValues(v), v.AdditionalFields)
}

// unknownFields reads the fields of an object except the known ones, whose names may have any case.
func unknownFields(data []byte, fields *map[string]json.RawMessage, known ...string) error {
	*fields = nil
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	for name := range all {
		for _, other := range known {
			if strings.EqualFold(name, other) {
				delete(all, name)
			}
		}
	}
	if len(all) > 0 {
		*fields = all
	}
	return nil
}

// flat writes an object with additional fields at its end.
func flat(object any, fields map[string]json.RawMessage) ([]byte, error) {
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

// sameFields reports whether nothing in an object contradicts the fields that were written.
func sameFields(written, shown map[string]json.RawMessage) bool {
	return len(fields.Of(written).Compare(fields.Of(shown)).Different) == 0
}
