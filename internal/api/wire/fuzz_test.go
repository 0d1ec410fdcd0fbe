package wire

import (
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// fuzzSecret is hidden from every answer. It is no part of any text that the client itself writes.
const fuzzSecret = `S3"cret/ä`

func fuzzAnswer(status int, contentType string, body []byte) Response {
	return Response{Status: status, ContentType: contentType, Body: body, hide: func(text string) string { return redact(text, fuzzSecret) }}
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
		`{"title": "` + fuzzSecret + `"}`, `[[[[[[[[`, `{"errors":{"errors":{"errors":`, `{"title": "t", "errorCode": "InvalidToken"}`,
	} {
		for _, status := range []int{200, 302, 400, 401, 404, 429, 502} {
			f.Add(status, "application/problem+json", seed)
		}
	}
	f.Add(500, "text/html; charset=\x00", "x")
	f.Fuzz(func(t *testing.T, status int, contentType, body string) {
		e := AsError(errorFrom(fuzzAnswer(status, contentType, []byte(body))))
		if e == nil {
			if status < 200 || status > 299 {
				t.Errorf("%d is a success", status)
			}
			return
		}
		fit(t, e.Message, 4*quotedLength+1)
		if e.Status != status {
			t.Errorf("status %d became %d", status, e.Status)
		}
		if e.NamesMissingObject() || IsRefused(e) && (status < 400 || status > 499) && status != http.StatusInternalServerError {
			t.Errorf("%d: missing %v, refused %v", status, e.NamesMissingObject(), IsRefused(e))
		}
		if e.IsAboutToken() && status != http.StatusUnauthorized {
			t.Errorf("%d is about the token", status)
		}
	})
}

// What cannot be decoded is an error that can be shown, of a write that is done.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{``, `null`, `{}`, `[]`, `{"name": 5}`, `{"name": "a", "name": ["b"]}`, `{"name": "\ud800"}`, `[[[[[`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		a := fuzzAnswer(http.StatusOK, "application/json", []byte(body))
		a.request = Request{Kind: Write, Operation: "write x"}
		var object struct {
			Name  string `json:"name"`
			Count int    `json:"count"`
		}
		err := a.Decode(&object)
		if err == nil {
			return
		}
		if e := AsError(err); e == nil || e.Reason != Unreadable || e.Outcome != Unknown {
			t.Fatalf("%#v", err)
		}
		fit(t, AsError(err).Message, quotedLength+100)
	})
}
