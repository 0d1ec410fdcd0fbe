package session

import (
	"net/http"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// VersionRequest reads the version of the product, which is in every revision of the API.
func VersionRequest(host string) wire.Request {
	return wire.Request{Kind: wire.Version, Operation: "read the product version on " + host, Method: http.MethodGet, Path: "/system/version"}
}
