package docs_test

import (
	"fmt"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
)

// separator and the line of a block precede the output of the block.
const separator = "--- the block at line "

// script is what bash runs for a document.
type script struct {
	strings.Builder
	replacer  *strings.Replacer // of what a reader replaces
	passwords int
	unplanned map[string]bool // files that no command has used so far
}

func newScript(replacer *strings.Replacer) *script {
	s := &script{replacer: replacer, unplanned: map[string]bool{}}
	// Background jobs end with the document.
	s.WriteString("set -e -o pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n")
	return s
}

// add appends a block.
func (s *script) add(b block) {
	switch b.language {
	case "shell":
		s.begin(b)
		s.WriteString(value.ReplaceAllStringFunc(s.replacer.Replace(b.text), s.withPassword))
		if runsTerraform.MatchString(b.text) {
			clear(s.unplanned)
		}
	case "terraform", "hcl":
		s.checkFormat(b)
		s.save(b)
	}
}

func (s *script) begin(b block) { fmt.Fprintf(s, "echo '%s%d'\n", separator, b.line) }

// checkFormat checks the text without replacements, which change the alignment.
func (s *script) checkFormat(b block) {
	if b.language == "terraform" {
		s.begin(b)
		fmt.Fprintf(s, "cat > ~/snippet.tf <<'END'\n%sEND\nterraform fmt -check -diff ~/snippet.tf\n", b.text)
	}
}

var (
	fileName      = regexp.MustCompile(`^# ([\w./-]+\.\w+)\n`)
	value         = regexp.MustCompile(`\b\w+=\.\.\.`)
	runsTerraform = regexp.MustCompile(`(?m)\b(terraform|tofu) `)
)

func (s *script) save(b block) {
	name, operator := "main.tf", ">>"
	if match := fileName.FindStringSubmatch(b.text); match != nil {
		name, operator = match[1], ">"
		if s.unplanned[name] {
			s.planTheRest()
		}
	}
	fmt.Fprintf(s, "mkdir -p %s\ncat %s %s <<'END'\n%sEND\n", path.Dir(name), operator, name, s.replacer.Replace(b.text))
	if path.Ext(name) == ".tf" {
		s.unplanned[name] = true
	}
}

// planTheRest plans the files that no command has used.
func (s *script) planTheRest() {
	if len(s.unplanned) > 0 {
		s.WriteString("terraform init\nterraform plan\n")
		clear(s.unplanned)
	}
}

func (s *script) withPassword(assignment string) string {
	name, _, _ := strings.Cut(assignment, "=")
	if name == "VEEAM_PASSWORD" {
		return name + "='" + acctest.Password + "'"
	}
	s.passwords++
	return fmt.Sprintf("%s=Quiet-harbour-%d", name, 70+s.passwords)
}

var need = regexp.MustCompile(`^needs (\w+)`)

// isMet reports whether what a block needs is available: a command, or the given version.
func isMet(reason, version string) bool {
	command := need.FindStringSubmatch(reason)
	if command == nil {
		return false
	}
	wanted := releases(reason)
	if len(wanted) == 0 {
		_, err := exec.LookPath(command[1])
		return err == nil
	}
	here := releases(version)[0]
	return slices.ContainsFunc(wanted, func(r release) bool {
		return r.product == here.product && (r.major < here.major || r.major == here.major && r.minor <= here.minor)
	})
}

type release struct {
	product      string
	major, minor int
}

var releaseName = regexp.MustCompile(`(Terraform|OpenTofu) v?(\d+)\.(\d+)`)

func releases(text string) (found []release) {
	for _, match := range releaseName.FindAllStringSubmatch(text, -1) {
		major, _ := strconv.Atoi(match[2])
		minor, _ := strconv.Atoi(match[3])
		found = append(found, release{match[1], major, minor})
	}
	return found
}

func TestIsMet(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]bool{
		"needs Terraform 1.11":                  true,
		"needs Terraform 1.9":                   true,
		"needs Terraform 1.12":                  false,
		"needs OpenTofu 1.11":                   false,
		"needs OpenTofu 1.12 or Terraform 1.10": true,
		"needs HCP Terraform":                   false,
		"needs sh":                              true,
		"needs a-command-that-is-nowhere":       false,
		"it is wrong and needs Terraform 1.11":  false,
	} {
		if got := isMet(reason, "Terraform v1.11.4\non linux_amd64\n"); got != want {
			t.Errorf("%q is met: %t", reason, got)
		}
	}
}
