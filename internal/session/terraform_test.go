package session_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

const required = `
terraform {
  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}
`

// The example of the documentation: the token opens the appliance for another provider block and for curl, and is stored
// nowhere afterwards.
func TestAccessToken_example(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("the example runs curl")
	}
	example, err := os.ReadFile(filepath.Join("..", "..", "examples", "ephemeral-resources", "veeam_access_token", "ephemeral-resource.tf"))
	if err != nil {
		t.Fatal(err)
	}
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, required+string(example))
	w.Environment["TF_VAR_smtp_password"] = "Quiet-harbour-71"
	w.Environment["TF_LOG"] = "TRACE"
	w.Environment["TF_LOG_PATH"] = filepath.Join(w.Dir, "trace.log")
	if err := w.Write("appliance.pem", a.Simulated.CACertificate()); err != nil {
		t.Fatal(err)
	}

	var printed strings.Builder
	for _, args := range [][]string{
		{"plan", "-out=create.tfplan"},
		{"apply", "create.tfplan"},
		{"show", "-json"},
		{"plan", "-detailed-exitcode"},
		{"destroy", "-auto-approve"},
	} {
		output, err := w.Run(t.Context(), args...)
		if err != nil {
			t.Fatal(err)
		}
		printed.WriteString(output)
		if open := a.Simulated.Sessions(); open != 0 {
			t.Errorf("%s left %d sessions open", args[0], open)
		}
	}
	if got, want := acctest.Writes(a.Simulated.Requests()), []string{"DELETE /accounts/standard/{id}", "POST /accounts/standard"}; !slices.Equal(got, want) {
		t.Errorf("the appliance was sent %q, expected %q", got, want)
	}
	curled := slices.ContainsFunc(a.Simulated.Requests(), func(r simulator.Request) bool {
		return r.Path == "/system/version" && r.Status == http.StatusOK && strings.HasPrefix(r.Header.Get("User-Agent"), "curl/")
	})
	if answer, err := os.ReadFile(filepath.Join(w.Dir, "version.json")); !curled || err != nil || !strings.Contains(string(answer), `"2.0.0.0"`) {
		t.Errorf("curl got %q (%v)", answer, err)
	}

	tokens := tokensIn(t, a.Simulated.Requests())
	if searched, hits, err := w.SearchSecrets(tokens...); err != nil || len(hits) != 0 {
		t.Errorf("of %d files searched, %q hold one of %d tokens (%v)", searched, hits, len(tokens), err)
	}
	// A value that is not secret is found in all of them.
	if _, hits, _ := w.SearchSecrets("veeam_access_token"); !slices.Contains(hits, "trace.log") || !slices.Contains(hits, "create.tfplan") {
		t.Errorf("only %q were searched", hits)
	}
	for _, token := range tokens {
		if strings.Contains(printed.String(), token) {
			t.Error("a token was printed")
		}
	}
}

// sessionForOperator makes a user through a session that the run opens.
const sessionForOperator = required + `
ephemeral "veeam_access_token" "run" {}

provider "veeam" {
  alias = "session"
  token = ephemeral.veeam_access_token.run.access_token
}

resource "veeam_user" "operator" {
  provider = veeam.session
  name     = "operator"
  password = "First-pw-19"
}
`

// A run that takes longer than the token lives: the session is renewed meanwhile, and signed out at the end.
func TestAccessToken_longRun(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{AccessTokenLifetime: 3 * time.Second, RefreshTokenLifetime: time.Minute})
	w := acctest.NewWorkspace(t, a, sessionForOperator)
	// Time is what this is about: creating the user takes longer than two lives of a token.
	a.Simulated.AddFault(simulator.Fault{Kind: simulator.Delay, Method: http.MethodPost, Path: "/users", Delay: 7 * time.Second})

	if output, err := w.Run(t.Context(), "apply", "-auto-approve"); err != nil || strings.Contains(output, "Warning") {
		t.Errorf("%v\n%s", err, output)
	}
	refreshes := 0
	for _, request := range a.Simulated.Requests() {
		if request.Path == "/token" && strings.Contains(string(request.Body), "grant_type=refresh_token") {
			refreshes++
		}
	}
	if refreshes < 2 {
		t.Errorf("the session was renewed %d times", refreshes)
	}
	if open := a.Simulated.Sessions(); open != 0 {
		t.Errorf("%d sessions are open", open)
	}
}

// A run that fails leaves no session behind either.
func TestAccessToken_failedRun(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, sessionForOperator)
	a.Simulated.AddFault(simulator.Fault{Kind: simulator.Status, Method: http.MethodPost, Path: "/users", Status: http.StatusInternalServerError})

	if output, err := w.Run(t.Context(), "apply", "-auto-approve"); err == nil || !strings.Contains(output, `Could not create user "operator"`) {
		t.Errorf("%v\n%s", err, output)
	}
	if opened := a.Simulated.Count(http.MethodPost, "/token"); opened != 2 {
		t.Errorf("%d sessions were opened, expected one for the plan and one for the apply", opened)
	}
	if open := a.Simulated.Sessions(); open != 0 {
		t.Errorf("%d sessions are open", open)
	}
}

// tokensIn are the tokens with which the appliance was asked.
func tokensIn(t *testing.T, requests []simulator.Request) []string {
	t.Helper()
	var tokens []string
	for _, request := range requests {
		if token, found := strings.CutPrefix(request.Header.Get("Authorization"), "Bearer "); found && !slices.Contains(tokens, token) {
			tokens = append(tokens, token)
		}
	}
	if len(tokens) == 0 {
		t.Fatal("no request had a token")
	}
	return tokens
}
