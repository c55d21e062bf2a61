package main

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// swaps are the operators and what they become.
var swaps = map[token.Token][]token.Token{
	token.EQL: {token.NEQ}, token.NEQ: {token.EQL},
	token.LSS: {token.GEQ, token.LEQ}, token.GEQ: {token.LSS, token.GTR},
	token.GTR: {token.LEQ, token.GEQ}, token.LEQ: {token.GTR, token.LSS},
	token.LAND: {token.LOR}, token.LOR: {token.LAND},
	token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.MUL: {token.QUO}, token.QUO: {token.MUL}, token.REM: {token.MUL},
	token.AND: {token.OR}, token.OR: {token.AND}, token.XOR: {token.AND}, token.AND_NOT: {token.AND},
	token.SHL: {token.SHR}, token.SHR: {token.SHL},
	token.ADD_ASSIGN: {token.SUB_ASSIGN}, token.SUB_ASSIGN: {token.ADD_ASSIGN},
	token.MUL_ASSIGN: {token.QUO_ASSIGN}, token.QUO_ASSIGN: {token.MUL_ASSIGN},
	token.OR_ASSIGN: {token.AND_ASSIGN}, token.AND_ASSIGN: {token.OR_ASSIGN}, token.XOR_ASSIGN: {token.AND_ASSIGN},
	token.SHL_ASSIGN: {token.SHR_ASSIGN}, token.SHR_ASSIGN: {token.SHL_ASSIGN},
	token.INC: {token.DEC}, token.DEC: {token.INC},
	token.BREAK: {token.CONTINUE}, token.CONTINUE: {token.BREAK},
}

// swap replaces the operator that stands at pos in n.
func (f *finder) swap(n ast.Node, op token.Token, pos token.Pos) {
	at := f.offset(pos)
	for _, to := range swaps[op] {
		f.addAt(at, at+len(op.String()), to.String()+" for "+op.String()+": "+f.text(n), to.String())
	}
}

func (f *finder) expression(e ast.Expr) {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		f.swap(e, e.Op, e.OpPos)
	case *ast.UnaryExpr:
		if e.Op == token.NOT || e.Op == token.SUB {
			f.add(e, "no "+e.Op.String()+": "+f.text(e), f.text(e.X))
		}
	case *ast.Ident:
		if other := map[string]string{"true": "false", "false": "true"}[e.Name]; other != "" {
			f.add(e, other+" for "+e.Name, other)
		}
	case *ast.BasicLit:
		if e.Kind == token.INT {
			f.add(e, e.Value+" + 1", "("+e.Value+" + 1)")
			if strings.Trim(e.Value, "0xXbBoO_") != "" {
				f.add(e, e.Value+" - 1", "("+e.Value+" - 1)")
			}
		}
	}
}

// statements drops each statement of a block that has an effect.
func (f *finder) statements(list []ast.Stmt) {
	for _, s := range list {
		if droppable(s) {
			f.add(s, "drop: "+f.text(s), "if false { "+f.text(s)+" }")
		}
		switch s := s.(type) {
		case *ast.IncDecStmt:
			f.swap(s, s.Tok, s.TokPos)
		case *ast.BranchStmt:
			if s.Label == nil {
				f.swap(s, s.Tok, s.TokPos)
			}
		case *ast.AssignStmt:
			f.swap(s, s.Tok, s.TokPos)
			f.declared(s)
		case *ast.ReturnStmt:
			if zero := f.zero(s); zero != "" {
				f.add(s, "return zero for: "+f.text(s), "if true { return "+zero+" }; "+f.text(s))
			}
		}
	}
}

// declared forgets what a statement has just declared. An error that is forgotten is the
// branch behind it that is left out, which is another mutant.
func (f *finder) declared(s *ast.AssignStmt) {
	for _, left := range s.Lhs {
		if id, ok := left.(*ast.Ident); ok && s.Tok == token.DEFINE && id.Name != "_" && id.Name != "err" {
			f.add(s, "zero "+id.Name+" after: "+f.text(s), f.text(s)+"; mutateZero(&"+id.Name+")")
		}
	}
}

// zero is what the function around would return if it did nothing; "" where that is
// what it returns, or where it returns nothing.
func (f *finder) zero(s *ast.ReturnStmt) string {
	zeroes := []string{"nil", "false", "0", `""`}
	if !slices.ContainsFunc(s.Results, func(e ast.Expr) bool { return !slices.Contains(zeroes, f.text(e)) }) {
		return ""
	}
	var values []string
	for _, r := range f.results[len(f.results)-1].Results.List {
		for range max(1, len(r.Names)) {
			values = append(values, "*new("+f.text(r.Type)+")")
		}
	}
	return strings.Join(values, ", ")
}

// clause drops a case. One that is a condition stays in the text and never holds; any
// other is cut out, which compiles if nothing is used there alone.
func (f *finder) clause(c *ast.CaseClause) {
	name := "default"
	if len(c.List) > 0 {
		name = string(f.source[f.offset(c.List[0].Pos()):f.offset(c.List[len(c.List)-1].End())])
	}
	if len(c.List) == 1 && f.isCondition(c.List[0]) {
		f.condition("case", c.List[0], len(c.Body) == 1 && droppable(c.Body[0]))
		return
	}
	f.add(c, "no case: "+name, "")
}

func (f *finder) isCondition(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return strings.Contains("== != < <= > >= && ||", e.Op.String())
	case *ast.UnaryExpr:
		return e.Op == token.NOT
	case *ast.ParenExpr:
		return f.isCondition(e.X)
	case *ast.CallExpr: // of a switch without a tag, mostly; of another it does not compile
		return true
	}
	return false
}
