package wire

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Proxy is the proxy of the environment between this machine and an appliance.
type Proxy struct {
	URL      *url.URL // http, https, socks5 or socks5h
	Variable string   // the environment variable that names it
}

// String returns the address, without username and password, and the variable that names it.
func (p *Proxy) String() string { return p.URL.Scheme + "://" + p.URL.Host + " (" + p.Variable + ")" }

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
