package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// hard matches phrases that readers were found to stumble over.
var hard = regexp.MustCompile(`(?i)\b(` + strings.Join([]string{
	"blotted out", "unless given", "leave it out", "whoever", "somebody", "all the same", "at every opening",
	"lets? go of", "cannot have that", "fails for a passing reason", "left alone", "made out to", "of (its|their) own accord",
	"bring along", "by itself", "anew", "takes note", "tells whether", "in clear", "white space", "is nothing wherever",
	"left out", "look-ups?", "strangers?", "bear it out", "borne out", "second witness", "word about", "for want of",
}, "|") + `)\b`)

// TestMessages holds every text of the program, and every comment, to plain words.
// With -v it prints the texts, so that they can be read in one list.
func TestMessages(t *testing.T) {
	t.Parallel()
	found := 0
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || filepath.Base(path) == "messages_test.go" {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		check := func(node ast.Node, text string) {
			if phrase := hard.FindString(text); phrase != "" {
				t.Errorf("%s: %q is hard to read in %q", files.Position(node.Pos()), phrase, text)
			}
		}
		for _, comment := range file.Comments {
			check(comment, strings.Join(strings.Fields(comment.Text()), " "))
		}
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		ast.Inspect(file, func(node ast.Node) bool {
			expression, ok := node.(ast.Expr)
			if !ok {
				return true
			}
			text := pattern(expression)
			if strings.Trim(text, "…") == "" {
				return true
			}
			if strings.Contains(text, " ") {
				found++
				if testing.Verbose() {
					t.Logf("%s: %s", files.Position(node.Pos()), text)
				}
				check(node, text)
			}
			_, call := node.(*ast.CallExpr)
			return call
		})
		return nil
	})
	if err != nil || found == 0 {
		t.Fatalf("%d texts were found: %v", found, err)
	}
}
