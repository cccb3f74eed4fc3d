package main

import (
	"go/ast"
	"go/types"
	"strings"
)

// function is a declaration or literal whose signature is to change.
type function struct {
	node   ast.Node
	syntax *ast.FuncType
	body   *ast.BlockStmt // nil in an interface
	found  *change
	fresh  *types.Signature
	// named tells which new parameters get a name, because the body passes them on.
	named map[string]bool
}

// place is one parameter as it is written.
type place struct {
	field *ast.Field
	name  *ast.Ident
	index int // of the name in its field
}

func places(list *ast.FieldList) []place {
	var found []place
	if list == nil {
		return nil
	}
	for _, field := range list.List {
		if len(field.Names) == 0 {
			found = append(found, place{field: field})
		}
		for index, name := range field.Names {
			found = append(found, place{field: field, name: name, index: index})
		}
	}
	return found
}

// signature rewrites a function's parameters, results and returns; nil if it cannot.
func (p *pass) signature(f function, work *filling) ([]edit, []string) {
	var edits []edit
	var what []string
	if !kept(f.found.params, len(f.found.oldTypes)) || p.retyped(f) {
		made, words, ok := p.parameters(f, work)
		if !ok {
			return nil, nil
		}
		edits, what = append(edits, made...), append(what, words...)
	}
	if !kept(f.found.results, f.found.oldResults) {
		made, ok := p.newResults(f, work)
		if !ok {
			return nil, nil
		}
		edits, what = append(edits, made...), append(what, "results as they are now")
	}
	return edits, what
}

// retyped tells whether a parameter that stays in its place has another type.
func (p *pass) retyped(f function) bool {
	fresh := canonTypes(f.fresh.Params(), f.fresh.Variadic())
	for is, was := range f.found.params {
		if was >= 0 && fresh[is] != f.found.oldTypes[was] {
			return true
		}
	}
	return false
}

func (p *pass) parameters(f function, work *filling) (edits []edit, what []string, ok bool) {
	olds := places(f.syntax.Params)
	if len(olds) != len(f.found.oldTypes) {
		return nil, nil, false
	}
	unnamed := len(olds) > 0 && olds[0].name == nil
	fresh := canonTypes(f.fresh.Params(), f.fresh.Variadic())
	var last *place
	var before []string // new ones in front of all that stay
	for is, was := range f.found.params {
		param := f.fresh.Params().At(is)
		spelled := p.paramType(f.fresh, is, work)
		if was >= 0 {
			last = &olds[was]
			if fresh[is] == f.found.oldTypes[was] {
				continue
			}
			if len(last.field.Names) > 1 {
				return nil, nil, false
			}
			edits = append(edits, edit{
				start: p.offset(last.field.Type), end: p.end(last.field.Type), text: spelled,
			})
			what = append(what, "parameter "+param.Name()+" is "+spelled)
			continue
		}
		text := "_ " + spelled
		if f.named[param.Name()] {
			text = param.Name() + " " + spelled
		}
		if unnamed {
			text = spelled
		}
		what = append(what, strings.TrimSpace("new parameter "+param.Name()))
		switch {
		case last == nil:
			before = append(before, text)
		case last.name != nil && last.index < len(last.field.Names)-1:
			of := " " + p.code(last.field.Type)
			edits = append(edits, insertion(p.end(last.name), of+", "+text))
		default:
			edits = append(edits, insertion(p.end(last.field), ", "+text))
		}
	}
	for _, was := range gone(f.found.params, len(olds)) {
		made, ok := p.dropped(f, olds, was, work)
		if !ok {
			return nil, nil, false
		}
		edits = append(edits, made...)
		what = append(what, strings.TrimSpace("no parameter "+f.found.oldParams[was]))
	}
	if len(before) > 0 {
		text := strings.Join(before, ", ")
		if len(olds) > len(gone(f.found.params, len(olds))) {
			text += ", "
		}
		opening := p.world.fset.Position(f.syntax.Params.Opening).Offset + 1
		edits = append(edits, insertion(opening, text))
	}
	return edits, what, true
}

func (p *pass) paramType(fresh *types.Signature, index int, work *filling) string {
	each := fresh.Params().At(index).Type()
	if slice, ok := each.(*types.Slice); ok && fresh.Variadic() && index == fresh.Params().Len()-1 {
		return "..." + work.spell(slice.Elem())
	}
	return work.spell(each)
}

// dropped takes a parameter out; where the body uses it, it becomes a variable.
func (p *pass) dropped(f function, olds []place, was int, work *filling) ([]edit, bool) {
	each := olds[was]
	if len(each.field.Names) > 1 {
		return nil, false
	}
	fields := f.syntax.Params.List
	var edits []edit
	for index, field := range fields {
		if field != each.field {
			continue
		}
		switch {
		case index > 0:
			edits = append(edits, edit{start: p.end(fields[index-1]), end: p.end(field)})
		case len(fields) > 1:
			edits = append(edits, edit{start: p.offset(field), end: p.offset(fields[1])})
		default:
			edits = append(edits, edit{start: p.offset(field), end: p.end(field)})
		}
	}
	if each.name == nil || f.body == nil || !p.uses(f.body, each.name) {
		return edits, true
	}
	work.unknown = append(work.unknown, each.name.Name+" is no longer given")
	text := "var " + each.name.Name + " " + p.code(each.field.Type)
	return append(edits, p.opening(f.body, text)), true
}

// opening returns the edit that puts a statement at the begin of a body.
func (p *pass) opening(body *ast.BlockStmt, text string) edit {
	at := p.world.fset.Position(body.Lbrace).Offset + 1
	if len(body.List) == 0 {
		return insertion(at, " "+text+" ")
	}
	first := p.offset(body.List[0])
	separator := p.separator(body.List[0])
	if strings.HasPrefix(separator, "\n") {
		return insertion(first, text+separator)
	}
	return insertion(first, text+"; ")
}

// uses tells whether a body uses what an identifier declares.
func (p *pass) uses(body ast.Node, declared *ast.Ident) bool {
	wanted := p.pkg.info.Defs[declared]
	found := false
	ast.Inspect(body, func(node ast.Node) bool {
		if name, ok := node.(*ast.Ident); ok && wanted != nil && p.pkg.info.Uses[name] == wanted {
			found = true
		}
		return !found
	})
	return found
}

// newResults rewrites a function's result list and what it returns.
func (p *pass) newResults(f function, work *filling) ([]edit, bool) {
	olds := places(f.syntax.Results)
	if len(olds) != f.found.oldResults || len(gone(f.found.results, f.found.oldResults)) > 0 {
		return nil, false
	}
	named := len(olds) > 0 && olds[0].name != nil
	var texts, zeroes []string
	for is, was := range f.found.results {
		result := f.fresh.Results().At(is)
		text, zero := "", ""
		if was >= 0 {
			text = p.code(olds[was].field.Type)
			if named {
				text = olds[was].name.Name + " " + text
			}
		} else {
			text, zero = work.spell(result.Type()), work.zero(result.Type())
			if named {
				text = "_ " + text
			}
		}
		texts, zeroes = append(texts, text), append(zeroes, zero)
	}
	list := strings.Join(texts, ", ")
	if len(texts) > 1 || named {
		list = "(" + list + ")"
	}
	at := p.end(f.syntax.Params)
	edits := []edit{insertion(at, " "+list)}
	if f.syntax.Results != nil {
		edits = []edit{{start: p.offset(f.syntax.Results), end: p.end(f.syntax.Results), text: list}}
	}
	if f.body == nil {
		return edits, true
	}
	returns, ok := p.returns(f, zeroes, work)
	return append(edits, returns...), ok
}

// returns completes the return statements of a function, not those of others in it.
func (p *pass) returns(f function, zeroes []string, work *filling) ([]edit, bool) {
	var edits []edit
	ok := true
	ast.Inspect(f.body, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			edits = append(edits, p.completed(node, f, zeroes, &ok)...)
		}
		return true
	})
	if len(edits) > 0 {
		work.unknown = append(work.unknown, "it returns more now")
	}
	if f.found.oldResults == 0 && ok && !endsWithReturn(f.body) {
		end := p.world.fset.Position(f.body.Rbrace).Offset
		edits = append(edits, insertion(end, "return "+strings.Join(zeroes, ", ")+"\n"))
	}
	return edits, ok
}

func endsWithReturn(body *ast.BlockStmt) bool {
	if len(body.List) == 0 {
		return false
	}
	_, ok := body.List[len(body.List)-1].(*ast.ReturnStmt)
	return ok
}

func (p *pass) completed(each *ast.ReturnStmt, f function, zeroes []string, ok *bool) []edit {
	count := len(each.Results)
	switch {
	case count == 0 && f.found.oldResults > 0:
		return nil // named results
	case count == 0:
		return []edit{insertion(p.end(each), " "+strings.Join(zeroes, ", "))}
	case count == f.found.oldResults && !p.returnsAll(each, f):
		var edits []edit
		at := p.offset(each.Results[0])
		first := true
		for is, was := range f.found.results {
			switch {
			case was >= 0:
				at, first = p.end(each.Results[was]), false
			case first:
				edits = append(edits, insertion(at, zeroes[is]+", "))
			default:
				edits = append(edits, insertion(at, ", "+zeroes[is]))
			}
		}
		return edits
	case count == 1 && p.returnsAll(each, f):
		return nil // a call whose results changed alike
	}
	*ok = false
	return nil
}

// returnsAll tells whether a return hands on a call that has the new results.
func (p *pass) returnsAll(each *ast.ReturnStmt, f function) bool {
	call, ok := ast.Unparen(each.Results[0]).(*ast.CallExpr)
	if !ok || len(each.Results) != 1 {
		return false
	}
	results, ok := p.pkg.info.TypeOf(call).(*types.Tuple)
	if !ok || results.Len() != f.fresh.Results().Len() {
		return false
	}
	return tuple(results, false) == tuple(f.fresh.Results(), false)
}
