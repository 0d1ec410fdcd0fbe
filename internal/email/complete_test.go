package email_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const completeExample = "../../examples/complete/"

// examples/complete as a user runs it, with a real mail server.
func TestCompleteExample(t *testing.T) {
	const (
		firstMail, secondMail, thirdMail = "A-quiet-harbour", "An-early-thunder", "A-green-compass"
		operator, newOperator, auditor   = "Brown-lantern-58", "Grey-lantern-85", "Long-summer-37"
	)
	mail := acctest.NewSecureMailServer(t, "relay", firstMail)
	a := acctest.NewSimulated(t, simulator.Config{SMTPRootCAs: mail.RootCAs})
	w := acctest.NewWorkspace(t, a, read(t, completeExample+"main.tf"))

	run := func(args ...string) string {
		t.Helper()
		output, err := w.Run(t.Context(), args...)
		if err != nil {
			t.Fatal(err)
		}
		return output
	}
	hasActions := hasActions(run("version"))
	if hasActions {
		if err := w.Write("test_message.tf", read(t, completeExample+"terraform-1.14/test_message.tf")); err != nil {
			t.Fatal(err)
		}
	}
	// sends fails the test unless the appliance can send mail: by the word of the example, or of the action alone.
	sends := func() {
		t.Helper()
		if !hasActions {
			if _, failures := invoke(t, a.Protocol(t, nil), nil); len(failures) > 0 {
				t.Errorf("the test message failed: %q", failures)
			}
		}
		received := mail.Received()
		if len(received) != 1 || !slices.Equal(received[0].To, []string{"ops@example.com", "jane@example.com"}) {
			t.Errorf("the mail server has %+v, expected one message", received)
		}
	}

	variable := func(name string, value any) {
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		w.Environment["TF_VAR_"+name] = string(encoded)
	}
	variable("mail", map[string]any{
		"server": mail.Address, "port": mail.Port, "starttls": true, "username": "relay",
		"from": "appliance@example.com", "to": []string{"ops@example.com", "jane@example.com"},
	})
	w.Environment["TF_VAR_mail_password"] = firstMail
	variable("user_passwords", map[string]string{"backup-operator": operator, "backup-auditor": auditor})

	// Everything is created, and mail arrives.
	run("apply", "-auto-approve")
	for name, password := range map[string]string{"backup-operator": operator, "backup-auditor": auditor} {
		if user, _ := a.Simulated.User(name); user.Password != password {
			t.Errorf("the user %s is %+v", name, user)
		}
	}
	if got := a.Simulated.EmailNotifications(); !got.Enabled || got.To != "ops@example.com; jane@example.com" || !got.EnableScheduledNotification {
		t.Errorf("the settings are %+v", got)
	}
	sends()
	run("plan", "-detailed-exitcode")
	if hasActions {
		run("apply", "-auto-approve", "-invoke=action.veeam_send_test_email.proof")
		sends()
	}

	// The mail server gets a new password, and so do the appliance and one of its users.
	mail.SetPassword(secondMail)
	w.Environment["TF_VAR_mail_password"] = secondMail
	variable("user_passwords", map[string]string{"backup-operator": newOperator, "backup-auditor": auditor})
	variable("old_user_passwords", map[string]string{"backup-operator": operator})
	run("apply", "-auto-approve")
	if user, _ := a.Simulated.User("backup-operator"); user.Password != newOperator {
		t.Error("the operator has not got the new password")
	}
	sends()

	// The appliance gets another one, and the mail server does not.
	w.Environment["TF_VAR_mail_password"] = thirdMail
	output, err := w.Run(t.Context(), "apply", "-auto-approve")
	if hasActions != (err != nil) || hasActions != strings.Contains(output, "The test message was not sent") {
		t.Errorf("with actions (%t) this ended with %v", hasActions, err)
	}
	if received := mail.Received(); len(received) > 0 {
		t.Errorf("the mail server has %+v, expected nothing", received)
	}

	run("destroy", "-auto-approve")
	if len(a.Simulated.Accounts()) != 0 || len(a.Simulated.Users()) != 1 || a.Simulated.EmailNotifications().Enabled {
		t.Errorf("destroy left %+v, %+v and %+v", a.Simulated.Accounts(), a.Simulated.Users(), a.Simulated.EmailNotifications())
	}
}

// Terraform accepts the examples in the documentation.
func TestExamples(t *testing.T) {
	for file, since := range map[string]tfversion.TerraformVersionCheck{
		"resources/veeam_email_notifications/resource.tf": tfversion.SkipBelow(tfversion.Version1_11_0),
		"actions/veeam_send_test_email/action.tf":         tfversion.SkipBelow(tfversion.Version1_14_0),
	} {
		t.Run(file, func(t *testing.T) {
			a := acctest.NewSimulated(t, simulator.Config{})
			resource.Test(t, resource.TestCase{
				ProtoV6ProviderFactories: acctest.Providers(),
				TerraformVersionChecks:   []tfversion.TerraformVersionCheck{since},
				Steps: []resource.TestStep{{
					Config:          a.Provider() + read(t, "../../examples/"+file),
					ConfigVariables: config.Variables{"smtp_password": config.StringVariable("A-quiet-harbour")},
					Check:           a.Wrote("POST /accounts/standard", save),
				}},
			})
		})
	}
}

// hasActions reports whether a Terraform has actions by what "terraform version" prints. OpenTofu has none.
func hasActions(version string) bool {
	var major, minor int
	_, err := fmt.Sscanf(version, "Terraform v%d.%d", &major, &minor)
	return err == nil && (major > 1 || major == 1 && minor >= 14)
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
