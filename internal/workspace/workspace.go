// Package workspace runs a real Terraform or OpenTofu with the provider built from this tree, in a separate folder and
// with nothing from outside: no registry, no settings of the user who runs it.
package workspace

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const (
	module  = "github.com/terraform-provider-veeam/terraform-provider-veeam"
	version = "0.0.1"
)

// Workspace is a folder with a configuration.
type Workspace struct {
	// Dir holds the configuration, and the state and plans that come of it.
	Dir string
	// Environment holds additional variables for every command: TF_VAR_… and VEEAM_….
	Environment map[string]string

	executable string
	cliConfig  string
}

// Mirror puts the provider into a folder from which workspaces install it. The flags are those of go build.
func Mirror(ctx context.Context, dir string, flags ...string) error {
	// Terraform and OpenTofu each look for a provider under the name of its registry.
	executable := func(registry string) string {
		return filepath.Join(dir, registry, "terraform-provider-veeam", "veeam", version, runtime.GOOS+"_"+runtime.GOARCH,
			"terraform-provider-veeam_v"+version)
	}
	first, second := executable("registry.terraform.io"), executable("registry.opentofu.org")
	if err := build(ctx, first, flags); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(second), 0o700); err != nil {
		return err
	}
	return os.Link(first, second)
}

// New makes a workspace in the folder dir, whose providers come from a mirror alone. The commands are run by the
// program that TF or TF_ACC_TERRAFORM_PATH names, else by terraform or tofu on PATH.
func New(dir, mirror string) (*Workspace, error) {
	executable, err := find()
	if err != nil {
		return nil, err
	}
	w := &Workspace{
		Dir:         filepath.Join(dir, "configuration"),
		Environment: map[string]string{},
		executable:  executable,
		cliConfig:   filepath.Join(dir, "cli.tfrc"),
	}
	if err := os.MkdirAll(w.Dir, 0o700); err != nil {
		return nil, err
	}
	content := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", filepath.ToSlash(mirror))
	return w, os.WriteFile(w.cliConfig, []byte(content), 0o600)
}

func find() (string, error) {
	names := []string{"terraform", "tofu"}
	for _, variable := range []string{"TF", "TF_ACC_TERRAFORM_PATH"} {
		if name := os.Getenv(variable); name != "" {
			names = []string{name}
			break
		}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", fmt.Errorf("%s cannot be run: install Terraform or OpenTofu, 1.11 or later, or name it with TF", strings.Join(names, " or "))
}

// Write writes a file of the configuration.
func (w *Workspace) Write(name, content string) error {
	return os.WriteFile(filepath.Join(w.Dir, name), []byte(content), 0o600)
}

// Command prepares a command of Terraform in the workspace.
func (w *Workspace) Command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, w.executable, args...)
	command.Dir = w.Dir
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TF_") && !strings.HasPrefix(variable, "VEEAM_") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(command.Env, "TF_CLI_CONFIG_FILE="+w.cliConfig, "TF_CLI_ARGS=-no-color", "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1")
	for _, name := range slices.Sorted(maps.Keys(w.Environment)) {
		command.Env = append(command.Env, name+"="+w.Environment[name])
	}
	return command
}

// Run runs a command of Terraform and returns what it printed. An error holds that too.
func (w *Workspace) Run(ctx context.Context, args ...string) (string, error) {
	output, err := w.Command(ctx, args...).CombinedOutput()
	if err != nil {
		return string(output), fmt.Errorf("%s %s: %w\n%s", filepath.Base(w.executable), strings.Join(args, " "), err, output)
	}
	return string(output), nil
}
