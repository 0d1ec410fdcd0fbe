// Command install builds the provider and copies it to where terraform init and tofu init look before they ask a registry.
// Run it from the root of the repository.
//
// A lock file has the checksums of a version. So every build gets a new version, later than those before it, and an
// installed version is never overwritten.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	goversion "github.com/hashicorp/go-version"
)

const name = "terraform-provider-veeam"

// Terraform and OpenTofu each look for a provider under the name of its registry.
var registries = []string{
	filepath.Join("registry.terraform.io", name, "veeam"),
	filepath.Join("registry.opentofu.org", name, "veeam"),
}

func main() {
	var i installation
	var platforms string
	flag.StringVar(&i.folder, "folder", "", "the `folder` to install into, a filesystem mirror; defaults to the one in the user's home directory that Terraform reads by default")
	flag.StringVar(&platforms, "platforms", runtime.GOOS+"_"+runtime.GOARCH, "the platforms to build for, such as `\"linux_amd64 darwin_arm64\"`")
	flag.StringVar(&i.version, "version", "", "the `version` to build; defaults to a version derived from git")
	flag.Parse()
	i.platforms = strings.Fields(platforms)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := i.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "install:", err)
		stop()
		os.Exit(1)
	}
}

// installation is what to install where.
type installation struct {
	folder    string
	platforms []string
	version   string
}

func (i installation) run(ctx context.Context) error {
	if i.folder == "" {
		var err error
		if i.folder, err = pluginFolder(); err != nil {
			return err
		}
	}
	versions := []string{i.version}
	if i.version == "" {
		versions = versionsOf(ctx, ".", time.Now())
	}
	for _, version := range versions {
		if v, err := goversion.NewSemver(version); err != nil || v.String() != version {
			return fmt.Errorf("%q is not a version such as 1.2.3", version)
		}
		installed, err := i.install(ctx, version)
		if errors.Is(err, errOtherBuild) && version != versions[len(versions)-1] {
			continue
		}
		if err != nil {
			return err
		}
		return i.tell(installed, version)
	}
	return nil
}

// pluginFolder is where Terraform and OpenTofu look without any setting.
func pluginFolder() (string, error) {
	if runtime.GOOS == "windows" {
		settings, err := os.UserConfigDir()
		return filepath.Join(settings, "terraform.d", "plugins"), err
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".terraform.d", "plugins"), err
}

var errOtherBuild = errors.New("another build")

// install builds a version for each platform and puts it in its place for each registry. If one of the places has
// another build, nothing is installed.
func (i installation) install(ctx context.Context, version string) (folders []string, err error) {
	if err := os.MkdirAll(i.folder, 0o755); err != nil {
		return nil, err
	}
	// The builds are written next to their places and moved there when they are complete. A move never replaces
	// anything.
	temporary, err := os.MkdirTemp(i.folder, ".install-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temporary)

	for _, platform := range i.platforms {
		build := filepath.Join(temporary, platform)
		if err := compile(ctx, version, platform, build); err != nil {
			return nil, err
		}
		for _, registry := range registries {
			folder := filepath.Join(i.folder, registry, version, platform)
			if isOther, err := differs(build, folder); err != nil {
				return nil, err
			} else if isOther {
				return nil, fmt.Errorf("%s has %w of this version, and lock files may have its checksum: choose another version with "+
					"make install VERSION=…, or remove that folder", folder, errOtherBuild)
			}
		}
	}
	for _, platform := range i.platforms {
		for _, registry := range registries {
			folder := filepath.Join(i.folder, registry, version, platform)
			if err := place(filepath.Join(temporary, platform), folder); err != nil {
				return nil, err
			}
			folders = append(folders, folder)
		}
	}
	return folders, nil
}

// compile builds as a release does (.goreleaser.yml): a commit gives the same bytes in every folder.
func compile(ctx context.Context, version, platform, folder string) error {
	system, architecture, found := strings.Cut(platform, "_")
	if !found {
		return fmt.Errorf("%q is not a platform such as linux_amd64", platform)
	}
	executable := filepath.Join(folder, name+"_v"+version)
	if system == "windows" {
		executable += ".exe"
	}
	fmt.Printf("Building version %s for %s\n", version, platform)
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w -X main.version="+version, "-o", executable, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+architecture)
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building for %s: %w\n%s", platform, err, output)
	}
	return nil
}

// differs reports whether a folder has anything other than a build.
func differs(build, folder string) (bool, error) {
	installed, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	built, err := os.ReadDir(build)
	if err != nil {
		return false, err
	}
	if len(installed) != 1 || installed[0].Name() != built[0].Name() {
		return true, nil
	}
	a, err := os.ReadFile(filepath.Join(folder, installed[0].Name()))
	if err != nil {
		return false, err
	}
	b, err := os.ReadFile(filepath.Join(build, built[0].Name()))
	return !bytes.Equal(a, b), err
}

// place puts a copy of a build where it is to be installed, unless it is there.
func place(build, folder string) error {
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return err
	}
	ready := build + ".copy"
	if err := os.CopyFS(ready, os.DirFS(build)); err != nil {
		return err
	}
	return os.Rename(ready, folder)
}

// tell prints what was installed, and whether Terraform would select a later version instead.
func (i installation) tell(folders []string, version string) error {
	for _, folder := range folders {
		fmt.Println("Installed", folder)
	}
	later, err := laterVersion(filepath.Dir(filepath.Dir(folders[0])), version)
	if later != "" {
		fmt.Printf("Version %s is installed too. terraform init selects the latest version that the configuration allows.\n", later)
	}
	return err
}

// laterVersion is the latest of the versions in a folder if that is later than the given one.
func laterVersion(folder, version string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	latest := goversion.Must(goversion.NewSemver(version))
	for _, entry := range entries {
		if v, err := goversion.NewSemver(entry.Name()); err == nil && v.Prerelease() == "" && v.GreaterThan(latest) {
			latest = v
		}
	}
	if latest.Original() == version {
		return "", nil
	}
	return latest.Original(), nil
}
