package scrub_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNothingThatShipsHasABreach: no source that ships puts anything in the place of a wall,
// and no program that was built has the means to.
func TestNothingThatShipsHasABreach(t *testing.T) {
	for _, name := range sourcesThatShip(t) {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, to := range n.Lhs {
					if s, ok := to.(*ast.SelectorExpr); ok && slices.Contains([]string{"walls", "first", "second"}, s.Sel.Name) {
						t.Errorf("%s sets %s", name, s.Sel.Name)
					}
				}
			case *ast.CompositeLit:
				if id, ok := n.Type.(*ast.Ident); ok && id.Name == "walls" {
					t.Errorf("%s makes walls of its own", name)
				}
			case *ast.KeyValueExpr:
				if id, ok := n.Key.(*ast.Ident); ok && id.Name == "walls" {
					t.Errorf("%s sets walls", name)
				}
			}
			return true
		})
	}
	looked := 0
	for _, program := range programs(t) {
		raw, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		// Names of functions are in a program even without its symbol table: a panic tells them.
		if !bytes.Contains(raw, []byte("proactive/shared/scrub.Project")) {
			continue // it has no walls
		}
		looked++
		for _, mark := range []string{"shared/scrub.(*Stage).Breach", "shared/pipelinetest"} {
			if bytes.Contains(raw, []byte(mark)) {
				t.Errorf("%s has %s", filepath.Base(filepath.Dir(program))+"/"+filepath.Base(program), mark)
			}
		}
	}
	if looked == 0 {
		t.Error("no program with a wall was looked at")
	}
}

func sourcesThatShip(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	if len(all) < 5 || !slices.Contains(all, "walls.go") {
		t.Fatalf("sources: %v", all)
	}
	return all
}

// programs are what make build has built, else the agent, built here.
func programs(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"dist/*/*/bootstrap", "dist/agent/*", "bin/*"} {
		found, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	if len(all) > 0 {
		return all
	}
	agent := filepath.Join(t.TempDir(), "agent")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", agent, "proactive/cmd/agent").CombinedOutput(); err != nil {
		t.Fatalf("building the agent: %v: %s", err, out)
	}
	return []string{agent}
}
