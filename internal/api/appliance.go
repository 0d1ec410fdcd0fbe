package api

import (
	"context"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/session"
)

// ProductVersion reads the version of the product that runs on the appliance, such as "2.0.0.0", from /system/version.
func (c *Client) ProductVersion(ctx context.Context) (string, error) {
	var about struct {
		Version string `json:"version"`
	}
	got, err := c.call(ctx, session.VersionRequest(c.Host()), &about)
	if err == nil && about.Version == "" {
		err = got.Undocumented()
	}
	return about.Version, err
}
