package api_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const (
	problemJSONType = "application/problem+json"
	jsonType        = "application/json; charset=utf-8"
)

const modelValidation = `{"type": "https://tools.ietf.org/html/rfc7231#section-6.5.1", "title": "One or more validation errors occurred.",
	"status": 400, "traceId": "00-1", "errors": {"Username": ["The Username field is required."], "Name": ["The Name field is required.", "It is too short."]}}`

func TestErrorAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status            int
		contentType, body string
		want              wire.Error // Message must be contained, the rest must be equal
		notFound, refused bool
	}{
		"problem": {
			400, problemJSONType, problemJSON("validationError", "Validation error", "UnexpectedContent", "The name is too long."),
			wire.Error{Message: "Validation error: The name is too long.", Problem: "validationerror", Code: "unexpectedcontent"}, false, true,
		},
		"problem with detail": {
			400, problemJSONType, `{"type": "/problems/validationError", "title": "Validation error", "detail": "The name is too long."}`,
			wire.Error{Message: "Validation error: The name is too long.", Problem: "validationerror"}, false, true,
		},
		"problem as application/json": {
			400, jsonType, problemJSON("validationError", "Validation error", "UnexpectedContent", "Too long."),
			wire.Error{Message: "Validation error: Too long.", Problem: "validationerror", Code: "unexpectedcontent"}, false, true,
		},
		"model validation": {
			400, problemJSONType, modelValidation,
			wire.Error{
				Message: "One or more validation errors occurred: The Name field is required. Name: It is too short. The Username field is required.",
				Problem: "rfc7231#section-6.5.1",
			}, false, true,
		},
		"some fields of the wrong type": {
			400, problemJSONType, `{"type": 7, "title": "Validation error", "errorCode": ["x"], "details": {"a": "b"}, "detail": "Too long.", "errors": {"Name": "x"}}`,
			wire.Error{Message: "Validation error: Too long."}, false, true,
		},
		"not found": {
			404, problemJSONType, problemJSON("resourceNotFound", "Resource not found", "NotFound", "There is no user."),
			wire.Error{Message: "There is no user.", Problem: "resourcenotfound", Code: "notfound"}, true, false,
		},
		"not found, by its code alone": {404, jsonType, `{"errorCode": "NotFound"}`, wire.Error{Message: "errorCode", Code: "notfound"}, true, false},
		"not found, but no such path": {
			404, problemJSONType, problemJSON("resourceNotFound", "Resource not found", "InvalidURI", "There is nothing here."),
			wire.Error{Message: "There is nothing here.", Problem: "resourcenotfound", Code: "invaliduri"}, false, false,
		},
		"not found, in HTML":         {404, "text/html", "<h1>Not Found</h1>", wire.Error{Message: "(text/html): <h1>Not Found</h1>", Reason: wire.Unreadable}, false, false},
		"not found, in unknown JSON": {404, jsonType, `{"message": "no Route matched"}`, wire.Error{Message: "no Route matched"}, false, false},
		"not found, empty":           {404, "", "", wire.Error{Message: "the answer is empty: 404 Not Found"}, false, false},
		"gone":                       {410, problemJSONType, `{"title": "Gone"}`, wire.Error{Message: "Gone"}, false, true},
		"access denied": {
			403, problemJSONType, problemJSON("accessDenied", "Access denied", "AccessDenied", "You may not."),
			wire.Error{Message: "You may not.", Problem: "accessdenied", Code: "accessdenied", Reason: wire.AccessDenied}, false, true,
		},
		"access denied, in HTML": {403, "text/html", "Forbidden by proxy", wire.Error{Message: "Forbidden by proxy", Reason: wire.Unreadable}, false, false},
		"401 that is not about the token": {
			401, problemJSONType, problemJSON("accessDenied", "Access denied", "AccessDenied", "The old password is wrong."),
			wire.Error{Message: "The old password is wrong.", Problem: "accessdenied", Code: "accessdenied", Reason: wire.AccessDenied}, false, true,
		},
		"401 that is a validation error": {
			401, problemJSONType, problemJSON("VALIDATIONERROR", "Validation error", "", "The old password is wrong."),
			wire.Error{Message: "The old password is wrong.", Problem: "validationerror"}, false, true,
		},
		"expired token": {
			401, problemJSONType, problemJSON("expiredAccessToken", "Expired access token", "ExpiredToken", "Sign in."),
			wire.Error{Message: "Sign in.", Problem: "expiredaccesstoken", Code: "expiredtoken", Reason: wire.TokenExpired}, false, false,
		},
		"expired token, by its code in another case": {
			401, problemJSONType, `{"title": "Expired", "errorCode": "EXPIREDTOKEN"}`,
			wire.Error{Message: "Expired", Code: "expiredtoken", Reason: wire.TokenExpired}, false, false,
		},
		"invalid token": {
			401, problemJSONType, problemJSON("invalidAccessToken", "Invalid access token", "InvalidToken", ""),
			wire.Error{Message: "Invalid access token", Problem: "invalidaccesstoken", Code: "invalidtoken", Reason: wire.TokenInvalid}, false, false,
		},
		"401, in HTML": {401, "text/html", "Who are you?", wire.Error{Message: "Who are you?", Reason: wire.Unreadable}, false, false},
		"unsupported revision": {
			400, problemJSONType, problemJSON("UnsupportedAPIVersion", "Unsupported API version", "UnexpectedContent", ""),
			wire.Error{Message: "Unsupported API version", Problem: "unsupportedapiversion", Code: "unexpectedcontent", Reason: wire.UnsupportedVersion}, false, false,
		},
		"license": {
			403, problemJSONType, problemJSON("licenseAgreementsIsNotAccepted", "License", "AccessDenied", ""),
			wire.Error{Message: "License", Problem: "licenseagreementsisnotaccepted", Code: "accessdenied", Reason: wire.LicenseNotAccepted}, false, false,
		},
		"too many requests": {429, "text/plain", "slow down", wire.Error{Message: "slow down", Reason: wire.TooManyRequests}, false, false},
		"request timeout":   {408, "text/plain", "too slow", wire.Error{Message: "too slow"}, false, false},
		"server error": {
			500, problemJSONType, problemJSON("unknownError", "Unknown error", "UnknownError", "Oops."),
			wire.Error{Message: "Oops.", Problem: "unknownerror", Code: "unknownerror"}, false, false,
		},
		"bad gateway, in HTML": {
			502, "text/html; charset=utf-8", "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n</html>",
			wire.Error{Message: "the answer does not match the API documentation (text/html): <html> <head><title>502 Bad Gateway</title></head> </html>", Reason: wire.Unavailable}, false, false,
		},
		"server error, empty":        {500, "", "", wire.Error{Message: "the answer is empty: 500 Internal Server Error"}, false, false},
		"server error, white space":  {500, "", " \n\t ", wire.Error{Message: "the answer is empty"}, false, false},
		"without a content type":     {500, "\x00", "oops", wire.Error{Message: "(unknown content): oops"}, false, false},
		"cut-off problem":            {500, problemJSONType, `{"title": "Unknown er`, wire.Error{Message: `{"title": "Unknown er`}, false, false},
		"JSON, but a list":           {500, jsonType, `["oops"]`, wire.Error{Message: `["oops"]`}, false, false},
		"JSON, but null":             {500, jsonType, `null`, wire.Error{Message: `null`}, false, false},
		"JSON of nothing we know":    {500, jsonType, `{"error": "oops"}`, wire.Error{Message: `{"error": "oops"}`}, false, false},
		"problem without any words":  {500, problemJSONType, `{"type": "x", "title": " "}`, wire.Error{Message: `{"type": "x", "title": " "}`, Problem: "x"}, false, false},
		"lists in lists in lists":    {500, jsonType, strings.Repeat("[", 1<<20), wire.Error{Message: "[[[[["}, false, false},
		"objects in objects, closed": {500, jsonType, strings.Repeat(`{"errors":`, 20_000) + "1" + strings.Repeat("}", 20_000), wire.Error{Message: `{"errors":{"errors":`}, false, false},
		"a long HTML page":           {500, "text/html", strings.Repeat("so long ", 100_000), wire.Error{Message: "so long so long", Reason: wire.Unreadable}, false, false},
		"a long problem":             {500, problemJSONType, `{"title": "` + strings.Repeat("so long ", 100_000) + `"}`, wire.Error{Message: "so long so long"}, false, false},
		"control characters": {
			500, problemJSONType, `{"title": "a\u001b[31mb\u0000c\u202ed\u2028e\u009bf\r\ng\u200bh"}`,
			wire.Error{Message: "a [31mb c d e f g h"}, false, false,
		},
		"no UTF-8": {500, "text/plain", "a\xff\xfeb\xc3", wire.Error{Message: "a b"}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := failure(t, getUser(t.Context(), api.New(serve(t, always(test.status, test.contentType, test.body)))))
			want := test.want
			if !strings.Contains(got.Message, want.Message) {
				t.Errorf("message %q, want one with %q", got.Message, want.Message)
			}
			if got.Status != test.status || got.Problem != want.Problem || got.Code != want.Code || got.Reason != want.Reason || got.Unknown {
				t.Errorf("got  %#v\nwant %#v", *got.requestError, want)
			}
			if store.IsNotFound(got) != test.notFound || wire.IsRefused(got) != test.refused {
				t.Errorf("IsNotFound %v, IsRefused %v", store.IsNotFound(got), wire.IsRefused(got))
			}
			if text := got.Error(); len(text) > 3000 || !strings.HasSuffix(text, fmt.Sprintf(" (HTTP status %d)", test.status)) {
				t.Errorf("text of %d: %.200s", len(text), text)
			}
			isPlain(t, got.Message)
		})
	}
}

// isPlain fails the test if a text could control a terminal.
func isPlain(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) }) || strings.Contains(text, "  ") {
		t.Errorf("not fit for a terminal: %q", text)
	}
}

func TestQuoteIsShort(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, want string }{
		"at the limit":       {strings.Repeat("ä", 500), strings.Repeat("ä", 500)},
		"above it":           {strings.Repeat("ä", 501), strings.Repeat("ä", 500) + "…"},
		"a space at its end": {strings.Repeat("ä", 499) + "  b", strings.Repeat("ä", 499) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := failure(t, getUser(t.Context(), api.New(serve(t, always(500, "text/html", test.body)))))
			if _, quoted, _ := strings.Cut(got.Message, "): "); quoted != test.want {
				t.Errorf("quoted %d characters: %q", utf8.RuneCountInString(quoted), quoted)
			}
		})
	}
}

// Answers with a 2xx status that do not match the request.
func TestUnreadableAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ contentType, body, want string }{
		"empty":            {jsonType, "", "the answer is empty: 200 OK"},
		"HTML":             {"text/html", "<html>Sign in</html>", "(text/html): <html>Sign in</html>"},
		"null":             {jsonType, "null", "null"},
		"a list":           {jsonType, "[]", "[]"},
		"an empty object":  {jsonType, "{}", "{}"},
		"another object":   {jsonType, `{"id": "7"}`, `{"id": "7"}`},
		"cut off":          {jsonType, `{"name": "jane", "descr`, `{"name": "jane", "descr`},
		"followed by more": {jsonType, userJSON("jane") + "x", "jane"},
		"a wrong type":     {jsonType, `{"name": 5}`, "name is a JSON number"},
		"a huge number":    {jsonType, `{"name": ` + strings.Repeat("9", 100_000) + `}`, "name is a JSON number"},
		"deep":             {jsonType, `{"name": "jane", "x": ` + strings.Repeat("[", 1<<20), "[[[["},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := failure(t, getUser(t.Context(), api.New(serve(t, always(200, test.contentType, test.body)))))
			if got.Reason != wire.Unreadable || got.Status != 200 || got.Unknown || !strings.Contains(got.Message, test.want) {
				t.Errorf("got %#v, want one that says %q", got, test.want)
			}
			if len(got.Message) > 600 {
				t.Errorf("%d bytes of message", len(got.Message))
			}
			if store.IsNotFound(got) || wire.IsRefused(got) {
				t.Error("an unreadable answer is taken for a refusal")
			}
		})
	}
}

func TestUnsupportedRevision(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	config := configFor(t, server)
	config.APIVersion = "9.9-rev9"
	client := api.New(config)
	for i := range 3 {
		got := failure(t, getUser(t.Context(), client))
		if got.Reason != wire.UnsupportedVersion || !got.NotSent || !strings.Contains(got.Message, "9.9-rev9") {
			t.Errorf("request %d: %#v", i, got)
		}
	}
	if got := server.Count("", ""); got != 1 {
		t.Errorf("%d requests, want 1: no revision will be better at the next", got)
	}
}

func TestErrorTypes(t *testing.T) {
	t.Parallel()
	other := errors.New("x")
	if store.IsNotFound(nil) || store.IsNotFound(other) || wire.IsRefused(nil) || wire.IsRefused(other) {
		t.Error("another error is taken for the appliance's word")
	}
	cause := &wire.Error{Operation: `create user "jane"`, Status: 400, Message: "taken"}
	conflict := &store.ConflictError{Kind: "user", Name: "jane", ID: "jane", Err: cause}
	if !errors.Is(conflict, cause) || !strings.Contains(conflict.Error(), `a user named "jane" exists already`) || !strings.Contains(conflict.Error(), "taken") {
		t.Error(conflict)
	}
	if text := (&wire.Error{Operation: "x", Message: "y"}).Error(); text != "could not x: y" {
		t.Error(text)
	}
}

// awkwardSecrets each have characters that some encoding escapes.
var awkwardSecrets = []string{
	`Pa"ss\wörd/+&<>'%20 =?`, "Sch1üssel-日本-😀", "plain-Secret-42", "line\nbreak\tTab1", "percent%41Already",
}

// echo answers with an encoding of the password that it has received.
func TestSecretsAreNotRepeated(t *testing.T) {
	t.Parallel()
	for _, secret := range awkwardSecrets {
		for name, encode := range encodings {
			for where, answer := range map[string]func(encoded string) http.HandlerFunc{
				"a page":     func(encoded string) http.HandlerFunc { return always(500, "text/html", "<p>bad: "+encoded+"</p>") },
				"a 200 page": func(encoded string) http.HandlerFunc { return always(200, "text/html", encoded+encoded) },
				"at the cut": func(encoded string) http.HandlerFunc {
					return always(500, "text/html", strings.Repeat("x", 488)+encoded)
				},
				"a problem": func(encoded string) http.HandlerFunc {
					return always(500, problemJSONType, problemJSON("x", encoded, encoded, encoded))
				},
				"model words": func(encoded string) http.HandlerFunc {
					return always(400, jsonType, fmt.Sprintf(`{"title": "x", "errors": {"Password": [%q]}}`, encoded))
				},
			} {
				t.Run(fmt.Sprintf("%s in %s", name, where), func(t *testing.T) {
					t.Parallel()
					client := api.New(serve(t, answer(encode(secret))))
					_, err := client.Users.Update(t.Context(), "jane", api.UserValues{OldPassword: secret, Password: "x" + secret})
					excludes(t, failure(t, err).Error(), secret, encode(secret))
					excludes(t, failure(t, err).Error(), encode(secret)[:8]) // the beginning of a secret is one too
				})
			}
		}
	}
}

func TestSecretsWithinSecrets(t *testing.T) {
	t.Parallel()
	client := api.New(serve(t, always(500, "text/html", "Passw0rd, Passw0rd-and-more")))
	_, err := client.Users.Update(t.Context(), "jane", api.UserValues{OldPassword: "Passw0rd", Password: "Passw0rd-and-more"})
	if got := failure(t, err); !strings.HasSuffix(got.Message, ": (redacted), (redacted)") {
		t.Error(got)
	}
}

// A secret of one character is redacted too, although that makes a message unreadable.
func TestShortSecrets(t *testing.T) {
	t.Parallel()
	client := api.New(serve(t, always(400, problemJSONType, problemJSON("validationError", "Error", "UnexpectedContent", "The password e is weak."))))
	_, err := client.StandardAccounts.Update(t.Context(), "x", "", api.StandardAccountValues{Password: "e"})
	if got := failure(t, err); got.Message != "Error: Th(redacted) password (redacted) is w(redacted)ak." || !wire.IsRefused(got) {
		t.Error(got)
	}
}

// A sign-in has the client's own secrets, and so has every request after it.
func TestTokensAreNotRepeated(t *testing.T) {
	t.Parallel()
	const access, refresh, password, code = "access-Hk2", "refresh-Lp4", "Passw0rd-Mn6", "314159"
	for name, test := range map[string]struct {
		tokenStatus int
		token       string
		answer      http.HandlerFunc
	}{
		"a token answer that cannot be read": {200, `{"access_token": "` + access + `", "refresh_token": "` + refresh + `"`, nil},
		"a token answer of the wrong type":   {200, `{"access_token": ["` + access + `"], "refresh_token": "` + refresh + `"}`, nil},
		"a refused sign-in":                  {400, problemJSON("x", password+" "+code, "", password), nil},
		"a page with the token and 200":      {200, `{"access_token": "` + access + `", "refresh_token": "` + refresh + `"}`, always(200, "text/html", access+" "+password)},
		"a page with the token and 500":      {200, `{"access_token": "` + access + `"}`, always(500, "text/html", access+" "+password)},
		"an object with the token":           {200, `{"access_token": "` + access + `"}`, always(200, jsonType, `{"token": "`+access+`"}`)},
		"a redirect with the token": {200, `{"access_token": "` + access + `"}`, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://"+access+".example.com/"+access)
			w.WriteHeader(http.StatusFound)
		}},
		"a redirect to nowhere with the token": {200, `{"access_token": "` + access + `"}`, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://[::1/"+access)
			w.WriteHeader(http.StatusFound)
		}},
		"a redirect within, with the token": {200, `{"access_token": "` + access + `"}`, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/api/v1/"+access, http.StatusFound)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/v1/token" {
					always(test.tokenStatus, jsonType, test.token)(w, r)
				} else {
					test.answer(w, r)
				}
			})
			config.Token, config.Username, config.Password, config.MFACode = "", "admin", password, code
			var log bytes.Buffer
			err := getUser(tflogtest.RootLogger(t.Context(), &log), api.New(config))
			excludes(t, failure(t, err).Error()+log.String(), access, refresh, password, code)
			if log.Len() == 0 {
				t.Error("nothing was logged")
			}
		})
	}
}

// The error of Go's HTTP client about an answer that is not HTTP quotes the answer.
func TestMalformedHTTP(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"no status line":    "You sent me " + token + "\r\n\r\n",
		"no header":         "HTTP/1.1 200 OK\r\n" + token + "\r\n\r\n",
		"no content length": "HTTP/1.1 200 OK\r\nContent-Length: " + token + "\r\n\r\n",
		"no chunk":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + token + "\r\n\r\n",
		"no status":         "HTTP/1.1 " + token + "\r\n\r\n",
		"nothing":           "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := serveRaw(t, func(connection net.Conn) { _, _ = io.WriteString(connection, answer) })
			var log bytes.Buffer
			err := getUser(tflogtest.RootLogger(t.Context(), &log), api.New(config))
			got := failure(t, err)
			if got.Reason != wire.Unreachable || got.Status != 0 || got.Message == "" || len(got.Message) > 600 {
				t.Errorf("%#v", got)
			}
			isPlain(t, got.Message)
			excludes(t, got.Error()+log.String(), token)
		})
	}
}

// serveRaw starts a TLS server that reads a request, answers as the test says, and closes the connection.
func serveRaw(t testing.TB, answer func(net.Conn)) api.Config {
	t.Helper()
	donor := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(donor.Close)
	config := configOf(t, donor)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: donor.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	config.BaseURL = baseURL(t, listener.Addr().String())
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				if _, err := connection.Read(make([]byte, 64<<10)); err == nil {
					answer(connection)
				}
			}()
		}
	}()
	return config
}
