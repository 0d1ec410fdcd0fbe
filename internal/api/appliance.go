package api

import "context"

// ProductVersion reads the version of the product that runs on the appliance, such as "2.0.0.0", from /system/version.
func (c *Client) ProductVersion(ctx context.Context) (string, error) {
	r := versionRequest()
	var about struct {
		Version string `json:"version"`
	}
	got, err := c.call(ctx, r, &about)
	if err == nil && about.Version == "" {
		err = c.unreadable(r, got, quote(&got))
	}
	return about.Version, err
}
