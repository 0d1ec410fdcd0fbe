package workspace

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// builds are the executables that this process has built, by the flags of go build. Go takes a moment even for one that
// is up to date.
var builds struct {
	sync.Mutex
	done map[string]bool
}

// build puts the provider into the file target. It is linked once for all processes that test the same tree, in build/,
// and copied, so that an executable does not change while Terraform runs it.
func build(ctx context.Context, target string, flags []string) error {
	gomod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("go env GOMOD: %w", err)
	}
	key := strings.Join(flags, "")
	linked := filepath.Join(filepath.Dir(strings.TrimSpace(string(gomod))), "build", "provider"+key)
	if err := os.MkdirAll(filepath.Dir(linked), 0o755); err != nil {
		return err
	}

	builds.Lock()
	defer builds.Unlock()
	unlock, err := lock(linked + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if !builds.done[key] {
		command := exec.CommandContext(ctx, "go", slices.Concat([]string{"build", "-o", linked}, flags, []string{module})...)
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("go build: %w\n%s", err, output)
		}
		if builds.done == nil {
			builds.done = map[string]bool{}
		}
		builds.done[key] = true
	}
	return copyExecutable(linked, target)
}

func copyExecutable(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return err
	}
	if _, err := io.Copy(target, source); err != nil {
		target.Close()
		return err
	}
	return target.Close()
}
