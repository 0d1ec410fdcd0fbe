package api_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/store"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/fields"
)

// additionalFields reads fields that a later revision may have.
func additionalFields(text string) fields.Object {
	var read map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		panic(err)
	}
	return fields.Of(read)
}

var role = additionalFields(`{"role":{"level":1.0,"name":"Operator"},"accountType":"External"}`)

// The fields of a user that the client does not know keep their exact values.
func TestUser_unknownFields(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"name":"jane","description":null,"mfaEnabled":true,"isDefault":false,"_links":[{"rel":"self"}]}`:      `null`,
		`{"name":"jane","role":"Operator","level":12345678901234567890.10,"nothing":null,"_links":[]}`:          `{"role":"Operator","level":12345678901234567890.10,"nothing":null}`,
		`{"NAME":"jane","DESCRIPTION":"d","MfaEnabled":true,"ISDEFAULT":false,"_LINKS":[],"Role":{"a":[1, 2]}}`: `{"Role":{"a":[1, 2]}}`,
	} {
		user := api.User{AdditionalFields: role}
		if err := json.Unmarshal([]byte(body), &user); err != nil {
			t.Fatal(err)
		}
		if user.Name != "jane" {
			t.Errorf("%s: the name is %q", body, user.Name)
		}
		if diff := cmp.Diff(additionalFields(want), user.AdditionalFields); diff != "" {
			t.Errorf("%s:\n%s", body, diff)
		}
	}
}

// Every write has the additional fields. A user without a password is sent none, not an empty one.
func TestUsers_sendAdditionalFields(t *testing.T) {
	t.Parallel()
	var bodies []string
	client := api.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if len(body) > 0 {
			bodies = append(bodies, string(body))
			_, _ = io.WriteString(w, userJSON("jane"))
			return
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, problemJSON("resourceNotFound", "Not found", "NotFound", ""))
	}))
	if _, err := client.Users.Create(t.Context(), api.UserValues{Name: "jane", AdditionalFields: role}); err != nil {
		t.Fatal(err)
	}
	for _, values := range []api.UserValues{
		{Description: "d", AdditionalFields: role},
		{OldPassword: "Passw0rd-x", AdditionalFields: role},
		{OldPassword: "Passw0rd-x"},
	} {
		if _, err := client.Users.Update(t.Context(), "jane", values); err != nil {
			t.Fatal(err)
		}
	}
	const more = `"accountType":"External","role":{"level":1.0,"name":"Operator"}`
	want := []string{
		`{"name":"jane","description":"",` + more + `}`,
		`{"description":"d",` + more + `}`,
		`{"oldPassword":"Passw0rd-x","description":"",` + more + `}`,
		`{"oldPassword":"Passw0rd-x","description":""}`,
	}
	if diff := cmp.Diff(want, bodies); diff != "" {
		t.Error(diff)
	}
}

// A creation whose answer was lost finds its user, however the appliance shows the additional fields. A user with another value
// belongs to another client.
func TestUsers_createdWithAdditionalFields(t *testing.T) {
	t.Parallel()
	const written = `{"role":{"name":"Operator"},"level":5,"team":"night"}`
	for name, test := range map[string]struct {
		answered string // beside the documented fields
		ours     bool
	}{
		"as written":                 {`"role":{"name":"Operator"},"level":5,"team":"night"`, true},
		"an object is completed":     {`"role":{"name":"Operator","id":7},"level":5,"team":"night"`, true},
		"a number in another form":   {`"role":{"name":"Operator"},"level":5.0,"team":"night"`, true},
		"a field is not repeated":    {`"role":{"name":"Operator"},"level":5`, true},
		"a name in another case":     {`"Role":{"Name":"Operator"},"Level":5,"Team":"night"`, true},
		"another value":              {`"role":{"name":"Operator"},"level":6,"team":"night"`, false},
		"another value in an object": {`"role":{"name":"Administrator"},"level":5,"team":"night"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var created atomic.Bool
			client := api.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodPost:
					created.Store(true)
					panic(http.ErrAbortHandler)
				case created.Load():
					_, _ = io.WriteString(w, `{"name":"jane","description":null,"mfaEnabled":false,"isDefault":false,`+test.answered+`}`)
				default:
					nobody(w, r)
				}
			}))
			_, err := client.Users.Create(t.Context(), api.UserValues{Name: "jane", Password: "Passw0rd-x", AdditionalFields: additionalFields(written)})
			if _, conflict := errors.AsType[*store.ConflictError](err); conflict == test.ours || !conflict && err != nil {
				t.Errorf("%v", err)
			}
		})
	}
}

// The new password is tried instead of the old one only after a refusal that may be about the old one.
func TestMayRefuseOldPassword(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		want   bool
	}{
		"it does not say":         {400, problemJSON("validationError", "Validation error", "UnexpectedContent", "Refused."), true},
		"no body":                 {401, ``, true},
		"of the framework":        {400, `{"title":"Invalid","errors":{"OldPassword":["It is wrong."]}}`, true},
		"the description":         {400, `{"title":"Invalid","errors":{"Description":["It is too long."]}}`, false},
		"the new password":        {400, `{"title":"Invalid","errors":{"Password":["It has been used before."]}}`, false},
		"the user may not":        {403, problemJSON("accessDenied", "Access denied", "AccessDenied", "You may not change other users."), false},
		"a 403 to a password":     {403, problemJSON("accessDenied", "Access denied", "AccessDenied", "The old password is wrong."), true},
		"the framework's own 403": {403, `{"title":"Forbidden","errors":{"OldPassword":["It is wrong."]}}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var puts atomic.Int32
			client := api.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPut {
					_, _ = io.WriteString(w, userJSON("jane"))
					return
				}
				puts.Add(1)
				always(test.status, "application/problem+json", test.body)(w, r)
			}))
			_, err := client.Users.Update(t.Context(), "jane", api.UserValues{OldPassword: "Passw0rd-x", Password: "Passw0rd-y"})
			if tried := puts.Load() == 2; tried != test.want || api.MayRefuseOldPassword(err) != test.want {
				t.Errorf("%d PUTs, and the rule says %t: %v", puts.Load(), api.MayRefuseOldPassword(err), err)
			}
		})
	}
}

// A new user is recognized even if the appliance keeps other line breaks, or Unicode in another form, than it was sent.
func TestUsers_createdWithOtherText(t *testing.T) {
	t.Parallel()
	var created atomic.Bool
	client := api.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			created.Store(true)
			panic(http.ErrAbortHandler)
		case created.Load():
			_, _ = io.WriteString(w, `{"name":"jane","description":"Bu\u0308ro\nBerlin","mfaEnabled":false,"isDefault":false}`)
		default:
			nobody(w, r)
		}
	}))
	if _, err := client.Users.Create(t.Context(), api.UserValues{Name: "jane", Description: "B\u00fcro\r\nBerlin", Password: "Passw0rd-x"}); err != nil {
		t.Error(err)
	}
}
