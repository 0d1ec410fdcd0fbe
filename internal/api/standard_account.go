package api

import (
	"cmp"
	"context"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
)

// StandardAccount is an SMTP server credentials record. Its password can be written but never read.
type StandardAccount struct {
	ID          string `json:"id"` // a UUID; the appliance answers any other id with a 400
	Name        string `json:"name"`
	Username    string `json:"username"`
	Description string `json:"description"` // empty for none
}

// StandardAccountValues holds the values of a write.
type StandardAccountValues struct {
	Name        string `json:"name"`                  // 1 to 255 characters, unique on the appliance
	Username    string `json:"username"`              // 1 to 255 characters
	Description string `json:"description,omitempty"` // at most 512 characters; empty for none
	Password    string `json:"password,omitempty"`    // at most 255 characters; empty on an update to keep the one there
}

// StandardAccounts are the appliance's credentials records, /accounts/standard. Their keys are their ids.
type StandardAccounts struct {
	*store.Store[StandardAccount]
	client *Client
}

func newStandardAccounts(c *Client) *StandardAccounts {
	return &StandardAccounts{store.New(store.Config[StandardAccount]{
		Host: c.Host(), Kind: "credentials record", Path: "/accounts/standard", Grace: c.config.RequestTimeout,
		Key:  func(a StandardAccount) string { return a.ID },
		Name: func(a StandardAccount) string { return a.Name },
	}, c), c}
}

// Create creates a record. If another one has the name already, the error is a [*store.ConflictError].
func (s *StandardAccounts) Create(ctx context.Context, values StandardAccountValues) (StandardAccount, error) {
	s.client.Hide(values.Password)
	return s.Store.Create(ctx, store.Creation[StandardAccount]{
		Name: values.Name, Body: values, Claim: values,
		Same: func(existing StandardAccount) bool {
			return store.SameText(existing.Username, values.Username) && store.SameText(existing.Description, values.Description)
		},
	})
}

// Update replaces name, username and description of a record, and its password unless that is empty. name is the current one,
// empty if it is unknown.
func (s *StandardAccounts) Update(ctx context.Context, id, name string, values StandardAccountValues) (StandardAccount, error) {
	s.client.Hide(values.Password)
	name = cmp.Or(name, values.Name)
	return s.Store.Update(ctx, id, name, values.Name, func() (StandardAccount, error) { return s.Put(ctx, id, name, values) })
}
