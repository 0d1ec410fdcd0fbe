package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
)

// StandardAccount is an SMTP server credentials record. Its password can be written but never read.
type StandardAccount struct {
	ID          string  `json:"id"` // a UUID; the appliance answers any other id with a 400
	Name        string  `json:"name"`
	Username    string  `json:"username"`
	Description *string `json:"description"` // nil and empty both mean none
}

// StandardAccountValues is what a write makes of a credentials record.
type StandardAccountValues struct {
	Name        string `json:"name"`                  // 1 to 255 characters, unique on the appliance
	Username    string `json:"username"`              // 1 to 255 characters
	Description string `json:"description,omitempty"` // at most 512 characters; empty for none
	Password    string `json:"password,omitempty"`    // at most 255 characters; empty on an update to keep the one there
}

// StandardAccounts are the appliance's credentials records, /accounts/standard. Their keys are their ids.
type StandardAccounts struct {
	collection[StandardAccount]
}

func newStandardAccounts(c *Client) *StandardAccounts {
	return &StandardAccounts{collection[StandardAccount]{
		client: c, kind: "credentials record", path: "/accounts/standard",
		key:  func(a StandardAccount) string { return a.ID },
		name: func(a StandardAccount) string { return a.Name },
	}}
}

// Create makes a record. One that has the name already is a [*ConflictError].
func (s *StandardAccounts) Create(ctx context.Context, values StandardAccountValues) (StandardAccount, error) {
	s.client.secrets.keep(values.Password)
	return s.create(ctx, creation[StandardAccount]{
		request: request{
			operation: "create credentials record " + strconv.Quote(values.Name),
			method:    http.MethodPost, path: s.path, body: values, writes: true,
		},
		name: values.Name,
		same: func(existing StandardAccount) bool {
			return sameText(existing.Username, values.Username) && sameText(text(existing.Description), values.Description)
		},
		claim: func(ctx context.Context, existing StandardAccount) (StandardAccount, error) {
			put := s.putRequest(existing.ID, values)
			put.persistent = true
			return s.object(ctx, existing.ID, put)
		},
	})
}

// Update replaces name, username and description of a record, and its password unless that is empty.
func (s *StandardAccounts) Update(ctx context.Context, id string, values StandardAccountValues) (StandardAccount, error) {
	s.client.secrets.keep(values.Password)
	return s.update(ctx, id, values.Name, func() (StandardAccount, error) { return s.object(ctx, id, s.putRequest(id, values)) })
}

func (s *StandardAccounts) putRequest(id string, values StandardAccountValues) request {
	return request{
		operation: "update credentials record " + strconv.Quote(values.Name),
		method:    http.MethodPut, path: s.pathOf(id), body: values, writes: true, ownPath: true,
	}
}

// ValidateName asks the appliance whether a new record could have a name.
func (s *StandardAccounts) ValidateName(ctx context.Context, name string) ([]Message, error) {
	return s.client.validate(ctx, s.path+"/validateName", "name", name)
}

// sameText compares what was written with what is kept, as an appliance might that takes white space off.
func sameText(a, b string) bool { return strings.TrimSpace(a) == strings.TrimSpace(b) }

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
