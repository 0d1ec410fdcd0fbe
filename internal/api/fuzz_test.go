package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
)

// answering gives a client of a server that answers every request with a body.
func answering(body string, edit func(*api.Config)) *api.Client {
	return api.WithoutWaits(onClock(always(http.StatusOK, "application/json", body), edit))
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
		records, err := answering(body, nil).StandardAccounts.List(t.Context(), "")
		if err != nil {
			_ = failure(t, err)
			return
		}
		// An answer that is not a list is not used as one.
		if !strings.Contains(strings.ToLower(body), "totalcount") && !strings.Contains(body, `\u`) {
			t.Errorf("%d records of %q", len(records), body)
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
		client := answering(body, nil)
		user, userErr := client.Users.Get(t.Context(), "jane")
		_, accountErr := client.StandardAccounts.Get(t.Context(), "0b6dfaef-6a6b-4b2c-8f4b-3a4ad9fbe1c7")
		if !json.Valid([]byte(body)) && (userErr == nil || accountErr == nil) {
			t.Errorf("no JSON: %v, %v", userErr, accountErr)
		}
		if userErr == nil && (!utf8.ValidString(user.Name) || !strings.EqualFold(user.Name, "jane")) {
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
		token, err := answering(body, asAdministrator).SignInAsConfigured(t.Context())
		if err != nil {
			_ = failure(t, err)
			if token.Access != "" {
				t.Errorf("%v beside %d characters of token", err, len(token.Access))
			}
			return
		}
		header := http.Header{}
		header.Set("Authorization", "Bearer "+token.Access)
		if token.Access == "" || strings.ContainsAny(token.Access, "\r\n\x00 ") || header.Get("Authorization") == "Bearer " {
			t.Errorf("token %q", token.Access)
		}
		if renew := token.RenewAt; renew.IsZero() != token.Expires.IsZero() || renew.After(token.Expires) {
			t.Errorf("renewed at %s, expires at %s", renew, token.Expires)
		}
	})
}
