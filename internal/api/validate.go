package api

import (
	"bytes"
	"context"
	"net/http"
	"slices"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// Message is what a validation endpoint says of a value.
type Message struct {
	Severity string `json:"severity"` // "Warning" or "Error"
	Text     string `json:"message"`
}

// IsError reports whether a message is an error and not a warning. An undocumented severity counts as an error.
func (m Message) IsError() bool { return m.Severity != "Warning" }

// validate asks whether the appliance would accept a value. No messages mean that it would. A fault of the endpoint,
// such as [wire.NotInRevision], or a missing permission for it is returned as an error once. For other values it is not
// called again, and validation passes.
func (c *Client) validate(ctx context.Context, path, field, value string, secrets ...string) ([]Message, error) {
	c.wire.Secrets.Add(secrets...)
	if _, known := c.failedValidations.Load(path); known {
		return nil, nil
	}
	messages, err := c.sendValidation(ctx, wire.Request{
		Kind: wire.Read, Operation: c.on("validate the " + field), Method: http.MethodPost, Path: path,
		Body: map[string]string{field: value},
	})
	if isAboutValidation(err) {
		if _, known := c.failedValidations.LoadOrStore(path, nil); known {
			return nil, nil
		}
	}
	return messages, err
}

// isAboutValidation reports whether a validation failed for a reason that has nothing to do with the value, and concerns no
// other path.
func isAboutValidation(err error) bool {
	e := wire.AsError(err)
	if e == nil || wire.IsBlocked(err) {
		return false
	}
	return e.Status >= http.StatusInternalServerError && !wire.IsRefused(err) ||
		slices.Contains([]wire.Reason{wire.NotInRevision, wire.AccessDenied, wire.SessionRefused, wire.Unreadable}, e.Reason)
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
