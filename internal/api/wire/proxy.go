package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// Proxy is the proxy of the environment between this machine and an appliance.
type Proxy struct {
	url      *url.URL
	variable string
}

// String returns the address, without username and password, and the variable that names it.
func (p *Proxy) String() string { return p.url.Scheme + "://" + p.url.Host + " (" + p.variable + ")" }

// InvalidProxyError means that an environment variable names a proxy that cannot be used. Its text does not repeat the
// value, which may hold a password.
type InvalidProxyError struct {
	Variable string
	error
}

// ProxyFromEnvironment finds the proxy for the base URL of an appliance, nil for none: HTTPS_PROXY or https_proxy, and
// NO_PROXY, as net/http reads them. Unlike net/http, it does not ignore a value that it cannot parse.
func ProxyFromEnvironment(base *url.URL) (*Proxy, error) {
	settings := httpproxy.FromEnvironment()
	value := settings.HTTPSProxy
	settings.HTTPProxy, settings.HTTPSProxy = "", "http://any.invalid"
	if through, err := settings.ProxyFunc()(base); value == "" || err != nil || through == nil {
		return nil, err
	}
	variable := "HTTPS_PROXY"
	if os.Getenv(variable) == "" {
		variable = "https_proxy"
	}
	address, err := parseProxy(value)
	if err != nil {
		return nil, &InvalidProxyError{variable, err}
	}
	return &Proxy{address, variable}, nil
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

// proxyRefusal is the answer of a proxy that does not connect to the appliance, and would not if it was asked again.
type proxyRefusal struct{ error }

// check reads a proxy's answer to CONNECT.
func (p *Proxy) check(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
	text := response.Status
	if schemes := response.Header.Values("Proxy-Authenticate"); len(schemes) > 0 {
		text += " (Proxy-Authenticate: " + strings.Join(schemes, ", ") + ")"
	}
	err := fmt.Errorf("the proxy %s answered with status %s", p, text)
	switch response.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return err
	}
	return &proxyRefusal{err}
}
