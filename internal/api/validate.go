package api

import (
	"bytes"
	"context"
	"net/http"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// Message is what a validation endpoint says of a value.
type Message struct {
	Severity string `json:"severity"` // "Warning" or "Error"
	Text     string `json:"message"`
}

// IsError reports whether a message is an error and not a warning. An undocumented severity counts as an error.
func (m Message) IsError() bool { return m.Severity != "Warning" }

// Validation is an endpoint that says whether a new object could have a value.
type Validation struct{ Path, Field string }

// The validations that the API has.
var (
	RecordName      = Validation{"/accounts/standard/validateName", "name"}
	UserName        = Validation{"/users/validateName", "name"}
	UserDescription = Validation{"/users/validateDescription", "description"}
	UserPassword    = Validation{"/users/validatePassword", "password"}
)

// Validate asks whether the appliance would accept a value. No messages mean that it would. A fault of the endpoint, or a missing
// permission for it, is returned as an error once. After that, validation passes without a request.
func (c *Client) Validate(ctx context.Context, v Validation, value string) ([]Message, error) {
	if v == UserPassword {
		c.Hide(value)
	}
	if _, failed := c.failedValidations.Load(v); failed {
		return nil, nil
	}
	messages, err := c.sendValidation(ctx, wire.Request{
		Kind: wire.Read, Operation: c.on("validate the " + v.Field), Method: http.MethodPost, Path: v.Path,
		Body: map[string]string{v.Field: value},
	})
	if isAboutValidation(err) {
		if _, failed := c.failedValidations.LoadOrStore(v, nil); failed {
			return nil, nil
		}
	}
	return messages, err
}

// isAboutValidation reports whether a validation failed for a reason that concerns neither the value nor other paths.
func isAboutValidation(err error) bool {
	e := wire.AsError(err)
	if e == nil || wire.IsBlocked(err) {
		return false
	}
	return e.Reason != wire.Unspecified || e.Status >= http.StatusInternalServerError && !wire.IsRefused(err)
}

func (c *Client) sendValidation(ctx context.Context, r wire.Request) ([]Message, error) {
	got, err := c.Do(ctx, r)
	if err != nil || len(bytes.TrimSpace(got.Body)) == 0 {
		return nil, asNotInRevision(err)
	}
	var messages []Message
	if err := got.Decode(&messages); err != nil {
		return nil, err
	}
	for i := range messages {
		messages[i].Text = got.Text(messages[i].Text)
		if messages[i].Text == "" {
			return nil, got.Undocumented()
		}
	}
	return messages, nil
}
