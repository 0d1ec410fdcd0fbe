package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var (
	attribute   = regexp.MustCompile("(?m)^- `\\w+` \\(.+$")
	undescribed = regexp.MustCompile("^- `\\w+` \\((?:[^()]|\\([^()]*\\))*\\)$")
)

// Every attribute in the reference pages has a description.
func TestDescriptions(t *testing.T) {
	t.Parallel()
	found := 0
	err := filepath.WalkDir(filepath.Join("..", "..", "docs"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, line := range attribute.FindAllString(string(content), -1) {
			found++
			if undescribed.MatchString(line) {
				t.Errorf("%s: no description: %s", path, line)
			}
		}
		return nil
	})
	if err != nil || found == 0 {
		t.Fatalf("there are no attributes: %v", err)
	}
}
