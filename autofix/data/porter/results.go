package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// results rewrites what takes the results of a call whose results changed.
func (p *pass) results(
	call *ast.CallExpr, found *change, fresh *types.Signature, work *filling,
) ([]edit, []string) {
	if kept(found.results, found.oldResults) || len(found.results) != fresh.Results().Len() {
		return nil, nil
	}
	var node ast.Node = call
	parent := p.file.parents[call]
	for isParen(parent) {
		node, parent = parent, p.file.parents[parent]
	}
	said := []string{resultWords(found)}
	var edits []edit
	switch parent := parent.(type) {
	case *ast.ExprStmt, *ast.GoStmt, *ast.DeferStmt:
		return nil, nil // all are dropped
	case *ast.AssignStmt:
		if len(parent.Rhs) == 1 && len(parent.Lhs) == found.oldResults {
			edits = p.assigned(parent, found, work)
			break
		}
		if len(parent.Rhs) > 1 {
			edits = p.wrapped(call, found, fresh, work)
		}
	case *ast.ValueSpec:
		if len(parent.Values) == 1 && len(parent.Names) == found.oldResults {
			edits = p.declared(parent, found, fresh, work)
			break
		}
		if len(parent.Values) > 1 {
			edits = p.wrapped(call, found, fresh, work)
		}
	case *ast.ReturnStmt:
		edits = p.returned(parent, node, call, found, fresh, work)
	case *ast.CallExpr:
		if found.oldResults > 1 && !p.takesAll(parent, found) {
			return nil, nil
		}
		edits = p.wrapped(call, found, fresh, work)
	default:
		if found.oldResults != 1 {
			return nil, nil
		}
		edits = p.wrapped(call, found, fresh, work)
	}
	if len(edits) == 0 {
		return nil, nil
	}
	return edits, said
}

func isParen(node ast.Node) bool {
	_, ok := node.(*ast.ParenExpr)
	return ok
}

func resultWords(found *change) string {
	added := 0
	for _, was := range found.results {
		if was < 0 {
			added++
		}
	}
	removed := len(gone(found.results, found.oldResults))
	switch {
	case removed == 0 && added == 1:
		return "its new result is ignored"
	case removed == 0:
		return fmt.Sprintf("its %d new results are ignored", added)
	default:
		return "its results are taken as they are now"
	}
}

// assigned changes the left side of an assignment or a short declaration.
func (p *pass) assigned(parent *ast.AssignStmt, found *change, work *filling) []edit {
	left := make([]string, len(parent.Lhs))
	for index, each := range parent.Lhs {
		left[index] = p.code(each)
	}
	lost := gone(found.results, found.oldResults)
	if len(lost) > 0 {
		return p.lost(parent, left, lost, found, work)
	}
	return p.blanks(p.offset(parent.Lhs[0]), parent.Lhs, found.results)
}

func namesNothing(left []string) bool {
	for _, each := range left {
		if each != "_" {
			return false
		}
	}
	return true
}

// blanks inserts "_" where a result is new.
func (p *pass) blanks(start int, olds []ast.Expr, pairs []int) []edit {
	var edits []edit
	at, first := start, true
	for _, was := range pairs {
		if was >= 0 {
			at, first = p.end(olds[was]), false
			continue
		}
		if first {
			edits = append(edits, insertion(at, "_, "))
		} else {
			edits = append(edits, insertion(at, ", _"))
		}
	}
	return edits
}

// lost handles results that are gone: what took them gets its zero value.
func (p *pass) lost(
	parent *ast.AssignStmt, left []string, lost []int, found *change, work *filling,
) []edit {
	if !isList(p.file.parents[parent]) {
		return nil
	}
	var taking, zeroes []string
	for _, was := range found.results {
		if was < 0 {
			taking = append(taking, "_")
		} else {
			taking = append(taking, left[was])
		}
	}
	for _, was := range lost {
		if left[was] == "_" {
			continue
		}
		has := p.pkg.info.TypeOf(parent.Lhs[was])
		if has == nil || has == types.Typ[types.Invalid] {
			return nil
		}
		if parent.Tok == token.DEFINE {
			zeroes = append(zeroes, fmt.Sprintf("var %s %s", left[was], work.spell(has)))
		} else {
			zeroes = append(zeroes, left[was]+" = "+work.zero(has))
		}
		work.unknown = append(work.unknown, left[was]+" is no longer a result")
	}
	operator := " " + parent.Tok.String() + " "
	if namesNothing(taking) {
		operator = " = "
	}
	start := p.offset(parent)
	text := strings.Join(taking, ", ") + operator
	if len(taking) == 0 {
		text = ""
	}
	edits := []edit{{start: start, end: p.offset(parent.Rhs[0]), text: text}}
	for _, each := range zeroes {
		edits = append(edits, insertion(p.end(parent), p.separator(parent)+each))
	}
	return edits
}

// declared changes the names of a var declaration.
func (p *pass) declared(
	parent *ast.ValueSpec, found *change, fresh *types.Signature, work *filling,
) []edit {
	if len(gone(found.results, found.oldResults)) > 0 || parent.Type != nil {
		return p.wrapped(parent.Values[0].(*ast.CallExpr), found, fresh, work)
	}
	names := make([]ast.Expr, len(parent.Names))
	for index, each := range parent.Names {
		names[index] = each
	}
	return p.blanks(p.offset(parent), names, found.results)
}

// returned takes a call out of a return statement that would return too much.
func (p *pass) returned(
	parent *ast.ReturnStmt, node ast.Node, call *ast.CallExpr, found *change,
	fresh *types.Signature, work *filling,
) []edit {
	wanted := p.resultsAround(parent)
	if len(parent.Results) != 1 {
		return p.wrapped(call, found, fresh, work)
	}
	if wanted != found.oldResults || len(gone(found.results, found.oldResults)) > 0 {
		return nil // it fits already, or nothing can stand for what is gone
	}
	if !isList(p.file.parents[parent]) {
		return p.wrapped(call, found, fresh, work)
	}
	taking, giving := p.namesOf(parent, found, fresh)
	return []edit{
		{start: p.offset(parent), end: p.offset(node), text: strings.Join(taking, ", ") + " := "},
		insertion(p.end(node), p.separator(parent)+"return "+strings.Join(giving, ", ")),
	}
}

// resultsAround counts the results of the function around a node.
func (p *pass) resultsAround(node ast.Node) int {
	for ; node != nil; node = p.file.parents[node] {
		switch function := node.(type) {
		case *ast.FuncDecl:
			return function.Type.Results.NumFields()
		case *ast.FuncLit:
			return function.Type.Results.NumFields()
		}
	}
	return 0
}

// namesOf chooses names for the results of a call, and lists those that were there.
func (p *pass) namesOf(
	node ast.Node, found *change, fresh *types.Signature,
) (taking, giving []string) {
	taken := map[string]bool{}
	giving = make([]string, found.oldResults)
	for index, was := range found.results {
		if was < 0 {
			taking = append(taking, "_")
			continue
		}
		name := p.fresh(node, resultName(fresh.Results().At(index)), taken)
		taking = append(taking, name)
		giving[was] = name
	}
	return taking, giving
}

// resultName chooses a name for a result by its own name or its type.
func resultName(result *types.Var) string {
	if !isBlank(result.Name()) {
		return result.Name()
	}
	if types.Identical(result.Type(), types.Universe.Lookup("error").Type()) {
		return "err"
	}
	spelled := types.TypeString(result.Type(), func(*types.Package) string { return "" })
	name := strings.TrimLeft(spelled, "*[].0123456789")
	if !token.IsIdentifier(name) || types.Universe.Lookup(name) != nil {
		return "result"
	}
	return strings.ToLower(name[:1]) + name[1:]
}

// separator ends a statement and begins the next one as the block is written.
func (p *pass) separator(statement ast.Node) string {
	start := p.offset(statement)
	begin := start
	for begin > 0 && p.file.text[begin-1] != '\n' {
		begin--
	}
	indent := string(p.file.text[begin:start])
	if strings.TrimSpace(indent) != "" {
		return "; " // it does not begin its line
	}
	return "\n" + indent
}

// wrapped puts a call in a function literal that returns what it returned before.
func (p *pass) wrapped(
	call *ast.CallExpr, found *change, fresh *types.Signature, work *filling,
) []edit {
	if len(gone(found.results, found.oldResults)) > 0 || found.oldResults == 0 {
		return nil
	}
	resultTypes := make([]string, found.oldResults)
	var taking, giving []string
	giving = make([]string, found.oldResults)
	taken := map[string]bool{}
	for index, was := range found.results {
		result := fresh.Results().At(index)
		if was < 0 {
			taking = append(taking, "_")
			continue
		}
		resultTypes[was] = work.spell(result.Type())
		name := resultName(result)
		for taken[name] {
			name += "2"
		}
		taken[name] = true
		taking, giving[was] = append(taking, name), name
	}
	returns := strings.Join(resultTypes, ", ")
	if len(resultTypes) > 1 {
		returns = "(" + returns + ")"
	}
	return []edit{
		insertion(p.offset(call), fmt.Sprintf(
			"func() %s { %s := ", returns, strings.Join(taking, ", "))),
		insertion(p.end(call), fmt.Sprintf("; return %s }()", strings.Join(giving, ", "))),
	}
}

// takesAll tells whether a call gets all old results as its arguments, and only them.
func (p *pass) takesAll(parent *ast.CallExpr, found *change) bool {
	if len(parent.Args) != 1 {
		return false
	}
	signature, ok := p.pkg.info.TypeOf(parent.Fun).(*types.Signature)
	return ok && !signature.Variadic() && signature.Params().Len() == found.oldResults
}
