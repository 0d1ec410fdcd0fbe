package provider

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"golang.org/x/net/http/httpproxy"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
)

// proxy finds the proxy for the base URL of an appliance, nil for none: HTTPS_PROXY or https_proxy, and NO_PROXY, as net/http
// reads them. Unlike net/http, the provider does not connect without a proxy whose address it cannot parse.
func proxy(base *url.URL, diags *diag.Diagnostics) *wire.Proxy {
	settings := httpproxy.FromEnvironment()
	value := settings.HTTPSProxy
	settings.HTTPProxy, settings.HTTPSProxy = "", "http://any.invalid"
	if through, err := settings.ProxyFunc()(base); value == "" || err != nil || through == nil {
		return nil
	}
	variable := "HTTPS_PROXY"
	if os.Getenv(variable) == "" {
		variable = "https_proxy"
	}
	address, err := parseProxy(value)
	if err != nil {
		diags.AddError("Invalid "+variable, fmt.Sprintf("The proxy address in the environment variable %s is not valid: %s.\n\n"+
			"To connect to %s without the proxy, add it to the environment variable NO_PROXY.", variable, err, base.Hostname()))
		return nil
	}
	return &wire.Proxy{URL: address, Variable: variable}
}

// parseProxy reads "host[:port]" or a URL. The error of net/url about an invalid one may contain a part of the password.
func parseProxy(text string) (*url.URL, error) {
	if strings.HasPrefix(text, `"`) || strings.HasPrefix(text, "'") {
		return nil, errors.New("it is in quotation marks: remove them")
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	address, err := url.Parse(text)
	if err != nil || address.Hostname() == "" || strings.Trim(address.Path, "/") != "" || address.RawQuery != "" || address.Fragment != "" {
		return nil, errors.New("it is not of the form http://[username:password@]host[:port]: percent-encode special characters in the username and the password, for example @ as %40")
	}
	if !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, address.Scheme) {
		return nil, errors.New("its scheme must be http, https, socks5 or socks5h, as in http://[username:password@]host[:port]")
	}
	return address, nil
}
