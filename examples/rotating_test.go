package examples_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// Passwords before and after a rotation.
const (
	smtpBefore, smtpAfter         = "Quiet-harbour-71", "Early-thunder-26"
	operatorBefore, operatorAfter = "Brown-lantern-58", "Green-compass-93"
)

// newRotation is the state of things before a rotation: both objects made with their first passwords.
func newRotation(t *testing.T) guide {
	t.Helper()
	g := newGuide(t, "rotating", simulator.Config{})
	g.set(map[string]string{"TF_VAR_smtp_password": smtpBefore, "TF_VAR_operator_password": operatorBefore})
	g.apply(t)
	g.expectPasswords(t, smtpBefore, operatorBefore)
	g.appliance.ResetRequests()
	return g
}

func (g guide) set(variables map[string]string) {
	for name, value := range variables {
		g.Environment[name] = value
	}
}

func (g guide) apply(t *testing.T, args ...string) string {
	t.Helper()
	output, err := g.Run(t.Context(), slices.Concat([]string{"apply", "-auto-approve"}, args)...)
	if err != nil {
		t.Fatal(err)
	}
	return output
}

// expectNothingToDo checks that a plan is empty.
func (g guide) expectNothingToDo(t *testing.T) {
	t.Helper()
	if _, err := g.Run(t.Context(), "plan", "-detailed-exitcode"); err != nil {
		t.Error(err)
	}
}

func (g guide) expectPasswords(t *testing.T, smtp, operator string) {
	t.Helper()
	if account, _ := g.appliance.AccountByName("smtp-relay"); account.Password != smtp {
		t.Error("the credentials record has another password than expected")
	}
	if user, _ := g.appliance.User("backup-operator"); operator != "" && user.Password != operator {
		t.Error("the user has another password than expected")
	}
}

// expectWrites checks what has been written since the last such check.
func (g guide) expectWrites(t *testing.T, want ...string) {
	t.Helper()
	if got := acctest.Writes(g.appliance.Requests()); !slices.Equal(got, want) {
		t.Errorf("the appliance was sent %q, expected %q", got, want)
	}
	g.appliance.ResetRequests()
}

func (g guide) expectNoSecret(t *testing.T, output string) {
	t.Helper()
	secrets := []string{smtpBefore, smtpAfter, operatorBefore, operatorAfter}
	searched, hits, err := g.SearchSecrets(secrets...)
	if err != nil || searched == 0 || len(hits) != 0 {
		t.Errorf("of %d files %q hold a password (%v)", searched, hits, err)
	}
	for _, secret := range secrets {
		if strings.Contains(output, secret) {
			t.Error("a password was printed")
		}
	}
}

func TestRotating_account(t *testing.T) {
	t.Parallel()
	g := newRotation(t)
	g.set(map[string]string{"NEW_SMTP_PASSWORD": smtpAfter})
	output := g.run(t, "rotate-account.sh")
	if !strings.Contains(output, `~ password_version = "1" -> "2"`) {
		t.Errorf("the plan does not show what the guide says:\n%s", output)
	}
	g.expectWrites(t, "PUT /accounts/standard/{id}")
	g.expectPasswords(t, smtpAfter, operatorBefore)
	g.expectNoSecret(t, output)
}

func TestRotating_user(t *testing.T) {
	t.Parallel()
	g := newRotation(t)
	g.set(map[string]string{"NEW_OPERATOR_PASSWORD": operatorAfter})
	output := g.run(t, "rotate-user.sh")
	g.expectWrites(t, "PUT /users/backup-operator")
	g.expectPasswords(t, smtpBefore, operatorAfter)
	g.expectNoSecret(t, output)

	// The old password may stay where it is.
	g.set(map[string]string{"TF_VAR_operator_password": operatorAfter, "TF_VAR_operator_old_password": operatorBefore})
	g.expectNothingToDo(t)
	g.expectWrites(t)
}

// Nobody knows the user's password any more.
func TestRotating_lostPassword(t *testing.T) {
	t.Parallel()
	g := newRotation(t)
	g.set(map[string]string{"NEW_OPERATOR_PASSWORD": operatorAfter})
	output := g.run(t, "replace-user.sh")
	g.expectWrites(t, "DELETE /users/backup-operator", "POST /users")
	g.expectPasswords(t, smtpBefore, operatorAfter)
	g.expectNoSecret(t, output)

	g.set(map[string]string{"TF_VAR_operator_password": operatorAfter})
	g.expectNothingToDo(t)
}

func TestRotating_pipeline(t *testing.T) {
	t.Parallel()
	g := newRotation(t)
	g.set(map[string]string{
		"TF_VAR_smtp_password": smtpAfter, "TF_VAR_operator_password": operatorAfter, "TF_VAR_operator_old_password": operatorBefore,
	})
	output := g.run(t, "pipeline.sh")
	g.expectWrites(t, "PUT /accounts/standard/{id}", "PUT /users/backup-operator")
	g.expectPasswords(t, smtpAfter, operatorAfter)
	g.expectNoSecret(t, output)
}

// A run that fails half-way is repeated as it is.
func TestRotating_failedRun(t *testing.T) {
	t.Parallel()
	g := newRotation(t)
	g.set(map[string]string{
		"TF_VAR_smtp_password": smtpAfter, "TF_VAR_operator_password": operatorAfter, "TF_VAR_operator_old_password": operatorBefore,
	})
	g.appliance.AddFault(simulator.Fault{Kind: simulator.Status, Method: "PUT", Path: "/users/*", Status: 500, Count: 1})
	if output, err := g.Run(t.Context(), "apply", "-auto-approve"); err == nil {
		t.Fatalf("this was to fail:\n%s", output)
	}
	g.expectPasswords(t, smtpAfter, operatorBefore)
	g.apply(t)
	g.expectPasswords(t, smtpAfter, operatorAfter)
	g.expectNothingToDo(t)
}

// What a saved plan has decided is done, with the values that are there when it is applied.
func TestRotating_otherValuesAtApply(t *testing.T) {
	t.Parallel()
	g := newRotation(t)
	plan := func() {
		t.Helper()
		if _, err := g.Run(t.Context(), "plan", "-out=rotate.tfplan"); err != nil {
			t.Fatal(err)
		}
	}
	plan()
	g.set(map[string]string{"TF_VAR_smtp_password": smtpAfter})
	g.apply(t, "rotate.tfplan")
	g.expectPasswords(t, smtpBefore, operatorBefore) // no change was planned

	plan()
	g.set(map[string]string{"TF_VAR_smtp_password": "Third-value-84"})
	g.apply(t, "rotate.tfplan")
	g.expectPasswords(t, "Third-value-84", operatorBefore)
	g.expectNothingToDo(t)
}

func TestRotating_versioned(t *testing.T) {
	t.Parallel()
	g := newGuide(t, "adopting", simulator.Config{}) // a provider block and nothing else
	g.folder = "guides/rotating/versioned"
	g.use(t, "record.tf")
	g.set(map[string]string{"TF_VAR_smtp_password": smtpBefore, "TF_VAR_smtp_password_version": "2026-11"})
	g.apply(t)

	g.set(map[string]string{"TF_VAR_smtp_password": smtpAfter})
	g.expectNothingToDo(t) // until the version changes
	g.expectPasswords(t, smtpBefore, "")

	g.set(map[string]string{"NEW_SMTP_PASSWORD": smtpAfter})
	output := g.run(t, "rotate.sh")
	if !strings.Contains(output, `~ password_version = "2026-11" -> "2026-12"`) {
		t.Errorf("the plan does not show what the guide says:\n%s", output)
	}
	g.expectPasswords(t, smtpAfter, "")
	g.expectNoSecret(t, output)
}

// An ephemeral resource whose value is another at every opening: without a version there is always something to send,
// with one there is not. And the version itself cannot be ephemeral. The token of a session stands in for a value that
// some secret manager generates.
func TestRotating_anotherValueAtEveryOpening(t *testing.T) {
	t.Parallel()
	g := newGuide(t, "adopting", simulator.Config{}) // a provider block and nothing else
	configure := func(version string) {
		t.Helper()
		err := g.Write("account.tf", `
			ephemeral "veeam_access_token" "generated" {}

			resource "veeam_standard_account" "smtp" {
				name             = "smtp-relay"
				username         = "backup@example.com"
				password         = ephemeral.veeam_access_token.generated.access_token
				password_version = `+version+`
			}`)
		if err != nil {
			t.Fatal(err)
		}
	}
	configure("null")
	g.apply(t)
	if output, err := g.Run(t.Context(), "plan", "-detailed-exitcode"); err == nil {
		t.Errorf("there is nothing to do:\n%s", output)
	}
	configure(`"first"`)
	g.apply(t)
	g.expectNothingToDo(t)

	configure("ephemeral.veeam_access_token.generated.expires_at")
	if output, err := g.Run(t.Context(), "plan"); err == nil || !strings.Contains(strings.ToLower(output), "ephemeral value") {
		t.Errorf("an ephemeral version is accepted:\n%s", output)
	}
}
