package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"
)

// renamed rewrites a name of a dot import that is another one now.
func (p *pass) renamed(node *ast.Ident) {
	if _, isSelected := p.file.parents[node].(*ast.SelectorExpr); isSelected ||
		p.pkg.info.Uses[node] != nil || p.pkg.info.Defs[node] != nil {
		return
	}
	for _, each := range p.file.syntax.Imports {
		if each.Name == nil || each.Name.Name != "." {
			continue
		}
		path, _ := strconv.Unquote(each.Path.Value)
		if p.api.removed[path+"."+node.Name] != nil {
			p.rename(node, short(path)+"."+node.Name)
		}
	}
}

func (p *pass) rename(node *ast.Ident, api string) {
	row, known := p.table.renames[api]
	if !known {
		return
	}
	p.add(&group{
		edits: []edit{{start: p.offset(node), end: p.end(node), text: row.Name}},
		at:    p.offset(node),
		rewrite: Rewrite{
			API: api, What: "is named " + row.Name, Why: row.Reason, Release: row.Release,
		},
	})
}

// selector rewrites a name that is gone, a field of another type, a method as a value.
func (p *pass) selector(node *ast.SelectorExpr) {
	info := p.pkg.info
	if qualifier, ok := node.X.(*ast.Ident); ok {
		if imported, ok := info.Uses[qualifier].(*types.PkgName); ok {
			path := imported.Imported().Path()
			if p.api.removed[path+"."+node.Sel.Name] != nil {
				p.rename(node.Sel, short(path)+"."+node.Sel.Name)
			}
			return
		}
	}
	if selection := info.Selections[node]; selection != nil {
		switch {
		case selection.Kind() == types.FieldVal:
			p.field(node, selection.Obj())
		case selection.Kind() == types.MethodVal && p.values && !p.isCalled(node):
			p.methodValue(node, selection.Obj())
		}
		return
	}
	if has := info.TypeOf(node.X); has != nil {
		if named := namedOf(has); named != nil && named.Obj().Pkg() != nil {
			key := named.Obj().Pkg().Path() + "." + named.Obj().Name() + "." + node.Sel.Name
			if removed, ok := p.api.removed[key].(*types.Func); ok {
				api := short(named.Obj().Pkg().Path()) + "." + named.Obj().Name() + "." + node.Sel.Name
				p.withoutMethod(node, removed, named, api)
			}
		}
	}
}

func (p *pass) isCalled(node ast.Expr) bool {
	var inner ast.Node = node
	parent := p.file.parents[node]
	for isParen(parent) {
		inner, parent = parent, p.file.parents[parent]
	}
	call, ok := parent.(*ast.CallExpr)
	return ok && call.Fun == inner
}

// withoutMethod puts a zero value where a method is called that is gone.
func (p *pass) withoutMethod(
	node *ast.SelectorExpr, removed *types.Func, named *types.Named, api string,
) {
	if _, known := p.table.renames[api]; known {
		p.rename(node.Sel, api)
		return
	}
	call, ok := p.file.parents[node].(*ast.CallExpr)
	signature := removed.Type().(*types.Signature)
	if !ok || len(call.Args) > 0 || signature.Results().Len() != 1 {
		return
	}
	result := signature.Results().At(0).Type()
	if _, isBasic := result.(*types.Basic); !isBasic {
		return
	}
	work := &filling{pass: p, unknown: []string{"it is gone"}}
	owner := p.pkg.info.TypeOf(node.X)
	edits := []edit{
		insertion(p.offset(call), work.zeroFor(owner, result)),
		{start: p.end(node.X), end: p.end(call), text: ")"},
	}
	p.finish(call, &change{api: api}, work, edits, []string{"its zero value stands for it"})
}

// zeroFor begins a call that takes a value, so that it stays used, and returns a zero.
func (f *filling) zeroFor(taken, result types.Type) string {
	return fmt.Sprintf(
		"func(%s) %s { return %s }(", f.spell(taken), f.spell(result), f.zero(result))
}

// field converts a field whose type changed to the type that it had.
func (p *pass) field(node *ast.SelectorExpr, object types.Object) {
	old, changed := p.api.fields[object]
	if !changed || !p.wrongAround(node) {
		return
	}
	api := p.api.fieldNames[object]
	parent := p.file.parents[node]
	if assign, ok := parent.(*ast.AssignStmt); ok && len(assign.Rhs) == len(assign.Lhs) {
		for index, each := range assign.Lhs {
			if each == node {
				p.converted(assign.Rhs[index], object.Type(), api)
				return
			}
		}
	}
	if unary, ok := parent.(*ast.UnaryExpr); ok && unary.Op == token.AND {
		return
	}
	work := &filling{pass: p}
	now := types.TypeString(object.Type(), func(each *types.Package) string { return each.Name() })
	row, known := p.table.fields[api+" "+now]
	_, isBasic := old.(*types.Basic)
	switch {
	case isNumber(old) && isNumber(object.Type()):
		edits := []edit{
			insertion(p.offset(node), work.spell(old)+"("), insertion(p.end(node), ")"),
		}
		p.finish(node, &change{api: api}, work, edits, []string{"converted to " + work.spell(old)})
	case known:
		before, after, _ := strings.Cut(row.Value, "{}")
		edits := []edit{insertion(p.offset(node), before), insertion(p.end(node), after)}
		work.need(row.Imports)
		work.notes, work.release = []string{row.Reason}, row.Release
		if row.Review {
			work.unknown = append(work.unknown, row.Reason)
		}
		p.finish(node, &change{api: api}, work, edits, []string{"converted: " + row.Value})
	case isBasic:
		work.unknown = append(work.unknown, "it is of type "+now+" now")
		edits := []edit{
			insertion(p.offset(node), work.zeroFor(object.Type(), old)), insertion(p.end(node), ")"),
		}
		p.finish(node, &change{api: api}, work, edits, []string{"its zero value stands for it"})
	}
}

// converted makes a number fit a field whose type changed.
func (p *pass) converted(value ast.Expr, wanted types.Type, api string) {
	has := p.pkg.info.TypeOf(value)
	if has == nil || p.assignable(value, wanted) || !isNumber(has) || !isNumber(wanted) {
		return
	}
	work := &filling{pass: p}
	edits := []edit{
		insertion(p.offset(value), work.spell(wanted)+"("), insertion(p.end(value), ")"),
	}
	p.finish(value, &change{api: api}, work, edits, []string{"converted to " + work.spell(wanted)})
}

// wrongAround tells whether the type checker objects to the statement around a node.
func (p *pass) wrongAround(node ast.Node) bool {
	around := node
	for parent := node; parent != nil; parent = p.file.parents[parent] {
		around = parent
		_, isStatement := parent.(ast.Stmt)
		if isStatement || isDeclaration(parent) {
			break
		}
	}
	for _, each := range p.all() {
		if each.Pos >= around.Pos() && each.Pos <= around.End() {
			return true
		}
	}
	return false
}

func isDeclaration(node ast.Node) bool {
	_, ok := node.(ast.Decl)
	return ok
}

// literal gives names to the values of a struct that has other fields now.
func (p *pass) literal(node *ast.CompositeLit) {
	named := namedOf(p.pkg.info.TypeOf(node))
	if named == nil {
		return
	}
	if fields, ok := named.Underlying().(*types.Struct); ok {
		for _, each := range node.Elts {
			if pair, ok := each.(*ast.KeyValueExpr); ok {
				p.pair(pair, fields)
			}
		}
	}
	names, changed := p.api.structs[named.Obj()]
	if !changed || len(node.Elts) != len(names) || len(names) == 0 {
		return
	}
	var edits []edit
	for index, each := range node.Elts {
		if _, keyed := each.(*ast.KeyValueExpr); keyed {
			return
		}
		edits = append(edits, insertion(p.offset(each), names[index]+": "))
	}
	api := short(named.Obj().Pkg().Path()) + "." + named.Obj().Name()
	p.finish(node, &change{api: api}, &filling{pass: p}, edits, []string{"fields are named"})
}

func (p *pass) pair(pair *ast.KeyValueExpr, fields *types.Struct) {
	key, ok := pair.Key.(*ast.Ident)
	if !ok {
		return
	}
	for index := 0; index < fields.NumFields(); index++ {
		field := fields.Field(index)
		if _, changed := p.api.fields[field]; changed && field.Name() == key.Name {
			p.converted(pair.Value, field.Type(), p.api.fieldNames[field])
		}
	}
}

// methodValue puts a changed method that is used as a value behind its old signature.
func (p *pass) methodValue(node *ast.SelectorExpr, object types.Object) {
	found, fresh := p.changeOf(object)
	if found == nil || fresh.Variadic() || found.oldVariadic ||
		len(gone(found.params, len(found.oldTypes))) > 0 ||
		len(gone(found.results, found.oldResults)) > 0 {
		return
	}
	work := &filling{pass: p}
	var params, arguments []string
	for is, was := range found.params {
		param := fresh.Params().At(is)
		if was < 0 {
			arguments = append(arguments, work.value(found.api, param.Name(), param.Type()))
			continue
		}
		name := param.Name()
		if isBlank(name) {
			name = fmt.Sprintf("p%d", is)
		}
		params = append(params, name+" "+work.spell(param.Type()))
		arguments = append(arguments, name)
	}
	edits := []edit{
		insertion(p.offset(node), "func("+strings.Join(params, ", ")+")"),
	}
	call := "(" + strings.Join(arguments, ", ") + ")"
	edits = append(edits, p.handing(node, call, found, fresh, work)...)
	p.finish(node, found, work, edits, []string{"behind a function of its old type"})
}

// handing writes the results and the body of a literal that calls a method.
func (p *pass) handing(
	node ast.Expr, call string, found *change, fresh *types.Signature, work *filling,
) []edit {
	if kept(found.results, found.oldResults) {
		results := strings.TrimPrefix(types.TypeString(
			types.NewSignatureType(nil, nil, nil, nil, fresh.Results(), false),
			work.qualifier()), "func()")
		hand := " { return "
		if fresh.Results().Len() == 0 {
			hand = " { "
		}
		return []edit{
			insertion(p.offset(node), results+hand), insertion(p.end(node), call+" }"),
		}
	}
	returns := make([]string, found.oldResults)
	taking, giving := p.namesOf(node, found, fresh)
	for is, was := range found.results {
		if was >= 0 {
			returns[was] = work.spell(fresh.Results().At(is).Type())
		}
	}
	return []edit{
		insertion(p.offset(node), fmt.Sprintf(
			" (%s) { %s := ", strings.Join(returns, ", "), strings.Join(taking, ", "))),
		insertion(p.end(node), fmt.Sprintf(
			"%s; return %s }", call, strings.Join(giving, ", "))),
	}
}
