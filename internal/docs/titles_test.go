package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// titleArgument is the position of the title among the arguments of what makes a diagnostic.
var titleArgument = map[string]int{
	"AddError": 0, "AddWarning": 0, "AddAttributeError": 1, "AddAttributeWarning": 1,
	"NewErrorDiagnostic": 0, "NewWarningDiagnostic": 0, "NewAttributeErrorDiagnostic": 1, "NewAttributeWarningDiagnostic": 1,
}

// The troubleshooting guide has a section for the title of every error and warning. "…" stands for what varies in a title.
func TestTitles(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", "troubleshooting.md.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for _, match := range heading.FindAllStringSubmatch(string(page), -1) {
		sections = append(sections, strings.Split(match[1], "; ")...)
	}
	alternatives := strings.NewReplacer("\n", "|", "…", ".+").Replace(regexp.QuoteMeta(strings.Join(sections, "\n")))
	documented := regexp.MustCompile("^(" + alternatives + ")$")
	found := 0
	err = filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			function, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			position, ok := titleArgument[function.Sel.Name]
			if !ok || position >= len(call.Args) {
				return true
			}
			if title := pattern(call.Args[position]); title != "…" {
				found++
				if !documented.MatchString(title) {
					t.Errorf("%s: the troubleshooting guide has no section %q", files.Position(call.Pos()), title)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || found == 0 {
		t.Fatalf("%d titles were found: %v", found, err)
	}
}

var verb = regexp.MustCompile(`%[a-z]`)

// pattern returns the text that an expression gives, with "…" for what is known only when it runs.
func pattern(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		if err != nil {
			return "…"
		}
		return verb.ReplaceAllString(text, "…")
	case *ast.BinaryExpr:
		return strings.ReplaceAll(pattern(e.X)+pattern(e.Y), "……", "…")
	case *ast.CallExpr:
		if function, ok := e.Fun.(*ast.SelectorExpr); ok && function.Sel.Name == "Sprintf" {
			return pattern(e.Args[0])
		}
	}
	return "…"
}
