package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// Mutant is one small fault put into one file.
type Mutant struct {
	File     string `json:"file"` // relative to the module
	Line     int    `json:"line"`
	Function string `json:"function"`
	// Change names the fault by what stands there, not by where: it survives edits elsewhere.
	Change string `json:"change"`

	start, end int // of the bytes replaced
	with       string
}

// Key is how infra/mutate/equivalent.txt names a mutant.
func (m Mutant) Key() string { return m.File + " " + m.Function + ": " + m.Change }

// Apply returns the source with the fault in it.
func (m Mutant) Apply(source []byte) []byte {
	return []byte(string(source[:m.start]) + m.with + string(source[m.end:]))
}

// helper is put beside the mutated files: it zeroes what a statement has just declared.
const helper = "func mutateZero[T any](p *T) { var zero T; *p = zero }\n"

type finder struct {
	file    string
	fset    *token.FileSet
	source  []byte
	name    string          // of the function around
	results []*ast.FuncType // of the functions around, innermost last
	found   []Mutant
}

// Find lists the mutants of a file in the order of its text. Each keeps its statement in
// the text, behind a condition that never holds, so that what it uses stays used and the
// file compiles; those that do not compile all the same are found when they are built.
func Find(file string, source []byte) ([]Mutant, error) {
	f := &finder{file: file, fset: token.NewFileSet(), source: source}
	parsed, err := parser.ParseFile(f.fset, file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parsing: %w", err)
	}
	for _, d := range parsed.Decls {
		f.name = "-"
		if fn, ok := d.(*ast.FuncDecl); ok {
			f.name = fn.Name.Name
			if fn.Recv != nil {
				f.name = strings.TrimPrefix(f.text(fn.Recv.List[0].Type), "*") + "." + f.name
			}
		}
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			continue
		}
		f.walk(d)
	}
	slices.SortStableFunc(f.found, func(a, b Mutant) int { return a.start - b.start })
	times := map[string]int{} // of two with the same change in one function the second is "#2"
	for i := range f.found {
		m := &f.found[i]
		if times[m.Key()]++; times[m.Key()] > 1 {
			m.Change += fmt.Sprintf(" #%d", times[m.Key()])
		}
	}
	return f.found, nil
}

func (f *finder) offset(p token.Pos) int { return f.fset.Position(p).Offset }

func (f *finder) text(n ast.Node) string {
	return string(f.source[f.offset(n.Pos()):f.offset(n.End())])
}

// add notes a mutant.
func (f *finder) add(n ast.Node, change, with string) {
	f.addAt(f.offset(n.Pos()), f.offset(n.End()), change, with)
}

func (f *finder) addAt(start, end int, change, with string) {
	line := 1 + strings.Count(string(f.source[:start]), "\n")
	f.found = append(f.found, Mutant{File: f.file, Line: line, Function: f.name, Change: short(change), start: start, end: end, with: with})
}

// short is a change on one line.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 120 {
		s = string(r[:117]) + "..."
	}
	return s
}

// walk visits a node and what is in it.
func (f *finder) walk(root ast.Node) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			return f.within(n.Type, n.Body)
		case *ast.FuncLit:
			return f.within(n.Type, n.Body)
		case ast.Expr:
			f.expression(n)
		case *ast.BlockStmt:
			f.statements(n.List)
		case *ast.CaseClause:
			f.clause(n)
			f.statements(n.Body)
		case *ast.CommClause:
			f.statements(n.Body)
		case *ast.IfStmt:
			f.condition("if", n.Cond, n.Else == nil && len(n.Body.List) == 1 && droppable(n.Body.List[0]))
		case *ast.ForStmt:
			if n.Cond != nil {
				f.add(n.Cond, "for never: "+f.text(n.Cond), "false && ("+f.text(n.Cond)+")")
			}
		}
		return true
	})
}

// within walks a function's body knowing what it returns.
func (f *finder) within(t *ast.FuncType, body *ast.BlockStmt) bool {
	if body != nil {
		f.results = append(f.results, t)
		f.walk(body)
		f.results = f.results[:len(f.results)-1]
	}
	return false
}

// condition makes one always and never true; alone says that the latter is the same as
// dropping the one statement behind it.
func (f *finder) condition(what string, cond ast.Expr, alone bool) {
	text := f.text(cond)
	f.add(cond, what+" always: "+text, "true || ("+text+")")
	if !alone {
		f.add(cond, what+" never: "+text, "false && ("+text+")")
	}
}

func droppable(s ast.Stmt) bool {
	a, assigns := s.(*ast.AssignStmt)
	switch s.(type) {
	case *ast.ExprStmt, *ast.SendStmt, *ast.GoStmt, *ast.DeferStmt, *ast.IncDecStmt, *ast.ReturnStmt:
		return true
	}
	return assigns && a.Tok != token.DEFINE
}
