package api

import (
	"context"
	"net/http"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// Hide makes [Client.Redact] hide secrets that this run has not sent.
func (c *Client) Hide(secrets ...string) { c.wire.Secrets.Add(secrets...) }

// Redact hides every secret of this run in a text that the appliance may have written.
func (c *Client) Redact(text string) string { return c.wire.Secrets.Redact(text) }

// Host returns the appliance's address, as errors name it.
func (c *Client) Host() string { return c.config.BaseURL.Host }

// on completes an operation with the appliance's address.
func (c *Client) on(operation string) string { return operation + " on " + c.Host() }

// call sends a request and reads its answer into target.
func (c *Client) call(ctx context.Context, r wire.Request, target any) (wire.Response, error) {
	got, err := c.Do(ctx, r)
	if err != nil {
		return got, err
	}
	return got, got.Decode(target)
}

// NotSent returns the error of a write, the operation, that was not sent because the current values could not be read.
func (c *Client) NotSent(operation string, err error) error {
	return store.NotSent(c.on(operation), "the current values could not be read", err)
}

// asNotInRevision sets the reason of a failure if the revision may not support the request: the answer is not documented.
func asNotInRevision(err error) error {
	e := wire.AsError(err)
	if e == nil || wire.IsBlocked(err) || e.Origin == wire.Foreign {
		return err
	}
	switch e.Status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return e.Because(wire.NotInRevision)
	}
	return err
}
