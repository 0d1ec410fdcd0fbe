package api

import (
	"context"
	"net/http"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

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

// NotSent returns the error of a write that was not sent because the current values could not be read. operation
// describes the write.
func (c *Client) NotSent(operation string, err error) error {
	return store.NotSent(c.on(operation), "the current values could not be read", err)
}

// asNotInRevision sets the reason of a failure if the revision does not support the request. The answer in that case is
// not documented.
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
