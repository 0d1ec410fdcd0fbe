package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// fuzzSecret is hidden from every answer. It is no part of any text that the client itself writes.
const fuzzSecret = `S3"cret/ä`

func fuzzAnswer(status int, contentType string, body []byte) answer {
	return answer{status: status, contentType: contentType, body: body, hide: func(text string) string { return redact(text, fuzzSecret) }}
}

// fit fails when a text is not fit for a diagnostic.
func fit(t *testing.T, text string, limit int) {
	t.Helper()
	if text == "" || utf8.RuneCountInString(text) > limit || !utf8.ValidString(text) || strings.Contains(text, fuzzSecret) ||
		strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) }) {
		t.Errorf("not fit for a diagnostic: %q", text)
	}
}

func FuzzErrorFrom(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `[]`, `{}`, `{"title": "Unknown error", "errorCode": "UnknownError", "details": "Oops."}`,
		`{"type": "/problems/resourceNotFound", "title": 7, "errorCode": "NotFound", "detail": "x"}`,
		`{"title": "t", "errors": {"Name": ["a", "b"], "": null}}`, `<html>Bad Gateway</html>`, "\x1b[31m\xff",
		`{"title": "` + fuzzSecret + `"}`, `[[[[[[[[`, `{"errors":{"errors":{"errors":`,
	} {
		for _, status := range []int{302, 400, 401, 404, 429, 502} {
			f.Add(status, "application/problem+json", seed)
		}
	}
	f.Add(500, "text/html; charset=\x00", "x")
	f.Fuzz(func(t *testing.T, status int, contentType, body string) {
		a := fuzzAnswer(status, contentType, []byte(body))
		e := errorFrom(&a)
		fit(t, e.Message, 4*quotedLength+1)
		if e.Status != status {
			t.Errorf("status %d became %d", status, e.Status)
		}
		if IsNotFound(e) && (status != http.StatusNotFound || IsRefused(e)) || IsRefused(e) && (status < 400 || status > 499) {
			t.Errorf("%d: not found %v, refused %v", status, IsNotFound(e), IsRefused(e))
		}
		if e.aboutToken() && status != http.StatusUnauthorized {
			t.Errorf("%d is about the token", status)
		}
	})
}

var offline = New(Config{BaseURL: &url.URL{}})

// decoded sends a body through the whole decoding of an answer to a GET.
func decoded[T any](t *testing.T, body string, target *T) error {
	t.Helper()
	err := offline.decode(request{operation: "write x", writes: true}, fuzzAnswer(http.StatusOK, "application/json", []byte(body)), target)
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Reason != Unreadable || !e.Unknown {
		t.Fatalf("%#v", err)
	}
	fit(t, e.Message, quotedLength+100)
	return err
}

func FuzzPage(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{}`, `[]`, `{"totalCount": 1, "results": [{"id": "0b6dfaef-6a6b-4b2c-8f4b-3a4ad9fbe1c7", "name": "smtp", "username": "u", "description": null, "_links": []}]}`,
		`{"totalCount": 2, "results": null}`, `{"totalCount": -1}`, `{"totalCount": "3", "results": {}}`, `{"totalCount": 1e9, "results": [null, 7, [], {}]}`,
		`{"TOTALCOUNT": 1, "Results": [{"ID": "a"}]}`, `{"totalCount": 9223372036854775808}`, `{"results": [[[[[`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		p := page[StandardAccount]{TotalCount: -1}
		err := decoded(t, body, &p)
		// Nothing is taken for a list that is none.
		if err == nil && p.TotalCount >= 0 && !strings.Contains(strings.ToLower(body), "totalcount") && !strings.Contains(body, `\u`) {
			t.Errorf("%d of %q", p.TotalCount, body)
		}
	})
}

func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{}`, `[]`, `"x"`, `{"id": "0b6dfaef-6a6b-4b2c-8f4b-3a4ad9fbe1c7", "name": "smtp", "username": "u", "description": ""}`,
		`{"name": "jane", "description": null, "mfaEnabled": false, "isDefault": true, "_links": [{"rel": "self"}]}`,
		`{"name": 5}`, `{"name": "a", "name": ["b"]}`, `{"mfaEnabled": "yes"}`, `{"name": "\ud800"}`, `{"name": 123456789012345678901234567890e999}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var user User
		var account StandardAccount
		userErr, accountErr := decoded(t, body, &user), decoded(t, body, &account)
		if !json.Valid([]byte(body)) && (userErr == nil || accountErr == nil) {
			t.Errorf("no JSON: %v, %v", userErr, accountErr)
		}
		if userErr == nil && !utf8.ValidString(user.Name+text(user.Description)) {
			t.Errorf("%+v", user)
		}
	})
}

func FuzzToken(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{}`, `{"access_token": "a", "refresh_token": "r", "expires_in": 3600, ".expires": "2026-11-22T05:06:33", "mfa_token": null}`,
		`{"access_token": "a", "expires_in": "3600"}`, `{"access_token": "a", "expires_in": 1e999}`, `{"access_token": "a\r\nb"}`,
		`{"access_token": ["a"]}`, `{"access_token": "a", "expires_in": -1}`, `{"mfa_token": "m"}`, `{"access_token": "a", "expires_in": "\"3\""}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var got tokenAnswer
		if decoded(t, body, &got) != nil {
			return
		}
		token, err := got.token(request{operation: "sign in"})
		if err != nil {
			if token != (Token{}) || strings.Contains(err.Error(), got.AccessToken) && len(got.AccessToken) > 30 {
				t.Errorf("%v beside %d characters of token", err, len(token.Access))
			}
			return
		}
		header := http.Header{}
		header.Set("Authorization", "Bearer "+token.Access)
		if token.Access == "" || strings.ContainsAny(token.Access, "\r\n\x00 ") || header.Get("Authorization") == "Bearer " {
			t.Errorf("token %q", token.Access)
		}
		if renew := token.RenewAt(); renew.IsZero() != token.Expires.IsZero() || renew.After(token.Expires) {
			t.Errorf("renewed at %s, expires at %s", renew, token.Expires)
		}
	})
}

func FuzzParseHost(f *testing.F) {
	for _, seed := range []string{
		"", "appliance", "appliance:443", "https://appliance.example.com:11005", "http://127.0.0.1:80", "http://[::1]", "[2001:db8::1]:443",
		"http://appliance", "user:password@appliance", "appliance/path", "appliance?x#y", "[fe80::1%eth0]", "::1", "https://https://x", "[::1]]:80", "%41", "a..b", "-a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, host string) {
		base, err := ParseHost(host)
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
			if loopback, err := checkName(strings.TrimSuffix(base.Host, ":"+base.Port())); err != nil || !loopback {
				t.Errorf("%q would be sent in clear", host)
			}
		}
		if third, err := ParseHost(base.Scheme + "://" + base.Host); err != nil || third.String() != base.String() {
			t.Errorf("%q, parsed again: %v, %v", base.Host, third, err)
		}
	})
}
