package examples_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/workspace"
)

// newLookUp lays out all examples that match a pattern, beside a provider block, for an appliance that has what they look up.
func newLookUp(t *testing.T, pattern string) (*workspace.Workspace, *simulator.Server) {
	t.Helper()
	a := acctest.NewSimulated(t, simulator.Config{})
	described := "Sends the backup reports"
	a.Simulated.PutAccount(simulator.Account{Name: "smtp-relay", Username: "backup@example.com", Description: &described, Password: "a password"})
	a.Simulated.PutAccount(simulator.Account{Name: "another", Username: "u", Password: "a password"})
	a.Simulated.PutUser(simulator.User{Name: "backup-operator", Password: "First-pw-19", MFAEnabled: true})
	a.Simulated.PutUser(simulator.User{Name: "auditor", Password: "First-pw-19"})
	w := acctest.NewWorkspace(t, a, guide{folder: filepath.Join("guides", "adopting")}.read(t, "main.tf"))
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no file matches %s (%v)", pattern, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(filepath.Base(filepath.Dir(file))+"-"+filepath.Base(file), string(content)); err != nil {
			t.Fatal(err)
		}
	}
	return w, a.Simulated
}

func TestLookingUp_dataSources(t *testing.T) {
	t.Parallel()
	w, appliance := newLookUp(t, "data-sources/*/data-source.tf")
	output, err := w.Run(t.Context(), "apply", "-auto-approve")
	if err != nil || strings.Contains(output, "Warning") {
		t.Fatalf("%v\n%s", err, output)
	}
	account, _ := appliance.AccountByName("smtp-relay")
	for name, want := range map[string]string{
		"smtp_credentials_id": `"` + account.ID + `"`,
		"undescribed":         `["another"]`,
		"without_mfa":         `["auditor"]`,
	} {
		if got, err := w.Run(t.Context(), "output", "-json", name); err != nil || strings.TrimSpace(got) != want {
			t.Errorf("%s is %s, expected %s (%v)", name, got, want, err)
		}
	}
	if writes := acctest.Writes(appliance.Requests()); len(writes) != 0 {
		t.Errorf("the appliance was sent %q", writes)
	}
}

func TestLookingUp_listResources(t *testing.T) {
	t.Parallel()
	w, _ := newLookUp(t, "list-resources/*/list-resource.tfquery.hcl")
	if _, err := w.Run(t.Context(), "query", "-help"); err != nil {
		t.Skip("terraform query came with Terraform 1.14")
	}
	output, err := w.Run(t.Context(), "query")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"smtp-relay": true, "another": false, "admin": true, "auditor": true, "backup-operator": true} {
		if got := strings.Contains(output, name); got != want {
			t.Errorf("%s was found: %t, expected %t\n%s", name, got, want, output)
		}
	}
}
