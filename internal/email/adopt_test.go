package email_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const workspaceHead = `
terraform {
  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

provider "veeam" {}
`

// Terraform generates the configuration for the settings of any appliance, and the import changes nothing.
func TestEmailNotifications_adopt(t *testing.T) {
	a := acctest.NewSimulated(t, simulator.Config{})
	record := a.Simulated.PutAccount(simulator.Account{Name: "mail", Username: "relay"})
	fresh := a.Simulated.EmailNotifications()
	w := acctest.NewWorkspace(t, a, workspaceHead+`
import {
  to = veeam_email_notifications.this
  id = "email_notifications"
}
`)
	ordinary := simulator.EmailNotifications{
		Enabled: true, Server: "mail.example.com", Port: 587, UseSSL: true, Timeout: 100_000, From: "a@example.com", To: "b@example.com; c@example.com;",
		Subject: "s", NotifyTime: "2026-11-22T05:06:33",
	}
	for name, test := range map[string]struct {
		edit   func(*simulator.EmailNotifications)
		answer string // in place of the settings
	}{
		"ordinary":  {edit: func(*simulator.EmailNotifications) {}},
		"untouched": {edit: func(s *simulator.EmailNotifications) { *s = fresh }},
		"off and half empty": {edit: func(s *simulator.EmailNotifications) {
			s.Enabled, s.Server, s.Port, s.Timeout, s.From, s.To, s.Subject, s.CredentialsID = false, "", 0, 0, "", "", "", &record.ID
		}},
		"on, and odd": {edit: func(s *simulator.EmailNotifications) {
			s.Server, s.From, s.Subject = "mail.example.com:587 ", "Backup", " two\nlines"
			s.To = "\"Ops, Team\" <ops@example.com> jane@example.com\r\njoe@example.com\n"
			s.UseCredentials, s.CredentialsID, s.EnableScheduledNotification = true, &record.ID, true
		}},
		"not documented": {answer: `{"enabled": true, "server": null, "port": null, "useSsl": null, "timeout": null, "credentialsId": null, "from": null, "to": null,
			"subject": null, "onSuccess": true, "enableScheduledNotification": true, "notifyTime": "09:00 AM"}`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, file := range []string{"generated.tf", "terraform.tfstate"} {
				_ = os.Remove(filepath.Join(w.Dir, file))
			}
			there := ordinary
			if test.answer != "" {
				a.Simulated.AddFault(simulator.Fault{Kind: simulator.Body, Path: settingsPath, Body: test.answer})
				defer a.Simulated.ClearFaults()
			} else {
				test.edit(&there)
			}
			a.Simulated.SetEmailNotifications(there)
			a.Simulated.ResetRequests()
			if _, err := w.Run(t.Context(), "plan", "-generate-config-out=generated.tf"); err != nil {
				t.Fatal(err)
			}
			output, err := w.Run(t.Context(), "apply", "-auto-approve")
			if err != nil || !strings.Contains(output, "1 imported, 0 added, 0 changed, 0 destroyed") || strings.Contains(output, "Warning") {
				t.Fatalf("%v:\n%s", err, output)
			}
			if output, err = w.Run(t.Context(), "plan"); err != nil || !strings.Contains(output, "No changes") {
				t.Errorf("%v:\n%s", err, output)
			}
			if diff := cmp.Diff(there, a.Simulated.EmailNotifications()); diff != "" {
				t.Error(diff)
			}
			if writes := acctest.Writes(a.Simulated.Requests()); len(writes) > 0 {
				t.Errorf("the appliance was sent %q", writes)
			}
		})
	}
}
