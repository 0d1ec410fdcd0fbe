package email

import (
	"strings"
	"testing"
)

func TestCheckServer(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]string{
		"mail.example.com":                "",
		"mail":                            "",
		"mail.example.com.":               "",
		"192.0.2.1":                       "",
		"2001:db8::1":                     "",
		"":                                "missing",
		"smtp://mail.example.com":         "scheme",
		"mail.example.com:587":            "port",
		"[2001:db8::1]":                   "brackets",
		"[2001:db8::1]:25":                "port",
		"fe80::1%eth0":                    "port",
		"mail.example.com/inbox":          "path",
		"mail.example.com?x":              "query",
		"user@mail.example.com":           "user",
		"mail example com":                "characters",
		"mail.example.com\n":              "",
		"-mail.example.com":               "characters",
		strings.Repeat("a.", 127) + "com": "characters",
	} {
		err := checkServer(server)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q is refused with %v, expected %q", server, err, want)
		}
	}
}
