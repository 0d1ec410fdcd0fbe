package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	link     = regexp.MustCompile(`\]\(([^)\s:]+)\)`) // within the tree: an address elsewhere has a colon
	heading  = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	anchor   = regexp.MustCompile(`<a id="([^"]+)">`)
	noAnchor = regexp.MustCompile(`[^\w -]`)
)

// Every link of the documentation and the pages beside README leads to a file, and to a heading in it.
func TestLinks(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	documents, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	beside := len(documents)
	err = filepath.WalkDir(filepath.Join(root, "docs"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			documents = append(documents, path)
		}
		return err
	})
	if err != nil || len(documents) == beside {
		t.Fatalf("there is no documentation: %v", err)
	}
	for _, document := range documents {
		content, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range link.FindAllStringSubmatch(string(content), -1) {
			path, fragment, _ := strings.Cut(match[1], "#")
			target := document
			if path != "" {
				target = filepath.Join(filepath.Dir(document), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %s leads nowhere", document, match[1])
			} else if fragment != "" && !hasAnchor(t, target, fragment) {
				t.Errorf("%s: %s leads to no heading", document, match[1])
			}
		}
	}
}

func hasAnchor(t *testing.T, document, fragment string) bool {
	t.Helper()
	content, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range heading.FindAllStringSubmatch(string(content), -1) {
		slug := strings.ReplaceAll(noAnchor.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-")
		if slug == fragment {
			return true
		}
	}
	for _, match := range anchor.FindAllStringSubmatch(string(content), -1) {
		if match[1] == fragment {
			return true
		}
	}
	return false
}
