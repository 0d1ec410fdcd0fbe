package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var (
	first  = time.Date(2026, 11, 25, 20, 20, 59, 0, time.FixedZone("", 2*60*60)) // 18:20:59 UTC
	second = first.Add(time.Hour)
	now    = second.Add(24 * time.Hour)
)

// tree is a folder with a separate git repository.
type tree string

func newTree(t *testing.T) tree {
	t.Helper()
	tr := tree(t.TempDir())
	tr.git(t, first, "init", "--quiet")
	return tr
}

// git runs a command at a time.
func (tr tree) git(t *testing.T, at time.Time, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", args...)
	command.Dir = string(tr)
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE="+first.Add(-time.Hour).Format(time.RFC3339),
		"GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.com", "GIT_COMMITTER_DATE="+at.Format(time.RFC3339))
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, output)
	}
}

func (tr tree) write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(string(tr), name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (tr tree) commit(t *testing.T, at time.Time, content string) {
	t.Helper()
	tr.write(t, "file", content)
	tr.git(t, at, "add", ".")
	tr.git(t, at, "commit", "--quiet", "--message", content)
}

func (tr tree) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := versionsOf(t.Context(), string(tr), now); !slices.Equal(got, want) {
		t.Errorf("the version is %q, expected %q", got, want)
	}
}

func TestVersionsOf(t *testing.T) {
	t.Parallel()
	const thisMoment = "20261126192059"
	tr := newTree(t)
	tr.expect(t, "0.0."+thisMoment) // no commit yet
	tr.commit(t, first, "one")
	tr.expect(t, "0.0.20261125182059", "0.0."+thisMoment)

	tr.git(t, first, "tag", "v0.1.0")
	tr.expect(t, "0.1.0")
	tr.write(t, "untracked.go", "package main") // would be built too
	tr.expect(t, "0.1."+thisMoment)
	tr.commit(t, second, "two")
	tr.expect(t, "0.1.20261125192059", "0.1."+thisMoment)
	tr.write(t, "file", "changed")
	tr.expect(t, "0.1."+thisMoment)
	tr.git(t, second, "checkout", "--quiet", "file")

	tr.git(t, second, "tag", "--annotate", "--message", "m", "v1.2.0-rc.1")
	tr.expect(t, "1.2.0-rc.1")
	tr.git(t, second, "tag", "--delete", "v1.2.0-rc.1")
	tr.git(t, second, "tag", "--annotate", "--message", "m", "v1") // moves with the releases, and is none
	tr.expect(t, "0.1.20261125192059", "0.1."+thisMoment)

	folder := filepath.Join(string(tr), "archive")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	tree(folder).expect(t, "0.0."+thisMoment) // within another repository
	if err := os.RemoveAll(filepath.Join(string(tr), ".git")); err != nil {
		t.Fatal(err)
	}
	tr.expect(t, "0.0."+thisMoment)
}

func TestVersionsOf_shallowClone(t *testing.T) {
	t.Parallel()
	tr := newTree(t)
	tr.commit(t, first, "one")
	tr.commit(t, second, "two")
	clone := tree(t.TempDir())
	clone.git(t, first, "clone", "--quiet", "--depth=1", "file://"+string(tr), ".")
	tr.expect(t, "0.0.20261125192059", "0.0.20261126192059")
	clone.expect(t, "0.0.20261125192059", "0.0.20261126192059")
}
