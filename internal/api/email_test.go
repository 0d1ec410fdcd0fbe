package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/api"
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

func TestCheckMailServer(t *testing.T) {
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
		"mail.example.com\n":              "characters",
		"-mail.example.com":               "characters",
		strings.Repeat("a.", 127) + "com": "characters",
	} {
		err := api.CheckMailServer(server)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q is refused with %v, expected %q", server, err, want)
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
	if _, err := client.StandardAccounts.Update(t.Context(), created.ID, api.StandardAccountValues{Name: "relay", Username: "u", Password: "Early-thunder-26"}); err != nil {
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
		if got := failure(t, err); got.Reason != api.Unreadable || !strings.HasPrefix(got.Message, "the answer is not what the API documents: "+field+" is a JSON ") {
			t.Errorf("%s: %s", field, got.Message)
		}
	}
}
