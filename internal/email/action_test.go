package email_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const testMessagePath = "/settings/emailNotifications/sendTestMessage"

// setUp saves settings for a mail server on an appliance that trusts it, with its user's credentials.
func setUp(t *testing.T, mail *acctest.MailServer, username, password string) *acctest.Appliance {
	t.Helper()
	a := acctest.NewSimulated(t, simulator.Config{SMTPRootCAs: mail.RootCAs})
	account := a.Simulated.PutAccount(simulator.Account{Name: "mail", Username: username, Password: password})
	a.Simulated.SetEmailNotifications(simulator.EmailNotifications{
		Enabled: true, Server: mail.Address, Port: mail.Port, UseSSL: mail.RootCAs != nil, Timeout: 10_000,
		UseCredentials: true, CredentialsID: &account.ID, From: "appliance@example.com", To: "ops@example.com", Subject: "Backup",
		NotifyTime: "2026-11-22T05:06:33",
	})
	return a
}

// arrived fails the test unless exactly one message has arrived, with these recipients.
func arrived(mail *acctest.MailServer, to ...string) error {
	received := mail.Received()
	if len(received) != 1 || received[0].From != "appliance@example.com" || !slices.Equal(received[0].To, to) || !strings.Contains(received[0].Text, "Subject: Backup") {
		return fmt.Errorf("the mail server has %+v, expected one message to %q", received, to)
	}
	return nil
}

func TestSendTestEmail(t *testing.T) {
	t.Parallel()
	const password = "A-quiet-harbour"
	for name, start := range map[string]func(*testing.T, string, string) *acctest.MailServer{
		"in plain text": acctest.NewMailServer, "with STARTTLS": acctest.NewSecureMailServer,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mail := start(t, "relay", password)
			a := setUp(t, mail, "relay", password)
			p := a.Protocol(t, nil)
			saved := a.Simulated.EmailNotifications()

			progress, failures := invoke(t, p, nil)
			if err := arrived(mail, "ops@example.com"); err != nil || len(failures) > 0 {
				t.Error(err, failures)
			}
			way := fmt.Sprintf("Sending a test message to ops@example.com through %s:%d", mail.Address, mail.Port)
			if mail.RootCAs != nil {
				way += " with STARTTLS"
			}
			want := []string{way + ", signing in with the credentials record " + *saved.CredentialsID, a.Simulated.Host() + " says: The test message has been sent."}
			if !slices.Equal(progress, want) {
				t.Errorf("the progress was %q, expected %q", progress, want)
			}

			// Another recipient gets the message, and the saved settings stay as they are.
			if _, failures = invoke(t, p, acctest.Values{"to": "  joe@example.com;\n  Jane Doe <jane@example.com>\n"}); len(failures) > 0 {
				t.Error(failures)
			}
			if err := arrived(mail, "joe@example.com", "jane@example.com"); err != nil {
				t.Error(err)
			}
			if got := a.Simulated.EmailNotifications(); got != saved {
				t.Errorf("the saved settings are %+v, were %+v", got, saved)
			}
			if writes := acctest.Writes(a.Simulated.Requests()); !slices.Equal(writes, []string{"POST " + testMessagePath, "POST " + testMessagePath}) {
				t.Errorf("the appliance was sent %q", writes)
			}
		})
	}
}

func TestSendTestEmail_refused(t *testing.T) {
	t.Parallel()
	const password = "A-quiet-harbour"
	noMail := simulator.EmailNotifications{Port: 25}
	for name, test := range map[string]struct {
		config   acctest.Values
		provider acctest.Values
		record   string // the password in the credentials record, if it differs from the mail server's
		settings func(*simulator.EmailNotifications)
		fault    simulator.Fault
		failure  []string // parts of the one error
		requests int      // for a test message
		messages int
	}{
		"wrong password": {
			record: "Another-password",
			failure: []string{"The test message was not sent", " says: the SMTP server refused the credentials", "wrong user name or password",
				"to ops@example.com through 127.0.0.1:", ", signing in with the credentials record "},
			requests: 1,
		},
		"no credentials": {
			settings: func(s *simulator.EmailNotifications) { s.CredentialsID = nil },
			failure: []string{"The test message was not sent", " says: the SMTP server refused the sender", "authenticate first",
				"to ops@example.com through 127.0.0.1:", ", without signing in"},
			requests: 1,
		},
		"nothing set up": {
			settings: func(s *simulator.EmailNotifications) { *s = noMail },
			failure:  []string{"No mail server configured", "veeam_email_notifications"},
		},
		"credentials record deleted": {
			settings: func(s *simulator.EmailNotifications) {
				gone := "11111111-2222-4333-8444-555555555555"
				s.CredentialsID = &gone
			},
			failure:  []string{"Could not send a test message", "There is no credentials record with the id", "HTTP status 400"},
			requests: 1,
		},
		"not addresses":  {config: acctest.Values{"to": "joe@example.com;;"}, failure: []string{`AttributeName("to")`, "empty address"}},
		"appliance down": {fault: simulator.Fault{Kind: simulator.Status, Path: testMessagePath, Status: 500}, failure: []string{"Could not send a test message", "HTTP status 500"}, requests: 1},
		"settings unreadable": {
			fault:   simulator.Fault{Kind: simulator.Body, Path: "/settings/emailNotifications", Body: `{}`},
			failure: []string{"Could not read the email notification settings", "does not match the API documentation"},
		},
		"answer unreadable": {
			fault:   simulator.Fault{Kind: simulator.Body, Path: testMessagePath, Body: `{"message":"well"}`},
			failure: []string{"Could not send a test message", "The appliance may have carried out the request"}, requests: 1, messages: 1,
		},
		"answer without words": {
			fault:   simulator.Fault{Kind: simulator.Body, Path: testMessagePath, Body: `{"success":false,"message":null}`},
			failure: []string{"The test message was not sent", " says: nothing"}, requests: 1, messages: 1,
		},
		"secret in the answer": {
			fault:   simulator.Fault{Kind: simulator.Body, Path: testMessagePath, Body: `{"success":false,"message":"bad\u001b[31m ` + acctest.Password + `"}`},
			failure: []string{" says: bad [31m (redacted)\n"}, requests: 1, messages: 1,
		},
		"answer lost: not sent twice": {
			fault:   simulator.Fault{Kind: simulator.CutAfter, Path: testMessagePath},
			failure: []string{"Could not send a test message", "The appliance may have carried out the request"}, requests: 1, messages: 1,
		},
		"no answer": {
			provider: acctest.Values{"request_timeout": "300ms"},
			fault:    simulator.Fault{Kind: simulator.Stall, Path: testMessagePath},
			failure:  []string{"did not answer in time", "may still be waiting for its mail server", "The timeout in the email notification settings is 10000."}, requests: 1, messages: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mail := acctest.NewMailServer(t, "relay", password)
			a := setUp(t, mail, "relay", cmp.Or(test.record, password))
			if test.settings != nil {
				settings := a.Simulated.EmailNotifications()
				test.settings(&settings)
				settings.UseCredentials = settings.CredentialsID != nil
				a.Simulated.SetEmailNotifications(settings)
			}
			if test.fault.Kind != "" {
				a.Simulated.AddFault(test.fault)
			}
			_, failures := invoke(t, a.Protocol(t, test.provider), test.config)
			if len(failures) != 1 {
				t.Fatalf("expected one error, got %q", failures)
			}
			for _, part := range test.failure {
				if !strings.Contains(failures[0], part) {
					t.Errorf("the error does not say %q: %s", part, failures[0])
				}
			}
			for _, secret := range []string{password, "Another-password", acctest.Password} {
				if strings.Contains(failures[0], secret) {
					t.Error("the error holds a password")
				}
			}
			if got := a.Simulated.Count("POST", testMessagePath); got != test.requests {
				t.Errorf("the appliance was asked %d times, expected %d", got, test.requests)
			}
			if got := len(mail.Received()); got != test.messages {
				t.Errorf("%d messages arrived, expected %d", got, test.messages)
			}
		})
	}
}

func TestSendTestEmail_applianceNotKnownYet(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	_, failures := invoke(t, a.Protocol(t, acctest.Values{"host": acctest.Unknown}), nil)
	if len(failures) != 1 || !strings.Contains(failures[0], "The appliance is not known yet") {
		t.Errorf("expected that the appliance is not known yet, got %q", failures)
	}
}

// mailConfig is a credentials record and the settings that use it.
func mailConfig(a *acctest.Appliance, mail *acctest.MailServer, password string) string {
	return a.Provider() + fmt.Sprintf(`
resource "veeam_standard_account" "mail" {
  name     = "mail"
  username = "relay"
  password = %q
}

resource "veeam_email_notifications" "this" {
  enabled        = true
  server         = %q
  port           = %d
  use_ssl        = %t
  credentials_id = veeam_standard_account.mail.id
  from           = "appliance@example.com"
  to             = "ops@example.com"
  subject        = "Backup"
}
`, password, mail.Address, mail.Port, mail.RootCAs != nil)
}

// A password is rotated on the appliance and on the mail server, or on one side alone.
func TestSendTestEmail_rotation(t *testing.T) {
	const first, second = "A-quiet-harbour", "An-early-thunder"
	mail := acctest.NewSecureMailServer(t, "relay", first)
	a := acctest.NewSimulated(t, simulator.Config{SMTPRootCAs: mail.RootCAs})
	works := func(*terraform.State) error {
		if _, failures := invoke(t, a.Protocol(t, nil), nil); len(failures) > 0 {
			return fmt.Errorf("the test message failed: %q", failures)
		}
		return arrived(mail, "ops@example.com")
	}
	fails := func(*terraform.State) error {
		_, failures := invoke(t, a.Protocol(t, nil), nil)
		if len(failures) != 1 || !strings.Contains(failures[0], "The test message was not sent") || !strings.Contains(failures[0], "wrong user name or password") {
			return fmt.Errorf("expected the mail server's words, got %q", failures)
		}
		if received := mail.Received(); len(received) > 0 {
			return fmt.Errorf("and yet the mail server has %+v", received)
		}
		return nil
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_11_0)},
		Steps: []resource.TestStep{
			{ // The appliance can send mail as soon as it is set up.
				Config: mailConfig(a, mail, first),
				Check:  works,
			},
			{ // The mail server gets a new password, and the appliance does not.
				PreConfig: func() { mail.SetPassword(second) },
				Config:    mailConfig(a, mail, first),
				Check:     fails,
			},
			{ // Now the appliance has the new one too.
				Config: mailConfig(a, mail, second),
				Check:  works,
			},
			{ // The other way round.
				Config: mailConfig(a, mail, first),
				Check:  fails,
			},
		},
	})
}

// Terraform itself sends the message after a rotation, in the same apply, and after a move to another mail server whose
// password is another one.
func TestSendTestEmail_actionTrigger(t *testing.T) {
	const first, second, third = "A-quiet-harbour", "An-early-thunder", "A-green-compass"
	mail, moved := acctest.NewMailServer(t, "relay", first), acctest.NewMailServer(t, "relay", third)
	a := acctest.NewSimulated(t, simulator.Config{})
	config := func(mail *acctest.MailServer, password string) string {
		return mailConfig(a, mail, password) + `
resource "terraform_data" "mail" {
  input = [veeam_standard_account.mail, veeam_email_notifications.this]

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.veeam_send_test_email.proof]
    }
  }
}

action "veeam_send_test_email" "proof" {
  config {
    to = "night-shift@example.com"
  }
}
`
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Providers(),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_14_0)},
		Steps: []resource.TestStep{
			{
				Config: config(mail, first),
				Check:  a.Wrote("POST /accounts/standard", "POST /settings/emailNotifications"),
			},
			{ // The new password is proven to work.
				PreConfig: func() { mail.SetPassword(second) },
				Config:    config(mail, second),
				Check: resource.ComposeAggregateTestCheckFunc(
					a.Wrote("POST "+testMessagePath, "PUT /accounts/standard/{id}"),
					func(*terraform.State) error { return arrived(mail, "night-shift@example.com") },
				),
			},
			{ // Server and password change together.
				Config: config(moved, third),
				Check:  func(*terraform.State) error { return arrived(moved, "night-shift@example.com") },
			},
			{ // The mail server still has the old password.
				Config:      config(moved, first),
				ExpectError: acctest.Saying(` says: the SMTP server refused the credentials`),
			},
		},
	})
}
