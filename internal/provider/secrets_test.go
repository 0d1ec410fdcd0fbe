package provider_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/workspace"
)

const secretConfiguration = `
terraform {
  required_providers {
    veeam = {
      source = "terraform-provider-veeam/veeam"
    }
  }
}

provider "veeam" {
  max_retries = 1
}

variable "smtp_password" {
  type      = string
  ephemeral = true
}

variable "operator_password" {
  type      = string
  ephemeral = true
}

variable "operator_old_password" {
  type      = string
  ephemeral = true
  default   = null
}

resource "veeam_standard_account" "relay" {
  name     = "relay"
  username = "relay@example.com"
  password = var.smtp_password
}

resource "veeam_user" "operator" {
  name         = "operator"
  password     = var.operator_password
  old_password = var.operator_old_password
}
`

// The full lifecycle under TF_LOG=TRACE, with refusals that repeat the password and passwords that need every kind of
// escape, leaves no secret anywhere: not in state, backup, plans, private state, output or the provider's log.
func TestStory_secrets(t *testing.T) {
	t.Parallel()
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, secretConfiguration)
	log := filepath.Join(t.TempDir(), "log")
	w.Environment["TF_LOG"], w.Environment["TF_LOG_PATH"] = "TRACE", log

	smtp := []string{`Quiet "harbour" & <71>% ä`, `Brown\lantern/58?+=`}
	operator := []string{`First "pw" & <19>% ä`, `Second\pw/28?+=`}
	secrets := append([]string{acctest.Password}, append(smtp, operator...)...)

	use := func(smtpPassword, operatorPassword, oldPassword string) {
		w.Environment["TF_VAR_smtp_password"] = smtpPassword
		w.Environment["TF_VAR_operator_password"] = operatorPassword
		delete(w.Environment, "TF_VAR_operator_old_password")
		if oldPassword != "" {
			w.Environment["TF_VAR_operator_old_password"] = oldPassword
		}
	}
	searched := 0
	run := func(wantError string, args ...string) string {
		t.Helper()
		output, err := w.Run(t.Context(), args...)
		if wantError == "" && err != nil || wantError != "" && (err == nil || !acctest.Saying(wantError).MatchString(output)) {
			t.Fatalf("terraform %s: %v", args[0], err)
		}
		if workspace.ContainsSecret([]byte(output), secrets...) {
			t.Errorf("terraform %s printed a secret", args[0])
		}
		files, hits, err := w.SearchSecrets(secrets...)
		if err != nil || len(hits) != 0 {
			t.Errorf("after terraform %s there are secrets in %q (%v)", args[0], hits, err)
		}
		searched += files
		return output
	}

	// Refusals that repeat what they were sent, as a careless appliance's do.
	use(smtp[0], operator[0], "")
	quoted, _ := json.Marshal("The password " + smtp[0] + " is not liked. " + strings.Repeat("Really. ", 60) + smtp[0])
	a.Simulated.AddFault(
		simulator.Fault{Kind: simulator.Status, Method: http.MethodPost, Path: "/accounts/standard", Count: 1, Status: http.StatusBadRequest,
			Body: `{"type": "x/problems/validationError", "title": "Refused", "status": 400, "errorCode": "UnknownError", "details": ` + string(quoted) + `}`},
		simulator.Fault{Kind: simulator.Status, Method: http.MethodPost, Path: "/users", Count: 1, Status: http.StatusTeapot,
			Header: http.Header{"Content-Type": {"text/html"}}, Body: "<html>" + operator[0] + url.QueryEscape(operator[0]) + base64.StdEncoding.EncodeToString([]byte(operator[0]))},
	)
	run("(redacted)", "apply", "-auto-approve")
	a.Simulated.ClearFaults()

	run("", "plan", "-out=create.tfplan")
	plan := run("", "show", "-json", "create.tfplan")
	write(t, filepath.Join(w.Dir, "plan.json"), plan)
	run("", "apply", "create.tfplan")
	created := checkValues(t, w)
	use(smtp[1], operator[1], operator[0])
	run("", "plan", "-out=rotate.tfplan")
	run("", "apply", "rotate.tfplan")
	if rotated := checkValues(t, w); rotated["relay"] == created["relay"] || rotated["operator"] == created["operator"] {
		t.Error("a rotation left the check value as it was")
	}
	use(smtp[0], operator[0], operator[1])
	run("", "apply", "-auto-approve")
	if again := checkValues(t, w); again["relay"] != created["relay"] || again["operator"] != created["operator"] {
		t.Error("the same password has another check value than before")
	}
	run("", "destroy", "-auto-approve")

	// Every token that was ever issued is a secret too.
	for _, request := range a.Simulated.Requests() {
		if token, found := strings.CutPrefix(request.Header.Get("Authorization"), "Bearer "); found {
			secrets = append(secrets, token)
		}
	}
	lines := providerLines(t, log)
	if workspace.ContainsSecret(lines, secrets...) {
		t.Error("the provider logged a secret")
	}
	if !strings.Contains(string(lines), "request to the appliance") || !strings.Contains(string(lines), "path=/api/v1/users") {
		t.Error("the provider logged no requests: there was nothing to search")
	}
	t.Logf("%d files and %d KiB of the provider's log searched for %d secrets in every encoding: no hit", searched, len(lines)>>10, len(secrets))
}

// providerLines returns the lines that the provider contributed to a log.
func providerLines(t *testing.T, log string) []byte {
	t.Helper()
	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.Join(regexp.MustCompile(`(?m)^.*provider\.terraform-provider-veeam.*$`).FindAllString(string(content), -1), "\n"))
}

// checkValues reads the check values out of the private state, by the resource's name, and checks that there is
// nothing else and that they are 16 bits.
func checkValues(t *testing.T, w *workspace.Workspace) map[string]string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(w.Dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Resources []struct {
			Name      string `json:"name"`
			Instances []struct {
				Private []byte `json:"private"`
			} `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(content, &state); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, resource := range state.Resources {
		var private map[string][]byte
		if err := json.Unmarshal(resource.Instances[0].Private, &private); err != nil || len(private) != 2 {
			t.Fatalf("the private state of %s holds %d keys, expected two (%v)", resource.Name, len(private), err)
		}
		value := string(private["password_check_value"])
		if !regexp.MustCompile(`^"[0-9a-f]{4}"$`).MatchString(value) {
			t.Errorf("the check value of %s is not four hexadecimal digits", resource.Name)
		}
		if counted := string(private["password_version_counted"]); counted != "true" && counted != "false" {
			t.Errorf("beside the check value of %s there is more than whether its version was counted", resource.Name)
		}
		values[resource.Name] = value
	}
	return values
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
