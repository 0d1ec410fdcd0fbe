package acctest

import (
	"maps"
	"os"
	"slices"
	"strings"
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

// Command is a command of Terraform in a story, with what has to come of it. Words count wherever Terraform breaks its lines.
type Command struct {
	Because string            // what there is to see, for the failure
	With    map[string]string // variables
	Args    string
	Fails   bool
	Says    []string
	Silent  []string // what it must not say
	Writes  []string // as [Writes] lists them
}

// Tell runs the commands of a story one after the other.
func Tell(t *testing.T, a *Appliance, w *workspace.Workspace, story ...Command) {
	t.Helper()
	for _, c := range story {
		maps.DeleteFunc(w.Environment, func(name, _ string) bool { return strings.HasPrefix(name, "TF_VAR_") })
		for name, value := range c.With {
			w.Environment["TF_VAR_"+name] = value
		}
		a.Simulated.ResetRequests()
		output, err := w.Run(t.Context(), strings.Fields(c.Args)...)
		if (err != nil) != c.Fails {
			t.Fatalf("%s: terraform %s failed: %t\n%s", c.Because, c.Args, err != nil, output)
		}
		words := strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " ")
		for _, want := range c.Says {
			if !strings.Contains(words, want) {
				t.Errorf("%s: terraform %s does not say %q:\n%s", c.Because, c.Args, want, output)
			}
		}
		for _, not := range c.Silent {
			if strings.Contains(words, not) {
				t.Errorf("%s: terraform %s says %q:\n%s", c.Because, c.Args, not, output)
			}
		}
		if got := Writes(a.Simulated.Requests()); !slices.Equal(got, c.Writes) {
			t.Errorf("%s: terraform %s sent %q, expected %q", c.Because, c.Args, got, c.Writes)
		}
	}
}
