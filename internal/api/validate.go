package api

import (
	"bytes"
	"context"
	"net/http"
)

// Message is what a validation endpoint says of a value.
type Message struct {
	Severity string `json:"severity"` // "Warning" or "Error"
	Text     string `json:"message"`
}

// IsError tells an error from a warning. A severity that is not documented is taken for an error.
func (m Message) IsError() bool { return m.Severity != "Warning" }

// validate asks whether the appliance would accept a value. No messages mean that it would. A revision that turns out
// not to have the endpoint is a [NotInRevision] error once, and no obstacle from then on.
func (c *Client) validate(ctx context.Context, path, field, value string, secrets ...string) ([]Message, error) {
	c.secrets.keep(secrets...)
	r := request{
		operation: "validate the " + field, method: http.MethodPost, path: path,
		body: map[string]string{field: value},
	}
	if _, lacks := c.unasked.Load(path); lacks {
		return nil, nil
	}
	got, err := c.send(ctx, r)
	if failure, ok := asError(lacking(err)); ok && failure.Reason == NotInRevision {
		if _, known := c.unasked.LoadOrStore(path, nil); known {
			return nil, nil
		}
		return nil, failure
	}
	if err != nil || len(bytes.TrimSpace(got.body)) == 0 {
		return nil, err
	}
	var messages []Message
	if err := c.decode(r, got, &messages); err != nil {
		return nil, err
	}
	for i := range messages {
		messages[i].Text = printable(got.hide(messages[i].Text), quotedLength)
		if messages[i].Text == "" {
			return nil, c.unreadable(r, got, quote(&got))
		}
	}
	return messages, nil
}
