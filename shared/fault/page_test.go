package fault_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"proactive/shared/fault"
)

// The files whose named strings are reasons, and the pattern of a reason.
var (
	reasonFiles = []string{
		"door/*.go", "request/*.go", "challenge/*.go", "enrol/*.go", "consent/*.go", "authorize/*.go", "validate/*.go",
		"batch/header.go", "seal/*.go", "observation/*.go", "keyset/*.go", "receipt/verify.go", "scrub/judge.go", "scrub/project.go",
		"catalog/check.go", "reconcile/account.go", "erase/desk.go", "erasure/sign.go",
		"factors/refuse.go",
	}
	reason = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

// The promise of docs/errors.md: it lists every reason.
func TestErrorsPageListsEveryReason(t *testing.T) {
	page, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, pattern := range reasonFiles {
		files, err := filepath.Glob("../" + pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files: %v", pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for name, value := range constants(t, file) {
				if !reason.MatchString(value) {
					continue
				}
				found++
				if !strings.Contains(string(page), "`"+value+"`") {
					t.Errorf("%s: %s = %q is not in docs/errors.md", file, name, value)
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d reasons were found: the test looks in the wrong place", found)
	}
}

func TestErrorsPageListsEveryKind(t *testing.T) {
	page, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	for k := fault.Internal; k.String() != ""; k++ {
		if !strings.Contains(string(page), "| `"+k.String()+"` | "+strconv.Itoa(k.Status())+" |") {
			t.Errorf("%s with status %d is not in docs/errors.md", k, k.Status())
		}
	}
}

// constants are the string constants of a file, by name.
func constants(t *testing.T, file string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, decl := range parsed.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			v, ok := spec.(*ast.ValueSpec)
			if !ok {
				continue
			}
			for n, name := range v.Names {
				if n >= len(v.Values) {
					continue
				}
				if lit, ok := v.Values[n].(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if value, err := strconv.Unquote(lit.Value); err == nil {
						all[name.Name] = value
					}
				}
			}
		}
	}
	return all
}
