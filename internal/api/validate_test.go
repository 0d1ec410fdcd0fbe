package api_test

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

func TestValidationAnswers(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]struct {
		texts  string // of the messages, each after E or W
		unread bool
	}{
		"":       {},
		" \n":    {},
		"null":   {},
		"[]":     {},
		" [ ]\n": {},
		`[{"severity": "Error", "message": "Taken.", "contextId": "name"}]`:                         {texts: "E Taken."},
		`[{"severity": "Warning", "message": "Odd."}, {"severity": "Error", "message": "Taken."}]`:  {texts: "W Odd., E Taken."},
		`[{"severity": "Fatal", "message": "Unknown."}, {"message": "None."}]`:                      {texts: "E Unknown., E None."},
		`[{"severity": "Error", "message": "a\u001b[31m\nb", "contextId": 7, "more": []}]`:          {texts: "E a [31m b"},
		`[{"severity": "Error", "message": "` + strings.Repeat("x", 501) + `"}]`:                    {texts: "E " + strings.Repeat("x", 500) + "…"},
		`[{"severity": "Error", "message": "S3cret-Passw0rd is too short; so is S3cret-Passw0rd"}]`: {texts: "E (redacted) is too short; so is (redacted)"},
		`{}`:                              {unread: true},
		`{"severity": "Error"}`:           {unread: true},
		`"Taken."`:                        {unread: true},
		`7`:                               {unread: true},
		`false`:                           {unread: true},
		`["Taken."]`:                      {unread: true},
		`[[]]`:                            {unread: true},
		`[null]`:                          {unread: true},
		`[{}]`:                            {unread: true},
		`[{"severity": "Error"}]`:         {unread: true},
		`[{"severity": 1, "message": 2}]`: {unread: true},
		`[{"severity": "Error", "message": "Taken."}`: {unread: true},
		`<html>Sign in</html>`:                        {unread: true},
		strings.Repeat("[", 100_000):                  {unread: true},
	} {
		t.Run(body[:min(len(body), 60)], func(t *testing.T) {
			t.Parallel()
			client := api.New(serve(t, always(200, jsonType, body)))
			messages, err := client.Validate(t.Context(), api.UserPassword, "S3cret-Passw0rd")
			if want.unread {
				if got := failure(t, err); got.Reason != wire.Unreadable || !strings.HasPrefix(cmp.Or(got.Blocked, got.Operation), "validate the password") {
					t.Errorf("%#v", got)
				}
				return
			}
			var texts []string
			for _, message := range messages {
				texts = append(texts, map[bool]string{true: "E ", false: "W "}[message.IsError()]+message.Text)
			}
			if got := strings.Join(texts, ", "); err != nil || got != want.texts {
				t.Errorf("%v: %q, want %q", err, got, want.texts)
			}
		})
	}
}

// A failure of a validation endpoint is reported once. Other validations are still used.
func TestValidationThatFailsForAll(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"an error":         {Kind: simulator.Status, Status: 500},
		"another role":     {Kind: simulator.Status, Status: 403},
		"a refused token":  {Kind: simulator.Status, Status: 401, Body: problemJSON("invalidAccessToken", "Invalid access token", "InvalidToken", "")},
		"what is no list":  {Kind: simulator.Body, Status: 200, Body: `{"messages": []}`},
		"an unread object": {Kind: simulator.Body, Status: 200, Body: `[7]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, simulator.Config{})
			client := connect(t, server)
			fault.Path = "/accounts/standard/validateName"
			server.AddFault(fault)
			var failures atomic.Int32
			var group sync.WaitGroup
			for i := range 30 {
				group.Go(func() {
					if _, err := client.Validate(t.Context(), api.RecordName, fmt.Sprint("mail", i)); err != nil {
						failures.Add(1)
					}
				})
			}
			group.Wait()
			if failures.Load() != 1 {
				t.Errorf("%d failures", failures.Load())
			}
			asked := server.Count("POST", fault.Path)
			if _, err := client.Validate(t.Context(), api.RecordName, "more"); err != nil || server.Count("POST", fault.Path) != asked {
				t.Errorf("%v; asked once more", err)
			}
			if messages, err := client.Validate(t.Context(), api.UserName, "admin"); err != nil || len(messages) == 0 {
				t.Errorf("another validation: %v, %v", messages, err)
			}
		})
	}
}

func TestValidations(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := connect(t, server)
	ctx := t.Context()
	server.PutAccount(simulator.Account{Name: "taken", Username: "u"})
	for _, test := range []struct {
		path, value, finding string
		validate             func() ([]api.Message, error)
	}{
		{"/accounts/standard/validateName", "smtp", "", func() ([]api.Message, error) { return client.Validate(ctx, api.RecordName, "smtp") }},
		{"/accounts/standard/validateName", "taken", "already exists", func() ([]api.Message, error) { return client.Validate(ctx, api.RecordName, "taken") }},
		{"/users/validateName", "jane", "", func() ([]api.Message, error) { return client.Validate(ctx, api.UserName, "jane") }},
		{"/users/validateName", "admin", "reserved", func() ([]api.Message, error) { return client.Validate(ctx, api.UserName, "admin") }},
		{"/users/validateDescription", "", "", func() ([]api.Message, error) { return client.Validate(ctx, api.UserDescription, "") }},
		{"/users/validateDescription", "x", "255", func() ([]api.Message, error) {
			return client.Validate(ctx, api.UserDescription, strings.Repeat("x", 256))
		}},
		{"/users/validatePassword", newPassword, "", func() ([]api.Message, error) { return client.Validate(ctx, api.UserPassword, newPassword) }},
		{"/users/validatePassword", "abcd", "monotonic", func() ([]api.Message, error) { return client.Validate(ctx, api.UserPassword, "Abcd-efgh1234") }},
	} {
		server.ResetRequests()
		messages, err := test.validate()
		if err != nil {
			t.Error(err)
		}
		var text string
		for _, message := range messages {
			text += message.Text
		}
		if (text == "") != (test.finding == "") || !strings.Contains(text, test.finding) {
			t.Errorf("%s of %q: %q, want something about %q", test.path, test.value, text, test.finding)
		}
		if n := server.Count("POST", test.path); n != 1 {
			t.Errorf("%s: %d requests", test.path, n)
		}
	}
}
