package api_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api/wire"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

func TestDailyReportTime(t *testing.T) {
	t.Parallel()
	for notifyTime, want := range map[string]string{
		"2026-11-22T05:06:33":              "05:06",
		"2026-11-22T05:06:33.1234567":      "05:06",
		"2026-11-22T05:06:33Z":             "05:06",
		"2026-11-22T23:30:00.5-02:00":      "01:30",
		"2026-11-22T00:15:00+05:30":        "18:45",
		api.NotifyTime("00:00"):            "00:00",
		api.NotifyTime("23:59"):            "23:59",
		"09:00 AM":                         "09:00 AM",
		"":                                 "",
		"soon\n" + strings.Repeat("x", 99): "soon " + strings.Repeat("x", 55) + "…",
	} {
		for _, enabled := range []bool{true, false} {
			at, on := api.EmailNotifications{NotifyTime: notifyTime, EnableScheduledNotification: enabled}.DailyReportTime()
			if at != want || on != enabled {
				t.Errorf("%q is %q, %t; expected %q, %t", notifyTime, at, on, want, enabled)
			}
		}
	}
}

// What was read without a zone is sent with one, as the API wants it.
func TestNotifyTimeIsSentWithAZone(t *testing.T) {
	t.Parallel()
	for _, notifyTime := range []string{"2026-11-22T05:06:33", "2026-11-22T05:06:33.1234567"} {
		server := start(t, simulator.SeenOnTheWire(simulator.Config{}))
		server.SetEmailNotifications(simulator.EmailNotifications{Server: "mail.example.com", Port: 25, NotifyTime: notifyTime})
		client := connect(t, server)
		settings, err := client.EmailNotifications(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err = client.SaveEmailNotifications(t.Context(), settings); err != nil {
			t.Fatal(err)
		}
		if _, err = client.SendTestMessage(t.Context(), settings); err != nil {
			t.Fatal(err)
		}
		for _, r := range server.Requests() {
			if r.Method == "POST" && r.Path != "/token" && !strings.Contains(string(r.Body), `"notifyTime":"`+notifyTime+`Z"`) {
				t.Errorf("%s was sent %s", r.Path, r.Body)
			}
		}
	}
}

// A careless mail server repeats the password that it refuses, and the appliance passes that on.
func TestSendTestMessageHidesPasswordsOfTheRun(t *testing.T) {
	t.Parallel()
	server := start(t, simulator.Config{})
	client := api.New(configFor(t, server))
	created, err := client.StandardAccounts.Create(t.Context(), api.StandardAccountValues{Name: "relay", Username: "u", Password: "Quiet-harbour-71"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.StandardAccounts.Update(t.Context(), created.ID, "", api.StandardAccountValues{Name: "relay", Username: "u", Password: "Early-thunder-26"}); err != nil {
		t.Fatal(err)
	}
	server.AddFault(simulator.Fault{
		Kind: simulator.Body, Path: "/settings/emailNotifications/sendTestMessage", Status: 200,
		Body: `{"success": false, "message": "535 neither Quiet-harbour-71 nor Early-thunder-26"}`,
	})
	result, err := client.SendTestMessage(t.Context(), api.EmailNotifications{
		Server: "mail.example.com", Port: 25, From: "a@example.com", To: "b@example.com", Subject: "s",
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(result.Message, "harbour") || strings.Contains(result.Message, "thunder") || !strings.HasPrefix(result.Message, "535 neither (redacted)") {
		t.Error("the message is not what it should be, or repeats a password")
	}
}

// An error names the field of the API that is wrong, and nothing of this program.
func TestEmailNotificationsOfWrongTypes(t *testing.T) {
	t.Parallel()
	for field, value := range map[string]string{
		"port": `"25"`, "server": `["mail.example.com"]`, "credentialsId": `7`, "enabled": `"yes"`, "notifyTime": `{}`,
	} {
		client := api.New(serve(t, always(200, jsonType, fmt.Sprintf(`{"enabled": true, %q: %s}`, field, value))))
		_, err := client.EmailNotifications(t.Context())
		if got := failure(t, err); got.Reason != wire.Unreadable || !strings.HasPrefix(got.Message, "the answer does not match the API documentation: "+field+" is a JSON ") {
			t.Errorf("%s: %s", field, got.Message)
		}
	}
}

// A write replaces the settings as a whole. What it repeats from an answer is complete, and in the documented form.
func TestEmailNotificationsAreRepeated(t *testing.T) {
	t.Parallel()
	const alike = `"enabled":true,"server":"s","port":25,"useSsl":false,%s"useCredentials":false,%s"from":"f","to":"t","subject":"","onSuccess":true,` +
		`"onWarning":false,"onFailure":true,"enableScheduledNotification":true%s`
	for name, test := range map[string]struct{ timeout, credentials, rest, wantTimeout, wantCredentials, want string }{
		"fields of a later revision": {
			rest: `,"oauth":{"tenant":"7","scopes":[]},"Later":null,"_links":[]`, want: `,"Later":null,"oauth":{"tenant":"7","scopes":[]}`,
		},
		"nothing but what is required": {},
		"null":                         {timeout: `"timeout":null,`, credentials: `"credentialsId":null,`, rest: `,"notifyTime":null`},
		"no timeout":                   {timeout: `"timeout":0,`, wantTimeout: `"timeout":0,`},
		"credentials that are not used": {
			credentials: `"credentialsId":"7a9c3f0e-52f4-4c1f-9d7c-0b1c5f2d8e61",`, wantCredentials: `"credentialsId":"7a9c3f0e-52f4-4c1f-9d7c-0b1c5f2d8e61",`,
		},
		"no zone":           {rest: `,"notifyTime":"2026-11-22T05:06:33"`, want: `,"notifyTime":"2026-11-22T05:06:33Z"`},
		"no zone, fraction": {rest: `,"notifyTime":"2026-11-22T05:06:33.1234567"`, want: `,"notifyTime":"2026-11-22T05:06:33.1234567Z"`},
		"zone":              {rest: `,"notifyTime":"2026-11-22T05:06:33+05:30"`, want: `,"notifyTime":"2026-11-22T05:06:33+05:30"`},
		"no date":           {rest: `,"notifyTime":"09:00 AM"`, want: `,"notifyTime":"09:00 AM"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent []string
			client := api.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					body, _ := io.ReadAll(r.Body)
					sent = append(sent, string(body))
				}
				body := fmt.Sprintf("{"+alike+"}", test.timeout, test.credentials, test.rest)
				if strings.HasSuffix(r.URL.Path, "/sendTestMessage") {
					body = `{"success": true}`
				}
				always(200, jsonType, body)(w, r)
			}))
			settings, err := client.EmailNotifications(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, saveErr := client.SaveEmailNotifications(t.Context(), settings)
			_, testErr := client.SendTestMessage(t.Context(), settings)
			if saveErr != nil || testErr != nil {
				t.Error(saveErr, testErr)
			}
			want := fmt.Sprintf("{"+alike+"}", test.wantTimeout, test.wantCredentials, test.want)
			if diff := cmp.Diff([]string{want, want}, sent); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// After a write without an answer, a read shows whether notifications are off.
func TestSwitchOffEmailNotificationsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		done       bool // by the request that is not answered
		unreadable bool // afterwards
		slow       bool // the first read afterwards, which is repeated
		off        bool // for the caller
	}{
		"done": {done: true, off: true}, "done, and slow to read": {done: true, slow: true, off: true}, "not done": {}, "nobody can tell": {done: true, unreadable: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var sent, off, read atomic.Bool
				client := onClock(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					switch {
					case r.Method == http.MethodPost:
						sent.Store(true)
						off.Store(test.done)
						<-r.Context().Done()
					case sent.Load() && test.slow && !read.Swap(true):
						<-r.Context().Done()
					case sent.Load() && test.unreadable:
						always(500, jsonType, `{}`)(w, r)
					default:
						always(200, jsonType, fmt.Sprintf(`{"enabled": %t, "server": "mail.example.com", "port": 25}`, !off.Load()))(w, r)
					}
				}), nil)
				err := client.SwitchOffEmailNotifications(t.Context())
				if test.off && err != nil || !test.off && !wire.IsOutcomeUnknown(err) {
					t.Error(err)
				}
			})
		})
	}
}

// An appliance that accepts the request and answers that notifications are still on, or still have the credentials, has not
// switched them off.
func TestSwitchOffEmailNotificationsThatStayOn(t *testing.T) {
	t.Parallel()
	for saved, want := range map[string]string{
		`"enabled": true, "useCredentials": true, "credentialsId": "7a9c3f0e"`: "are still enabled and still have credentials",
		`"enabled": true`: "are still enabled",
		`"enabled": false, "credentialsId": "7a9c3f0e"`: "still have credentials",
		`"enabled": false, "useCredentials": true`:      "still have credentials",
		`"enabled": false, "credentialsId": ""`:         "",
		`"enabled": false, "credentialsId": null`:       "",
	} {
		t.Run(saved, func(t *testing.T) {
			t.Parallel()
			client := api.New(serve(t, func(w http.ResponseWriter, r *http.Request) {
				answer := `"enabled": true, "useCredentials": true, "credentialsId": "7a9c3f0e"`
				if r.Method == http.MethodPost {
					answer = saved
				}
				always(200, jsonType, "{"+answer+"}")(w, r)
			}))
			err := client.SwitchOffEmailNotifications(t.Context())
			if want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if got := failure(t, err); got.Unknown || !strings.Contains(got.Message, "its answer shows that they "+want) {
				t.Errorf("%#v", got)
			}
		})
	}
}
