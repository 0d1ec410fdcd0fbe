// Package docs_test executes the documentation. README and each guide become a bash script, which writes the snippets to
// files and runs the commands with a real Terraform, in a clone of this tree. If you write a page:
//
//   - A terraform or hcl block is written to the file that its first line names in a comment (# main.tf), and replaces that
//     file. Without a name, it is appended to main.tf. A terraform block must be formatted by terraform fmt. A
//     configuration that no command uses is planned.
//   - A shell block is run. Variables and background jobs last until the end of the page. Every prompt is answered with yes.
//   - A text block is output of the shell block before it: the output must have each of its lines, where "..." matches
//     anything. With OpenTofu, only blocks that need OpenTofu are compared.
//   - backup.example.com, backup-berlin.example.com and similar names are simulated appliances with a Portal Administrator
//     called terraform, and appliance.pem and appliance-berlin.pem are their certificates. As the value of a variable, "..."
//     is replaced by a password: that of terraform for VEEAM_PASSWORD, otherwise a new one.
//   - A comment before a block gives the reason not to run it: <!-- not run: needs OpenTofu 1.11 -->. A block that needs
//     Terraform, OpenTofu or another command is run where that is available.
//   - The tests of examples run the blocks that are files there.
//
// make test runs the pages that build nothing, make test-all every page.
package docs_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/workspace"
)

func TestDocuments(t *testing.T) {
	t.Parallel()
	if os.Getenv("TF_ACC") == "" || os.Getenv("VEEAM_HOST") != "" {
		t.Skip("documents are run with TF_ACC set, and on simulated appliances alone")
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	documents, err := filepath.Glob(filepath.Join(root, "docs", "guides", "*.md"))
	if err != nil || len(documents) == 0 {
		t.Fatalf("there are no guides: %v", err)
	}
	examples := contents(t, filepath.Join(root, "examples"))
	mirror := filepath.Join(t.TempDir(), "mirror")
	if err := workspace.Mirror(t.Context(), mirror); err != nil {
		t.Fatal(err)
	}
	for _, path := range append(documents, filepath.Join(root, "README.md")) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if builds.Match(content) {
				acctest.OnlyInAll(t)
			}
			blocks, err := parse(string(content))
			if err != nil {
				t.Fatal(err)
			}
			w, err := workspace.New(t.TempDir(), mirror)
			if err != nil {
				t.Fatal(err)
			}
			clone(t, root, w.Dir)
			blocks = slices.DeleteFunc(blocks, func(b block) bool { return slices.Contains(examples, strings.TrimSpace(b.text)) })
			read(t, w, string(content), blocks)
		})
	}
}

// builds matches a document with a command that builds something.
var builds = regexp.MustCompile(`(?m)^\s*(make|go) \w`)

// contents returns the contents of all files in a folder and below.
func contents(t *testing.T, folder string) (contents []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		contents = append(contents, strings.TrimSpace(string(content)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

// clone makes a folder look like a fresh clone of the tree.
func clone(t *testing.T, root, dir string) {
	t.Helper()
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if slices.Contains([]string{".git", "bin", "build"}, entry.Name()) {
			continue
		}
		if err := os.Symlink(filepath.Join(root, entry.Name()), filepath.Join(dir, entry.Name())); err != nil {
			t.Fatal(err)
		}
	}
}

// read runs a document and compares the output with what the document shows.
func read(t *testing.T, w *workspace.Workspace, content string, blocks []block) {
	t.Helper()
	terraform, err := w.Run(t.Context(), "version")
	if err != nil {
		t.Fatal(err)
	}
	replacer := strings.NewReplacer(appliances(t, w, content)...)
	s := newScript(replacer)
	var run []block
	for _, b := range blocks {
		if b.reason != "" && !isMet(b.reason, terraform) {
			t.Run(fmt.Sprintf("line %d", b.line), func(t *testing.T) { t.Skip(b.reason) })
			s.checkFormat(b)
			continue
		}
		s.add(b)
		run = append(run, b)
	}
	s.planTheRest()

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	bash := exec.CommandContext(ctx, "bash", "-c", s.String())
	bash.Dir = w.Dir
	bash.Env = environment(t, w, content)
	bash.Stdin = yes{}
	bash.WaitDelay = 10 * time.Second
	output, err := bash.CombinedOutput()

	var line int
	printed := map[int]string{} // by the line of the block
	for _, part := range strings.Split(string(output), separator)[1:] {
		number, rest, _ := strings.Cut(part, "\n")
		line, _ = strconv.Atoi(number)
		printed[line] += rest
	}
	if err != nil {
		t.Fatalf("line %d: %v\n%s", line, err, printed[line])
	}
	for _, b := range run {
		switch b.language {
		case "shell":
			line = b.line
		case "text":
			if strings.HasPrefix(terraform, "OpenTofu") && !strings.Contains(b.reason, "OpenTofu") {
				continue
			}
			for _, missing := range b.missingFrom(printed[line], replacer) {
				t.Errorf("line %d: the block at line %d did not print %q\n%s", b.line, line, missing, printed[line])
			}
		}
	}
}

var applianceName = regexp.MustCompile(`\b(backup[a-z-]*)\.example\.com\b`)

// appliances starts the appliances that a document names. It returns pairs of a text and its replacement.
func appliances(t *testing.T, w *workspace.Workspace, content string) (replacements []string) {
	t.Helper()
	for _, match := range applianceName.FindAllStringSubmatch(content, -1) {
		if slices.Contains(replacements, match[0]) {
			continue
		}
		a := acctest.NewSimulated(t, simulator.Config{}).Simulated
		a.PutUser(simulator.User{Name: "terraform", Password: acctest.Password})
		if err := w.Write(strings.Replace(match[1], "backup", "appliance", 1)+".pem", a.CACertificate()); err != nil {
			t.Fatal(err)
		}
		replacements = append(replacements, match[0]+":11005", a.Host(), match[0], a.Host())
	}
	return replacements
}

// environment has a separate home directory, with the Terraform of the workspace.
func environment(t *testing.T, w *workspace.Workspace, content string) []string {
	t.Helper()
	home := t.TempDir()
	terraform := w.Command(t.Context())
	for _, name := range []string{"terraform", filepath.Base(terraform.Path)} {
		if err := os.Symlink(terraform.Path, filepath.Join(home, name)); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	// A document that installs the provider needs no Terraform settings.
	variables := slices.DeleteFunc(terraform.Env, func(variable string) bool {
		return strings.HasPrefix(variable, "TF_INPUT=") ||
			strings.HasPrefix(variable, "TF_CLI_CONFIG_FILE=") && strings.Contains(content, "make install")
	})
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} { // they are in the other home
		value, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		variables = append(variables, name+"="+strings.TrimSpace(string(value)))
	}
	return append(variables, "HOME="+home, "PATH="+home+string(filepath.ListSeparator)+os.Getenv("PATH"))
}

// yes answers every question.
type yes struct{}

func (yes) Read(p []byte) (int, error) { return copy(p, "yes\n"), nil }
