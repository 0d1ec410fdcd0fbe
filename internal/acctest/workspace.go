package acctest

import (
	"os"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/workspace"
)

// NewWorkspace gives a story a folder in which a real Terraform runs the provider as it is built and installed, with the
// flags of go build, against the simulated appliance. Terraform is initialized for the configuration.
func NewWorkspace(t *testing.T, a *Appliance, configuration string, flags ...string) *workspace.Workspace {
	t.Helper()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("acceptance stories run with TF_ACC set")
	}
	dir := t.TempDir()
	mirror := dir + "/mirror"
	if err := workspace.Mirror(t.Context(), mirror, flags...); err != nil {
		t.Fatal(err)
	}
	w, err := workspace.New(dir, mirror)
	if err != nil {
		t.Fatal(err)
	}
	w.Environment["VEEAM_HOST"] = a.Simulated.Host()
	w.Environment["VEEAM_USERNAME"] = Username
	w.Environment["VEEAM_PASSWORD"] = Password
	w.Environment["VEEAM_CA_CERTIFICATE"] = a.Simulated.CACertificate()
	if err := w.Write("main.tf", configuration); err != nil {
		t.Fatal(err)
	}
	if output, err := w.Run(t.Context(), "init"); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return w
}
