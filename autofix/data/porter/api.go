package main

import (
	"fmt"
	"go/types"
	"sort"
	"strings"
)

// change says how a function's parameters and results moved.
type change struct {
	api string // "runtime.NakamaModule.LeaderboardCreate"
	// params has for each new parameter the place of the old one, or -1.
	params, results []int
	oldParams       []string // names
	oldTypes        []string // canonical
	oldResults      int
	oldVariadic     bool
}

// API is the difference between two versions.
type API struct {
	table   *Table
	changes []Change
	// calls has the functions and methods of the new version whose signature changed.
	calls map[types.Object]*change
	// fields has the fields of the new version whose type changed, with the old type.
	fields map[types.Object]types.Type
	// fieldNames has their names: "runtime.FlagOverride.Type".
	fieldNames map[types.Object]string
	// structs has the old fields' names of structs whose fields changed.
	structs map[types.Object][]string
	// removed has "package path.Name" and "package path.Type.Name" that are gone.
	removed map[string]types.Object
	// views has for each interface or struct type its old and new methods by name.
	views []*view
}

// view is a type of the API with the methods it had and has.
type view struct {
	api        string
	old, fresh map[string]*types.Func
	isFace     bool
	// names has the API's own names of methods, where the interface is not of the API.
	names []string
}

// name returns the API's name of a method.
func (v *view) name(method string) string {
	for _, each := range v.names {
		if lastName(each) == method {
			return each
		}
	}
	return v.api + "." + method
}

func compareVersions(old, fresh map[string]*types.Package, table *Table) *API {
	api := &API{
		table:      table,
		calls:      map[types.Object]*change{},
		fields:     map[types.Object]types.Type{},
		fieldNames: map[types.Object]string{},
		structs:    map[types.Object][]string{},
		removed:    map[string]types.Object{},
	}
	for _, path := range sortedKeys(old) {
		if fresh[path] == nil {
			api.add(short(path), "package removed", path, "")
			continue
		}
		api.scopes(path, old[path].Scope(), fresh[path].Scope())
	}
	sort.SliceStable(api.changes, func(one, other int) bool {
		return api.changes[one].API < api.changes[other].API
	})
	return api
}

func short(path string) string { return path[strings.LastIndex(path, "/")+1:] }

func (a *API) add(name, kind, old, fresh string) {
	a.changes = append(a.changes, Change{API: name, Kind: kind, Old: old, New: fresh})
}

func (a *API) scopes(path string, old, fresh *types.Scope) {
	for _, name := range old.Names() {
		was, is := old.Lookup(name), fresh.Lookup(name)
		if !was.Exported() {
			continue
		}
		full := short(path) + "." + name
		if is == nil {
			a.removed[path+"."+name] = was
			a.add(full, "removed", describe(was), "")
			continue
		}
		a.objects(path, full, was, is)
	}
}

func (a *API) objects(path, full string, was, is types.Object) {
	if fmt.Sprintf("%T", was) != fmt.Sprintf("%T", is) {
		a.add(full, "kind", describe(was), describe(is))
		return
	}
	switch was := was.(type) {
	case *types.Func:
		a.functions(full, was, is.(*types.Func))
	case *types.TypeName:
		a.types(path, full, was, is.(*types.TypeName))
	default:
		if !a.alike(was.Type(), is.Type()) {
			a.add(full, "type", describe(was), describe(is))
		}
	}
}

func (a *API) functions(full string, was, is *types.Func) {
	before, after := was.Type().(*types.Signature), is.Type().(*types.Signature)
	if canon(before) == canon(after) {
		return
	}
	if _, known := a.calls[is]; !known { // embedded: named by the type that declares it
		a.calls[is] = compareSignatures(full, before, after)
	}
	a.add(full, "signature", before.String(), after.String())
}

func (a *API) types(path, full string, was, is *types.TypeName) {
	before, after := was.Type(), is.Type()
	old, fresh := methodsOf(before), methodsOf(after)
	_, isFace := after.Underlying().(*types.Interface)
	a.views = append(a.views, &view{api: full, old: old, fresh: fresh, isFace: isFace})
	for _, name := range sortedKeys(old) {
		method := full + "." + name
		switch found := fresh[name]; {
		case found == nil:
			a.removed[path+"."+was.Name()+"."+name] = old[name]
			a.add(method, "removed", describe(old[name]), "")
		default:
			a.functions(method, old[name], found)
		}
	}
	for _, name := range sortedKeys(fresh) {
		if isFace && old[name] == nil {
			a.add(full+"."+name, "method added", "", describe(fresh[name]))
		}
	}
	structBefore, wasStruct := before.Underlying().(*types.Struct)
	structAfter, isStruct := after.Underlying().(*types.Struct)
	switch {
	case wasStruct && isStruct:
		a.compareFields(full, is, structBefore, structAfter)
	case isFace: // told by its methods
	case canon(before.Underlying()) != canon(after.Underlying()):
		a.add(full, "type", canon(before.Underlying()), canon(after.Underlying()))
	}
}

func (a *API) compareFields(full string, is types.Object, old, fresh *types.Struct) {
	now := map[string]*types.Var{}
	for index := 0; index < fresh.NumFields(); index++ {
		now[fresh.Field(index).Name()] = fresh.Field(index)
	}
	var names, current []string
	for index := 0; index < old.NumFields(); index++ {
		field := old.Field(index)
		names = append(names, field.Name())
		if !field.Exported() {
			continue
		}
		found := now[field.Name()]
		inner, innerNow := anonymous(field.Type()), anonymous(typeOf(found))
		if found == nil {
			a.add(full+"."+field.Name(), "removed", canon(field.Type()), "")
		} else if inner != nil && innerNow != nil {
			a.compareFields(full+"."+field.Name(), found, inner, innerNow)
		} else if !a.alike(field.Type(), found.Type()) {
			a.fields[found] = field.Type()
			a.fieldNames[found] = full + "." + field.Name()
			a.add(full+"."+field.Name(), "type", canon(field.Type()), canon(found.Type()))
		}
	}
	for index := 0; index < fresh.NumFields(); index++ {
		current = append(current, fresh.Field(index).Name())
	}
	if strings.Join(names, " ") != strings.Join(current, " ") {
		a.structs[is] = names
		if allExported(fresh) && allExported(old) { // others cannot be written unkeyed
			a.add(full, "fields", strings.Join(names, " "), strings.Join(current, " "))
		}
	}
}

// alike tells whether two types are equal but for renamed ones.
func (a *API) alike(old, fresh types.Type) bool {
	spelled := canon(old)
	if was, ok := types.Unalias(old).(*types.Named); ok && was.Obj().Pkg() != nil {
		path := was.Obj().Pkg().Path()
		if row, known := a.table.renames[short(path)+"."+was.Obj().Name()]; known {
			spelled = path + "." + row.Name
		}
	}
	return spelled == canon(fresh)
}

// anonymous returns the struct that a field's type spells out, or nil.
func anonymous(each types.Type) *types.Struct {
	if pointer, ok := each.(*types.Pointer); ok {
		each = pointer.Elem()
	}
	found, _ := each.(*types.Struct)
	return found
}

func typeOf(each *types.Var) types.Type {
	if each == nil {
		return nil
	}
	return each.Type()
}

func allExported(each *types.Struct) bool {
	for index := 0; index < each.NumFields(); index++ {
		if !each.Field(index).Exported() {
			return false
		}
	}
	return true
}

// methodsOf lists the exported methods of a type and of a pointer to it.
func methodsOf(each types.Type) map[string]*types.Func {
	if _, isFace := each.Underlying().(*types.Interface); !isFace {
		each = types.NewPointer(each)
	}
	found := map[string]*types.Func{}
	set := types.NewMethodSet(each)
	for index := 0; index < set.Len(); index++ {
		if method, ok := set.At(index).Obj().(*types.Func); ok && method.Exported() {
			found[method.Name()] = method
		}
	}
	return found
}

func describe(each types.Object) string {
	return types.ObjectString(each, func(p *types.Package) string { return p.Name() })
}

// canon spells a type so that equal types of two versions are spelled alike.
func canon(each types.Type) string {
	switch each := types.Unalias(each).(type) {
	case *types.Signature:
		return "func" + tuple(each.Params(), each.Variadic()) + tuple(each.Results(), false)
	case *types.Pointer:
		return "*" + canon(each.Elem())
	case *types.Slice:
		return "[]" + canon(each.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", each.Len(), canon(each.Elem()))
	case *types.Map:
		return "map[" + canon(each.Key()) + "]" + canon(each.Elem())
	case *types.Chan:
		return fmt.Sprintf("chan%d %s", each.Dir(), canon(each.Elem()))
	case *types.Struct:
		var fields []string
		for index := 0; index < each.NumFields(); index++ {
			fields = append(fields, each.Field(index).Name()+" "+canon(each.Field(index).Type()))
		}
		return "struct{" + strings.Join(fields, "; ") + "}"
	default:
		return types.TypeString(each, nil)
	}
}

func tuple(each *types.Tuple, variadic bool) string {
	return "(" + strings.Join(canonTypes(each, variadic), ", ") + ")"
}

func canonTypes(each *types.Tuple, variadic bool) []string {
	var found []string
	for index := 0; index < each.Len(); index++ {
		spelled := canon(each.At(index).Type())
		if variadic && index == each.Len()-1 {
			spelled = "..." + strings.TrimPrefix(spelled, "[]")
		}
		found = append(found, spelled)
	}
	return found
}
