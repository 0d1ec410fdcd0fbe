package provider

import (
	"net/url"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/framework"
)

func TestParseHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"appliance":                        "https://appliance:11005/api/v1",
		"appliance:443":                    "https://appliance:443/api/v1",
		"appliance:0443":                   "https://appliance:443/api/v1",
		"https://appliance":                "https://appliance:11005/api/v1",
		"https://appliance:8443":           "https://appliance:8443/api/v1",
		"Backup-1.eu.example.com":          "https://Backup-1.eu.example.com:11005/api/v1",
		"appliance.example.com.":           "https://appliance.example.com.:11005/api/v1",
		"vba_1":                            "https://vba_1:11005/api/v1",
		" appliance\r\n":                   "https://appliance:11005/api/v1",
		"HTTPS://appliance/":               "https://appliance:11005/api/v1",
		"\tHttps://appliance:443/ ":        "https://appliance:443/api/v1",
		"appliance/":                       "https://appliance:11005/api/v1",
		"HTTP://localhost/":                "http://localhost:11005/api/v1",
		"https://[2001:db8::1]:443/":       "https://[2001:db8::1]:443/api/v1",
		"192.0.2.7":                        "https://192.0.2.7:11005/api/v1",
		"192.0.2.7:1":                      "https://192.0.2.7:1/api/v1",
		"[2001:db8::1]":                    "https://[2001:db8::1]:11005/api/v1",
		"[2001:db8::1]:65535":              "https://[2001:db8::1]:65535/api/v1",
		"https://[2001:db8::1]":            "https://[2001:db8::1]:11005/api/v1",
		"http://127.0.0.1":                 "http://127.0.0.1:11005/api/v1",
		"http://127.8.9.10:80":             "http://127.8.9.10:80/api/v1",
		"http://localhost:8080":            "http://localhost:8080/api/v1",
		"http://LOCALHOST":                 "http://LOCALHOST:11005/api/v1",
		"http://[::1]:8080":                "http://[::1]:8080/api/v1",
		"http://[::ffff:127.0.0.1]":        "http://[::ffff:127.0.0.1]:11005/api/v1",
		strings.Repeat("a", 63) + ".local": "https://" + strings.Repeat("a", 63) + ".local:11005/api/v1",
	} {
		got, err := parseHost(host)
		if err != nil {
			t.Errorf("parseHost(%q): %v", host, err)
		} else if got.String() != want {
			t.Errorf("parseHost(%q) = %s, want %s", host, got, want)
		}
	}
}

func TestParseHostRefuses(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"":                              "empty",
		"https://":                      "is missing",
		":443":                          "is missing",
		"appli ance":                    "whitespace",
		"appliance\x00":                 "characters",
		"äppliance":                     "characters",
		"-appliance":                    "characters",
		"appliance-.example.com":        "characters",
		"appliance..com":                "characters",
		"%61ppliance":                   "characters",
		strings.Repeat("a.", 127):       "characters",
		"ftp://appliance":               "scheme",
		"://appliance":                  "scheme",
		"javascript://appliance":        "scheme",
		"http://appliance":              "plain text",
		"http://192.0.2.7":              "plain text",
		"http://[2001:db8::1]":          "plain text",
		"http://localhost.example.com":  "plain text",
		"http://127.0.0.1.example.com":  "plain text",
		"http://0.0.0.0":                "plain text",
		"admin:hunter2-pw@appliance":    "username or password",
		"https://hunter2-pw@appliance":  "username or password",
		"appliance/api/v1":              "path",
		"https://appliance//":           "path",
		"HTTP://appliance":              "plain text",
		"appliance?x=hunter2-pw":        "query",
		"appliance#hunter2-pw":          "fragment",
		`appliance\hunter2-pw`:          "path",
		"appliance:":                    "port",
		"appliance:0":                   "port",
		"appliance:65536":               "port",
		"appliance:-1":                  "port",
		"appliance:+1":                  "port",
		"appliance:http":                "port",
		"appliance: 443":                "whitespace",
		"2001:db8::1":                   "brackets",
		"https://::1":                   "brackets",
		"[2001:db8::1":                  "brackets",
		"[0:::1":                        "brackets",
		"[]":                            "not an IPv6 address",
		"[192.0.2.7]":                   "not an IPv6 address",
		"[fe80::1%eth0]":                "not an IPv6 address",
		"[[::1]]":                       "not an IPv6 address",
		"[::1]]":                        "not an IPv6 address",
		"[::1]443":                      "not an IPv6 address",
		"[::1]:":                        "port",
		"x[::1]":                        "characters",
		"http://[::ffff:192.0.2.7]:443": "plain text",
	} {
		got, err := parseHost(host)
		if err == nil {
			t.Errorf("parseHost(%q) = %s, want an error", host, got)
			continue
		}
		if !strings.Contains(err.Error(), want) || len(err.Error()) > 150 {
			t.Errorf("parseHost(%q): %v, want something about %q", host, err, want)
		}
		if strings.Contains(err.Error(), "hunter2-pw") {
			t.Errorf("parseHost(%q) repeats the password", host)
		}
	}
}

func FuzzParseHost(f *testing.F) {
	for _, seed := range []string{
		"", "appliance", "appliance:443", "https://appliance.example.com:11005", "http://127.0.0.1:80", "http://[::1]", "[2001:db8::1]:443",
		"http://appliance", "user:password@appliance", "appliance/path", "appliance?x#y", "[fe80::1%eth0]", "::1", "https://https://x", "[::1]]:80", "%41", "a..b", "-a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, host string) {
		base, err := parseHost(host)
		if err != nil {
			if base != nil || strings.Contains(host, "@") && len(host) > 40 && strings.Contains(err.Error(), host) {
				t.Errorf("%v, %v", base, err)
			}
			return
		}
		again, err := url.Parse(base.String())
		if err != nil {
			t.Fatalf("%q is no URL: %v", base, err)
		}
		if again.String() != base.String() || again.Path != "/api/v1" || again.User != nil || again.RawQuery != "" || again.Fragment != "" {
			t.Errorf("%q reads as %#v", base, again)
		}
		// What is sent goes where the user said, and nowhere else.
		if !strings.Contains(strings.ToLower(host), strings.ToLower(again.Hostname())) || again.Hostname() == "" || again.Port() == "" {
			t.Errorf("%q became %q", host, base)
		}
		if again.Scheme != "https" {
			if again.Scheme != "http" || !strings.HasPrefix(strings.ToLower(strings.TrimSpace(host)), "http://") {
				t.Errorf("%q became %q", host, base)
			}
			if loopback, err := framework.CheckHostName(strings.TrimSuffix(base.Host, ":"+base.Port())); err != nil || !loopback {
				t.Errorf("%q would be sent in plain text", host)
			}
		}
		if third, err := parseHost(base.Scheme + "://" + base.Host); err != nil || third.String() != base.String() {
			t.Errorf("%q, parsed again: %v, %v", base.Host, third, err)
		}
	})
}
