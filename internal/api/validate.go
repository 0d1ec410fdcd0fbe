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

// validate asks whether the appliance would accept a value. No messages mean that it would. What is wrong
// with the endpoint, such as [NotInRevision], or with the user's right to it is an error once, which is to be reported: for
// other values it is not asked again, and is no obstacle.
func (c *Client) validate(ctx context.Context, path, field, value string, secrets ...string) ([]Message, error) {
	c.secrets.keep(secrets...)
	r := request{
		operation: "validate the " + field, method: http.MethodPost, path: path,
		body: map[string]string{field: value},
	}
	if _, known := c.unasked.Load(path); known {
		return nil, nil
	}
	messages, err := c.messages(ctx, r)
	if failure, ok := asError(err); ok && failure.isAboutValidation() {
		if _, known := c.unasked.LoadOrStore(path, nil); known {
			return nil, nil
		}
	}
	return messages, err
}

// isAboutValidation tells whether a validation failed for a reason that has nothing to do with the value, and concerns no
// other path.
func (e *Error) isAboutValidation() bool {
	switch {
	case e.Cause != nil, refusesValues(e.Status, e.Problem):
		return false
	case e.Status >= http.StatusInternalServerError:
		return true
	}
	switch e.Reason {
	case NotInRevision, AccessDenied, SessionRefused, Unreadable:
		return true
	}
	return false
}

func (c *Client) messages(ctx context.Context, r request) ([]Message, error) {
	got, err := c.send(ctx, r)
	if failure, ok := asError(lacking(err)); ok && failure.Reason == NotInRevision {
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
