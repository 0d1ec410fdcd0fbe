package framework

import (
	"errors"
	"net/netip"
	"regexp"
	"strings"
)

var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$`)

// CheckHostName checks a DNS name or an IP address, IPv6 in brackets, and reports whether it is a loopback address.
func CheckHostName(name string) (loopback bool, err error) {
	if inner, found := strings.CutPrefix(name, "["); found {
		inner, closed := strings.CutSuffix(inner, "]")
		address, err := netip.ParseAddr(inner)
		if !closed || err != nil || !address.Is6() || address.Zone() != "" {
			return false, errors.New("it is not an IPv6 address in brackets")
		}
		return address.IsLoopback(), nil
	}
	if len(name) > 253 || !hostName.MatchString(name) {
		return false, errors.New("the host name is missing or contains invalid characters")
	}
	if address, err := netip.ParseAddr(name); err == nil {
		return address.IsLoopback(), nil
	}
	return strings.EqualFold(name, "localhost"), nil
}
