package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/workspace"
)

// The examples of every resource work: Terraform creates the resource, plans no changes, and destroys it, and imports an
// existing object in each way that the page shows.
func TestResourceExamples(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob(filepath.Join("..", "..", "examples", "resources", "*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("there are no examples: %v", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			example := func(name string) string {
				content, err := os.ReadFile(filepath.Join(folder, name))
				if err != nil {
					t.Fatal(err)
				}
				return string(content)
			}
			a := acctest.NewSimulated(t, simulator.Config{})
			w := acctest.NewWorkspace(t, a, `
				terraform {
					required_providers {
						veeam = { source = "terraform-provider-veeam/veeam" }
					}
				}`)
			for _, variable := range regexp.MustCompile(`variable "(\w+_password)"`).FindAllStringSubmatch(example("resource.tf"), -1) {
				w.Environment["TF_VAR_"+variable[1]] = "Quiet-harbour-71"
			}
			write(t, w, "resource.tf", example("resource.tf"))
			expect(t, w, "Apply complete", "apply", "-auto-approve")
			expect(t, w, "No changes", "plan")
			expect(t, w, "Destroy complete", "destroy", "-auto-approve")

			// The objects to import.
			a.Simulated.PutAccount(simulator.Account{ID: "7a9c3f0e-52f4-4c1f-9d7c-0b1c5f2d8e61", Name: "smtp-relay", Username: "backup@example.com"})
			a.Simulated.PutUser(simulator.User{Name: "backup-operator"})
			write(t, w, "import.tf", example("import-by-string-id.tf"))
			expect(t, w, "Plan: 1 to import", "plan")
			write(t, w, "import.tf", example("import-by-identity.tf"))
			if isMet("needs Terraform 1.12 or OpenTofu 1.12", expect(t, w, " v1.", "version")) {
				expect(t, w, "Plan: 1 to import", "plan")
			}
			write(t, w, "import.tf", "")
			for _, command := range regexp.MustCompile(`(?m)^terraform (.+)$`).FindAllStringSubmatch(example("import.sh"), -1) {
				expect(t, w, "Import successful!", strings.Fields(command[1])...)
				expect(t, w, "Removed", append([]string{"state", "rm"}, strings.Fields(command[1])[1])...)
			}
		})
	}
}

func write(t *testing.T, w *workspace.Workspace, name, content string) {
	t.Helper()
	if err := w.Write(name, content); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, w *workspace.Workspace, text string, args ...string) string {
	t.Helper()
	output, err := w.Run(t.Context(), args...)
	if err != nil || !strings.Contains(output, text) {
		t.Fatalf("terraform %s did not say %q: %v\n%s", strings.Join(args, " "), text, err, output)
	}
	return output
}
