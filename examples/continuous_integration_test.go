package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// step returns the commands of a step of a workflow.
func step(t *testing.T, workflow, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("guides", "continuous-integration", workflow))
	if err != nil {
		t.Fatal(err)
	}
	pattern := `- name: ` + name + `\n(?: {8}[^-].*\n)*? {8}run: \|\n((?: {10}.*\n|\n)+)`
	match := regexp.MustCompile(pattern).FindStringSubmatch(string(content))
	if match == nil {
		t.Fatalf("%s has no step %q", workflow, name)
	}
	return match[1]
}

// bash runs commands as GitHub Actions does.
func (g guide) bash(t *testing.T, commands string, environment ...string) (string, error) {
	t.Helper()
	terraform := g.Command(t.Context())
	bin := t.TempDir()
	if err := os.Symlink(terraform.Path, filepath.Join(bin, "terraform")); err != nil {
		t.Fatal(err)
	}
	shell := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", commands)
	shell.Dir = g.Dir
	shell.Env = append(terraform.Env, append(environment, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))...)
	output, err := shell.CombinedOutput()
	return string(output), err
}

func TestContinuousIntegration_planAndApply(t *testing.T) {
	t.Parallel()
	g := newGuide(t, "rotating", simulator.Config{})
	g.set(map[string]string{"TF_VAR_smtp_password": smtpBefore, "TF_VAR_operator_password": operatorBefore})
	if output, err := g.Run(t.Context(), "init"); err != nil { // the lock file is in the repository
		t.Fatalf("%v\n%s", err, output)
	}
	output, err := g.bash(t, step(t, "plan.yml", "Plan"), "VEEAM_PLAN_VALIDATION=false")
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if plan, err := os.ReadFile(filepath.Join(g.Dir, "plan.txt")); err != nil || !strings.Contains(string(plan), "Plan: 2 to add") {
		t.Errorf("the comment does not have the plan: %v\n%s", err, plan)
	}
	g.expectWrites(t)
	if output, err := g.bash(t, step(t, "plan.yml", "Plan"), "VEEAM_HOST=http://backup.example.com"); err == nil {
		t.Errorf("a plan that fails does not fail the step:\n%s", output)
	}
	output, err = g.bash(t, step(t, "apply.yml", "Apply"))
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	g.expectPasswords(t, smtpBefore, operatorBefore)
	g.expectNoSecret(t, output)
}

// The workflows of the guide use the versions of actions that the project uses, which are kept up to date.
func TestContinuousIntegration_actions(t *testing.T) {
	t.Parallel()
	uses := regexp.MustCompile(`uses: (\S+@\S+ # \S+)`)
	read := func(pattern string) (found []string) {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("there are no workflows: %v", err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range uses.FindAllStringSubmatch(string(content), -1) {
				found = append(found, match[1])
			}
		}
		return found
	}
	own := read("../.github/workflows/*.yml")
	for _, action := range read("guides/continuous-integration/*.yml") {
		if !slices.Contains(own, action) {
			t.Errorf("the project does not use %s", action)
		}
	}
}

func TestContinuousIntegration_credentials(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("the script needs jq")
	}
	dir := t.TempDir()
	fakes := filepath.Join(dir, "fakes.sh")
	err := os.WriteFile(fakes, []byte(`
		curl() {
			[[ "$*" = *"Bearer asks"*"https://identity?a=b&audience=sts.amazonaws.com" ]] || return 22
			echo '{"value": "who I am"}'
		}
		aws() {
			[[ "$(cat "$AWS_WEB_IDENTITY_TOKEN_FILE")" = "who I am" ]] || return 1
			case "$*" in
				"configure export-credentials --format env-no-export") echo AWS_SESSION_TOKEN=a-session ;;
				*"--secret-id the-secret "*) echo Quiet-harbour-71 ;;
				*) return 1 ;;
			esac
		}`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("guides/continuous-integration/credentials.sh")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), script)
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"), "BASH_ENV=" + fakes, "RUNNER_TEMP=" + dir, "GITHUB_ENV=" + filepath.Join(dir, "env"),
		"ACTIONS_ID_TOKEN_REQUEST_URL=https://identity?a=b", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=asks", "SECRET_ID=the-secret",
	}
	output, err := command.CombinedOutput()
	if want := "::add-mask::a-session\n::add-mask::Quiet-harbour-71\n"; err != nil || string(output) != want {
		t.Errorf("it printed %q, expected %q (%v)", output, want, err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "env")); err != nil || string(got) != "AWS_SESSION_TOKEN=a-session\nVEEAM_PASSWORD=Quiet-harbour-71\n" {
		t.Errorf("the next steps get %q (%v)", got, err)
	}
}
