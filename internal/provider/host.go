package provider

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

// defaultPort is the port that an appliance listens on by default.
const defaultPort = 11005

// parseHost turns "name", "name:port" or "https://name[:port]" into the base URL of an appliance's API, with scheme
// https and [defaultPort] by default. It ignores whitespace around it and a slash at its end. An IPv6 address must be in
// brackets. It refuses a path, a query, a fragment and user information, a port outside 1 to 65535, and http:// to
// anything but a loopback address, because a token must not cross a network in plain text. The error is a sentence for a
// diagnostic and never repeats user information.
func parseHost(host string) (*url.URL, error) {
	host = strings.TrimSpace(host)
	if host == "" {
		return nil, errors.New("the host is empty")
	}
	if strings.ContainsFunc(host, unicode.IsSpace) {
		return nil, errors.New("it contains whitespace")
	}
	scheme, rest, found := strings.Cut(host, "://")
	if !found {
		scheme, rest = "https", host
	}
	scheme, rest = strings.ToLower(scheme), strings.TrimSuffix(rest, "/")
	if scheme != "https" && scheme != "http" {
		return nil, errors.New("the scheme must be https")
	}
	if strings.Contains(rest, "@") {
		return nil, errors.New("it must not contain a username or password: set username and password instead")
	}
	if strings.ContainsAny(rest, "/?#\\") {
		return nil, errors.New("it must not contain a path, query or fragment: use a name and optionally a port")
	}
	name, port, err := splitPort(rest)
	if err != nil {
		return nil, err
	}
	loopback, err := framework.CheckHostName(name)
	if err != nil {
		return nil, err
	}
	if scheme == "http" && !loopback {
		return nil, errors.New("http:// would send credentials in plain text: it is accepted for a loopback address only")
	}
	return &url.URL{Scheme: scheme, Host: fmt.Sprintf("%s:%d", name, port), Path: "/api/v1"}, nil
}

func splitPort(rest string) (name string, port uint64, err error) {
	name, digits := rest, strconv.Itoa(defaultPort)
	if at := strings.LastIndex(rest, ":"); at > strings.LastIndex(rest, "]") {
		name, digits = rest[:at], rest[at+1:]
	}
	if strings.Contains(name, ":") && !strings.Contains(name, "[") {
		return "", 0, errors.New("an IPv6 address must be in brackets, as in [2001:db8::1]")
	}
	if port, err = strconv.ParseUint(digits, 10, 16); err != nil || port == 0 {
		return "", 0, errors.New("the port must be a number from 1 to 65535")
	}
	return name, port, nil
}
