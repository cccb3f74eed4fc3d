package main

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// callback makes a function that is handed over fit its new type.
func (p *pass) callback(
	argument ast.Expr, wanted *types.Signature, found *change, work *filling,
) (edits []edit, what []string, ok bool) {
	has, ok := p.pkg.info.TypeOf(argument).(*types.Signature)
	if !ok {
		return nil, nil, true
	}
	moved := compareSignatures(found.api, has, wanted)
	switch each := ast.Unparen(argument).(type) {
	case *ast.FuncLit:
		f := function{node: each, syntax: each.Type, body: each.Body, found: moved, fresh: wanted}
		edits, what = p.signature(f, work)
		return edits, what, edits != nil
	case *ast.Ident, *ast.SelectorExpr:
		if p.redeclared(each, moved, wanted) {
			return nil, nil, true
		}
		edits, ok = p.behind(each, moved, wanted, work)
		return edits, []string{"behind a function of the new type"}, ok
	}
	return nil, nil, false
}

// redeclared changes the declaration of a function that is used nowhere else.
func (p *pass) redeclared(each ast.Expr, moved *change, wanted *types.Signature) bool {
	called := p.used(each)
	count := 0
	for _, pkg := range p.packages {
		for _, object := range pkg.info.Uses {
			if object == called && called != nil {
				count++
			}
		}
	}
	if count != 1 {
		return false
	}
	for _, other := range p.passes {
		for _, declaration := range other.file.syntax.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if ok && other.pkg.info.Defs[f.Name] == called {
				return other.redeclare(f, moved, wanted)
			}
		}
	}
	return false
}

func (p *pass) used(each ast.Expr) types.Object {
	switch each := each.(type) {
	case *ast.Ident:
		return p.pkg.info.Uses[each]
	case *ast.SelectorExpr:
		return p.pkg.info.Uses[each.Sel]
	}
	return nil
}

// redeclare adds the group that changes one declared function.
func (p *pass) redeclare(f *ast.FuncDecl, moved *change, wanted *types.Signature) bool {
	work := &filling{pass: p}
	named := map[string]bool{}
	if f.Body != nil {
		named = p.passedOn(f, moved)
	}
	edits, what := p.signature(function{
		node: f, syntax: f.Type, body: f.Body, found: moved, fresh: wanted, named: named,
	}, work)
	if len(edits) == 0 {
		return false
	}
	name := p.pkg.info.Defs[f.Name].(*types.Func).FullName()
	what = append([]string{f.Name.Name + ": " + what[0]}, what[1:]...)
	p.finishAt(f, p.reviewed(f), moved, work, edits, what, func() { p.own[name] = moved })
	return true
}

// reviewed returns the node above which a changed function's comment stands.
func (p *pass) reviewed(f *ast.FuncDecl) ast.Node {
	if f.Body == nil || len(f.Body.List) == 0 {
		return f
	}
	var found ast.Node = f.Body.List[0]
	ast.Inspect(f.Body, func(node ast.Node) bool {
		if each, ok := node.(*ast.ReturnStmt); ok && len(each.Results) > 0 && found == f.Body.List[0] {
			found = each
		}
		_, isLiteral := node.(*ast.FuncLit)
		return !isLiteral
	})
	return found
}

// passedOn names the new parameters that the body's own calls of the API can hand on.
func (p *pass) passedOn(f *ast.FuncDecl, moved *change) map[string]bool {
	named := map[string]bool{}
	ast.Inspect(f.Body, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		found, signature := p.changeOf(p.callee(call))
		if found == nil || lastName(found.api) != f.Name.Name || lastName(moved.api) != f.Name.Name {
			return true
		}
		for is, was := range found.params {
			if name := signature.Params().At(is).Name(); was < 0 && !isBlank(name) {
				named[name] = true
			}
		}
		return true
	})
	for _, each := range places(f.Type.Params) {
		if each.name != nil {
			delete(named, each.name.Name)
		}
	}
	return named
}

func lastName(api string) string { return api[strings.LastIndex(api, ".")+1:] }

// handedOn returns the new parameter of the function around a call that is to be
// passed on, or "".
func (p *pass) handedOn(call *ast.CallExpr, called string, param *types.Var) string {
	for node := ast.Node(call); node != nil; node = p.file.parents[node] {
		f, ok := node.(*ast.FuncDecl)
		if !ok {
			continue
		}
		object, _ := p.pkg.info.Defs[f.Name].(*types.Func)
		if object == nil || p.own[object.FullName()] == nil || f.Name.Name != called {
			return ""
		}
		for _, each := range places(f.Type.Params) {
			if each.name == nil || each.name.Name != param.Name() {
				continue
			}
			if types.Identical(p.pkg.info.TypeOf(each.field.Type), param.Type()) {
				return param.Name()
			}
		}
	}
	return ""
}

// behind puts a function value behind a literal of the new type.
func (p *pass) behind(
	each ast.Expr, moved *change, wanted *types.Signature, work *filling,
) ([]edit, bool) {
	if !kept(moved.results, moved.oldResults) || moved.oldVariadic || wanted.Variadic() {
		return nil, false
	}
	has := p.pkg.info.TypeOf(each).(*types.Signature)
	arguments := make([]string, len(moved.oldTypes))
	var params []string
	for is, was := range moved.params {
		spelled := work.spell(wanted.Params().At(is).Type())
		if was < 0 {
			params = append(params, "_ "+spelled)
			continue
		}
		name := wanted.Params().At(is).Name()
		if isBlank(name) {
			name = fmt.Sprintf("p%d", is)
		}
		params, arguments[was] = append(params, name+" "+spelled), name
	}
	for _, was := range gone(moved.params, len(moved.oldTypes)) {
		arguments[was] = work.zero(has.Params().At(was).Type())
		work.unknown = append(work.unknown, moved.oldParams[was]+" is no longer given")
	}
	results := ""
	if wanted.Results().Len() > 0 {
		results = strings.TrimPrefix(types.TypeString(
			types.NewSignatureType(nil, nil, nil, nil, wanted.Results(), false),
			work.qualifier()), "func()") + " "
	}
	hand := "return "
	if wanted.Results().Len() == 0 {
		hand = ""
	}
	return []edit{
		insertion(p.offset(each), fmt.Sprintf("func(%s)%s{ %s", strings.Join(params, ", "), results, hand)),
		insertion(p.end(each), fmt.Sprintf("(%s) }", strings.Join(arguments, ", "))),
	}, true
}

// declarations changes own methods and interfaces that stand for changed interfaces.
func (p *Porter) declarations() {
	views := append(p.ownViews(), p.api.views...)
	for _, each := range p.passes {
		for _, declaration := range each.file.syntax.Decls {
			switch declaration := declaration.(type) {
			case *ast.FuncDecl:
				each.method(declaration, views)
			case *ast.GenDecl:
				for _, spec := range declaration.Specs {
					if named, ok := spec.(*ast.TypeSpec); ok {
						each.face(named)
						each.missing(named, views)
					}
				}
			}
		}
	}
}

// ownViews lists the own interfaces that were changed as views of their own.
func (p *Porter) ownViews() []*view {
	var views []*view
	for _, pkg := range p.packages {
		for _, name := range pkg.types.Scope().Names() {
			named, ok := pkg.types.Scope().Lookup(name).(*types.TypeName)
			if !ok || !types.IsInterface(named.Type()) {
				continue
			}
			each := &view{api: short(pkg.types.Path()) + "." + name, fresh: methodsOf(named.Type()), isFace: true}
			for method, function := range each.fresh {
				if before := p.faces[function.FullName()]; before != nil {
					each.names = append(each.names, p.own[function.FullName()].api)
					if each.old == nil {
						each.old = map[string]*types.Func{}
					}
					each.old[method] = before
				}
			}
			if each.old != nil {
				views = append(views, each)
			}
		}
	}
	return views
}

// refused tells whether an error says that a type does not implement something.
func (p *Porter) refused(name string) bool {
	for _, each := range p.all() {
		if strings.Contains(each.Msg, "implement") && mentions(each.Msg, name) {
			return true
		}
	}
	return false
}

func mentions(text, name string) bool {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool {
		return !(r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r > 127)
	}) {
		if word == name {
			return true
		}
	}
	return false
}

// method changes a method that had the old signature of an interface's method.
func (p *pass) method(f *ast.FuncDecl, views []*view) {
	object, ok := p.pkg.info.Defs[f.Name].(*types.Func)
	if !ok || f.Recv == nil {
		return
	}
	signature := object.Type().(*types.Signature)
	named := namedOf(signature.Recv().Type())
	if named == nil || !p.refused(named.Obj().Name()) {
		return
	}
	for _, each := range views {
		old, fresh := each.old[object.Name()], each.fresh[object.Name()]
		if !each.isFace || old == nil || fresh == nil || canon(old.Type()) != canon(signature) {
			continue
		}
		if canon(old.Type()) == canon(fresh.Type()) {
			continue
		}
		moved := compareSignatures(each.name(object.Name()), signature, fresh.Type().(*types.Signature))
		p.redeclare(f, p.realigned(moved, old, fresh), fresh.Type().(*types.Signature))
		return
	}
}

// realigned takes the alignment from the API, whose names say more than the own ones.
func (p *pass) realigned(moved *change, old, fresh *types.Func) *change {
	known := compareSignatures(moved.api, old.Type().(*types.Signature), fresh.Type().(*types.Signature))
	moved.params, moved.results = known.params, known.results
	return moved
}

func namedOf(each types.Type) *types.Named {
	if pointer, ok := types.Unalias(each).(*types.Pointer); ok {
		each = pointer.Elem()
	}
	named, _ := types.Unalias(each).(*types.Named)
	return named
}

// face changes the methods of an own interface that is a part of a changed one.
func (p *pass) face(spec *ast.TypeSpec) {
	syntax, ok := spec.Type.(*ast.InterfaceType)
	object := p.pkg.info.Defs[spec.Name]
	if !ok || object == nil || !p.refused(spec.Name.Name) {
		return
	}
	methods := methodsOf(object.Type())
	for _, each := range p.api.views {
		if !each.isFace || !partOf(methods, each) {
			continue
		}
		for _, field := range syntax.Methods.List {
			if written, ok := field.Type.(*ast.FuncType); ok && len(field.Names) == 1 {
				p.faceMethod(field, written, each)
			}
		}
	}
}

// partOf tells whether an interface's methods are all a view's, old or new.
func partOf(methods map[string]*types.Func, each *view) bool {
	for name, method := range methods {
		old, fresh := each.old[name], each.fresh[name]
		isOld := old != nil && canon(old.Type()) == canon(method.Type())
		isNew := fresh != nil && canon(fresh.Type()) == canon(method.Type())
		if !isOld && !isNew {
			return false
		}
	}
	return len(methods) > 0
}

func (p *pass) faceMethod(field *ast.Field, written *ast.FuncType, each *view) {
	object, ok := p.pkg.info.Defs[field.Names[0]].(*types.Func)
	name := field.Names[0].Name
	old, fresh := each.old[name], each.fresh[name]
	if !ok || old == nil || fresh == nil || canon(object.Type()) == canon(fresh.Type()) {
		return
	}
	signature := object.Type().(*types.Signature)
	wanted := fresh.Type().(*types.Signature)
	moved := p.realigned(compareSignatures(each.api+"."+name, signature, wanted), old, fresh)
	named := map[string]bool{}
	for is, was := range moved.params {
		if name := wanted.Params().At(is).Name(); was < 0 && !isBlank(name) {
			named[name] = true
		}
	}
	work := &filling{pass: p}
	edits, what := p.signature(function{
		node: field, syntax: written, found: moved, fresh: wanted, named: named,
	}, work)
	if len(edits) > 0 {
		full := object.FullName()
		p.finishAt(field, field, moved, work, edits, what, func() {
			p.own[full], p.faces[full] = moved, object
		})
	}
}
