package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/acctest"
	"github.com/terraform-provider-veeam/terraform-provider-veeam/internal/simulator"
)

// home is where a user installs the provider from their clone.
type home struct {
	tree
	folder string
}

// newHome copies what the provider is built from into a repository.
func newHome(t *testing.T) home {
	t.Helper()
	h := home{tree: newTree(t), folder: t.TempDir()}
	root := os.DirFS(filepath.Join("..", "..", ".."))
	if err := os.CopyFS(filepath.Join(string(h.tree), "internal"), sub(t, root, "internal")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"GNUmakefile", "go.mod", "go.sum", "main.go"} {
		h.write(t, name, read(t, root, name))
	}
	return h
}

// make runs make install and returns what it says.
func (h home) make(t *testing.T, args ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "make", append([]string{"--no-print-directory", "install"}, args...)...)
	command.Dir = string(h.tree)
	command.Env = append(os.Environ(), "HOME="+h.folder)
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} { // they are in the other home
		value, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		command.Env = append(command.Env, name+"="+strings.TrimSpace(string(value)))
	}
	output, err := command.CombinedOutput()
	return string(output), err
}

var versionFolder = regexp.MustCompile(`/veeam/([^/]+)/`)

// installs runs make install and checks the version of what it installs.
func (h home) installs(t *testing.T, pattern string) string {
	t.Helper()
	output, err := h.make(t)
	match := versionFolder.FindStringSubmatch(output)
	if err != nil || match == nil || !regexp.MustCompile("^"+pattern+"$").MatchString(match[1]) {
		t.Fatalf("expected version %s: %v\n%s", pattern, err, output)
	}
	for _, registry := range registries {
		folder := filepath.Join(h.folder, ".terraform.d", "plugins", registry, match[1], runtime.GOOS+"_"+runtime.GOARCH)
		if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
			t.Errorf("%s has %d files: %v", folder, len(entries), err)
		}
	}
	return match[1]
}

// A configuration with a lock file goes on with the version it has until it asks for a later one.
func TestInstall_update(t *testing.T) {
	t.Parallel()
	acctest.OnlyInAll(t)
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, `
		terraform {
			required_providers {
				veeam = { source = "terraform-provider-veeam/veeam" }
			}
		}
		provider "veeam" {}
		data "veeam_appliance" "this" {}`)
	h := newHome(t)
	h.commit(t, first, "one")
	h.installs(t, "0.0.20261125182059")

	// From here on Terraform finds what was installed without further settings.
	for _, name := range []string{".terraform", ".terraform.lock.hcl"} {
		if err := os.RemoveAll(filepath.Join(w.Dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	terraform := func(want string, args ...string) {
		t.Helper()
		command := w.Command(t.Context(), args...)
		command.Env = append(slices.DeleteFunc(command.Env, func(v string) bool { return strings.HasPrefix(v, "TF_CLI_CONFIG_FILE=") }), "HOME="+h.folder)
		if output, err := command.CombinedOutput(); err != nil || !strings.Contains(string(output), want) {
			t.Fatalf("%q did not say %q: %v\n%s", args, want, err, output)
		}
	}
	terraform("Installed terraform-provider-veeam/veeam v0.0.20261125182059", "init")

	h.write(t, "main.go", strings.Replace(read(t, os.DirFS(string(h.tree)), "main.go"), `"dev"`, `"another"`, 1))
	h.commit(t, second, "two")
	h.installs(t, "0.0.20261125192059")
	terraform("No changes", "plan")
	terraform("Using previously-installed terraform-provider-veeam/veeam v0.0.20261125182059", "init")
	terraform("No changes", "plan")
	terraform("Installed terraform-provider-veeam/veeam v0.0.20261125192059", "init", "-upgrade")
	terraform("No changes", "plan")
	terraform("v0.0.20261125192059", "version")
}

// program replaces the provider in tests that do not run it, because it builds quickly.
func program(says string) string {
	return "package main\n\nvar version string\n\nfunc main() { println(version, " + strconv.Quote(says) + ") }\n"
}

// What is installed keeps its contents, so that the checksums in lock files stay true.
func TestInstall_neverOverwrites(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.write(t, "main.go", program("one"))
	h.commit(t, first, "one")
	h.git(t, first, "tag", "v0.1.0")
	h.installs(t, `0\.1\.0`)
	h.installs(t, `0\.1\.0`) // the same build again

	// Another commit of the same second is another build. Of a release there is but one.
	h.write(t, "main.go", program("two"))
	h.git(t, first, "commit", "--quiet", "--all", "--amend", "--message", "two")
	h.git(t, first, "tag", "--force", "v0.1.0")
	if output, err := h.make(t); err == nil || !strings.Contains(output, "another build of this version") {
		t.Errorf("a release was installed over another: %v\n%s", err, output)
	}
	h.git(t, first, "tag", "--delete", "v0.1.0")
	h.installs(t, `0\.0\.20261125182059`)
	h.write(t, "main.go", program("three"))
	h.git(t, first, "commit", "--quiet", "--all", "--amend", "--message", "three")
	if version := h.installs(t, `0\.0\.\d{14}`); version == "0.0.20261125182059" {
		t.Error("a commit was installed over another")
	}

	if output, err := h.make(t, "VERSION=0.0.1"); err != nil || !strings.Contains(output, "Version 0.1.0 is installed too") {
		t.Errorf("it was not said that Terraform takes a later version: %v\n%s", err, output)
	}
	if output, err := h.make(t, "VERSION=1.0"); err == nil || !strings.Contains(output, "not a version") {
		t.Errorf("that is not a version: %v\n%s", err, output)
	}
}

// A folder is a filesystem mirror for machines of several kinds, and a lock file made from it good for all of them.
func TestInstall_mirror(t *testing.T) {
	t.Parallel()
	acctest.OnlyInAll(t)
	a := acctest.NewSimulated(t, simulator.Config{})
	w := acctest.NewWorkspace(t, a, `
		terraform {
			required_providers {
				veeam = { source = "terraform-provider-veeam/veeam" }
			}
		}`)
	h := newHome(t)
	h.write(t, "main.go", program("one"))
	h.commit(t, first, "one")
	mirror := t.TempDir()
	if output, err := h.make(t, "PLUGINS="+mirror, "PLATFORMS=linux_amd64 darwin_arm64 windows_amd64"); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if entries, err := os.ReadDir(mirror); err != nil || len(entries) != len(registries) {
		t.Errorf("something is left in the mirror: %v %v", entries, err)
	}
	lock := filepath.Join(w.Dir, ".terraform.lock.hcl")
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	output, err := w.Run(t.Context(), "providers", "lock", "-fs-mirror="+mirror, "-platform=linux_amd64", "-platform=darwin_arm64", "-platform=windows_amd64")
	if err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(lock); err != nil || strings.Count(string(content), "h1:") != 3 || !strings.Contains(string(content), "0.0.20261125182059") {
		t.Errorf("the lock file does not have the three builds: %v\n%s\n%s", err, content, output)
	}
}

func sub(t *testing.T, folder fs.FS, name string) fs.FS {
	t.Helper()
	within, err := fs.Sub(folder, name)
	if err != nil {
		t.Fatal(err)
	}
	return within
}

func read(t *testing.T, folder fs.FS, name string) string {
	t.Helper()
	content, err := fs.ReadFile(folder, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
