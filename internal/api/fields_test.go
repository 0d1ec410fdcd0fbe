package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
)

// role is a field that a later revision may have.
var role = map[string]json.RawMessage{"role": json.RawMessage(`{"name":"Operator","level":1.0}`), "accountType": json.RawMessage(`"External"`)}

// What an appliance says more than is known of a user stays, exactly as it came.
func TestUser_unknownFields(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]map[string]json.RawMessage{
		`{"name":"jane","description":null,"mfaEnabled":true,"isDefault":false,"_links":[{"rel":"self"}]}`: nil,
		`{"name":"jane","role":"Operator","level":12345678901234567890.10,"nothing":null,"_links":[]}`: {
			"role": json.RawMessage(`"Operator"`), "level": json.RawMessage(`12345678901234567890.10`), "nothing": json.RawMessage(`null`),
		},
		`{"NAME":"jane","DESCRIPTION":"d","MfaEnabled":true,"ISDEFAULT":false,"_LINKS":[],"Role":{"a":[1, 2]}}`: {"Role": json.RawMessage(`{"a":[1, 2]}`)},
	} {
		user := api.User{AdditionalFields: role}
		if err := json.Unmarshal([]byte(body), &user); err != nil {
			t.Fatal(err)
		}
		if user.Name != "jane" {
			t.Errorf("%s: the name is %q", body, user.Name)
		}
		if diff := cmp.Diff(want, user.AdditionalFields); diff != "" {
			t.Errorf("%s:\n%s", body, diff)
		}
	}
}

// Additional fields stand beside the others in every write. A user without a password is sent none, not an empty one.
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
	if _, err := client.Users.Create(t.Context(), api.NewUser{Name: "jane", AdditionalFields: role}); err != nil {
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
	const more = `"accountType":"External","role":{"name":"Operator","level":1.0}`
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
