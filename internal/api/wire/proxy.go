package wire

import (
	"context"
	"errors"
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

func (p *Proxy) password() string {
	if p == nil {
		return ""
	}
	password, _ := p.url.User.Password()
	return password
}

func (p *Proxy) use(*http.Request) (*url.URL, error) {
	if p == nil {
		return nil, nil
	}
	return p.url, nil
}

// InvalidProxyError means that an environment variable names a proxy that cannot be used. Its text does not repeat the
// value, which may hold a password.
type InvalidProxyError struct {
	Variable string
	reason   string
}

func (e *InvalidProxyError) Error() string { return e.reason }

// ProxyFromEnvironment finds the proxy for the base URL of an appliance, nil for none: HTTPS_PROXY or https_proxy, and
// NO_PROXY, as net/http reads them. Unlike net/http, it does not ignore a value that it cannot parse.
func ProxyFromEnvironment(base *url.URL) (*Proxy, error) {
	variable := ""
	for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
		if os.Getenv(name) != "" {
			variable = name
			break
		}
	}
	settings := httpproxy.FromEnvironment()
	settings.HTTPProxy, settings.HTTPSProxy = "", "http://any.invalid"
	if through, err := settings.ProxyFunc()(base); variable == "" || err != nil || through == nil {
		return nil, err
	}
	address, err := parseProxy(os.Getenv(variable))
	if err != nil {
		return nil, &InvalidProxyError{variable, err.Error()}
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

// proxyError is an answer of a proxy that does not connect to the appliance.
type proxyError struct {
	proxy  *Proxy
	status int
	text   string
}

func (e *proxyError) Error() string {
	return "the proxy " + e.proxy.String() + " answered with status " + e.text
}

// check reads a proxy's answer to CONNECT.
func (p *Proxy) check(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
	if response.StatusCode == http.StatusOK {
		return nil
	}
	text := response.Status
	if schemes := response.Header.Values("Proxy-Authenticate"); len(schemes) > 0 {
		text += " (Proxy-Authenticate: " + strings.Join(schemes, ", ") + ")"
	}
	return &proxyError{p, response.StatusCode, text}
}

// isProxyRefused reports whether a proxy refuses to connect to the appliance, as it would again.
func isProxyRefused(err error) bool {
	refusal, ok := errors.AsType[*proxyError](err)
	if !ok {
		return false
	}
	switch refusal.status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return false
	}
	return true
}
