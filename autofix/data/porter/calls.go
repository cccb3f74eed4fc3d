package main

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// callee returns what a call calls, and whether it calls a method by its value.
func (p *pass) callee(call *ast.CallExpr) types.Object {
	switch function := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return p.pkg.info.Uses[function]
	case *ast.SelectorExpr:
		if selection := p.pkg.info.Selections[function]; selection != nil {
			if selection.Kind() != types.MethodVal {
				return nil
			}
			return selection.Obj()
		}
		return p.pkg.info.Uses[function.Sel]
	}
	return nil
}

// changeOf returns how a function changed; nil if it did not.
func (p *pass) changeOf(called types.Object) (*change, *types.Signature) {
	function, ok := called.(*types.Func)
	if !ok {
		return nil, nil
	}
	found := p.api.calls[function]
	if found == nil {
		found = p.own[function.FullName()]
	}
	signature, _ := function.Type().(*types.Signature)
	return found, signature
}

// call rewrites the arguments of a call whose parameters changed, and its results.
func (p *pass) call(call *ast.CallExpr) {
	called := p.callee(call)
	found, signature := p.changeOf(called)
	if found == nil || signature == nil {
		return
	}
	work := &filling{pass: p}
	var edits []edit
	var what []string
	if p.wantsArguments(call, found, signature) {
		made, words, ok := p.arguments(call, found, signature, work)
		if !ok {
			return
		}
		edits, what = made, words
	}
	made, words := p.results(call, found, signature, work)
	edits, what = append(edits, made...), append(what, words...)
	if len(edits) > 0 {
		p.finish(call, found, work, edits, what)
	}
}

// finish adds a group with its comment, if somebody should look at it.
func (p *pass) finish(
	node ast.Node, found *change, work *filling, edits []edit, what []string,
) {
	p.finishAt(node, node, found, work, edits, what, nil)
}

func (p *pass) finishAt(
	node, reviewed ast.Node, found *change, work *filling, edits []edit, what []string,
	done func(),
) {
	review := len(work.unknown) > 0
	if review {
		words := fmt.Sprintf(
			"%s of %s: %s", found.api, p.versions(), strings.Join(unique(work.unknown), ", "))
		edits = append(edits, p.review(reviewed, words))
	}
	p.add(&group{
		edits: append(edits, work.imports...),
		at:    p.offset(node),
		rewrite: Rewrite{
			API: found.api, What: strings.Join(what, "; "), Review: review,
			Why: strings.Join(unique(work.notes), " "), Release: work.release,
		},
		done: done,
	})
}

func unique(words []string) []string {
	seen := map[string]bool{}
	var found []string
	for _, each := range words {
		if !seen[each] {
			seen[each] = true
			found = append(found, each)
		}
	}
	return found
}

// wantsArguments tells whether a call is written for the old parameters and not for
// the new ones.
func (p *pass) wantsArguments(call *ast.CallExpr, found *change, fresh *types.Signature) bool {
	if len(call.Args) == 1 {
		if several, ok := p.pkg.info.TypeOf(call.Args[0]).(*types.Tuple); ok && several.Len() > 1 {
			return false
		}
	}
	count := len(call.Args)
	most := len(found.oldTypes)
	fitsOld := count == most
	if found.oldVariadic && !call.Ellipsis.IsValid() {
		fitsOld = count >= most-1
	}
	return fitsOld && !p.fits(call, fresh)
}

// fits tells whether the arguments are of a signature's types.
func (p *pass) fits(call *ast.CallExpr, signature *types.Signature) bool {
	params := signature.Params()
	last := params.Len() - 1
	spread := signature.Variadic() && !call.Ellipsis.IsValid()
	if spread && len(call.Args) < last || !spread && len(call.Args) != params.Len() {
		return false
	}
	for index, argument := range call.Args {
		wanted := params.At(min(index, max(last, 0))).Type()
		if spread && index >= last {
			wanted = wanted.(*types.Slice).Elem()
		}
		if !p.assignable(argument, wanted) {
			return false
		}
	}
	return true
}

func (p *pass) assignable(argument ast.Expr, wanted types.Type) bool {
	has := p.pkg.info.Types[argument]
	if has.Type == nil || has.Type == types.Typ[types.Invalid] {
		return true // another error hides what it is
	}
	if basic, ok := has.Type.(*types.Basic); ok && basic.Info()&types.IsUntyped != 0 {
		if basic.Kind() == types.UntypedNil {
			return nillable(wanted)
		}
		return types.ConvertibleTo(types.Default(basic), wanted) && sameKind(basic, wanted)
	}
	return types.AssignableTo(has.Type, wanted)
}

func nillable(wanted types.Type) bool {
	switch wanted.Underlying().(type) {
	case *types.Basic, *types.Struct, *types.Array:
		return false
	}
	return true
}

// sameKind keeps an untyped number from counting as a string.
func sameKind(untyped *types.Basic, wanted types.Type) bool {
	basic, ok := wanted.Underlying().(*types.Basic)
	if !ok {
		_, isFace := wanted.Underlying().(*types.Interface)
		return isFace
	}
	const kinds = types.IsBoolean | types.IsString | types.IsNumeric
	return basic.Info()&untyped.Info()&kinds != 0
}

// arguments writes the arguments of the new parameters; false if it cannot.
func (p *pass) arguments(
	call *ast.CallExpr, found *change, fresh *types.Signature, work *filling,
) (edits []edit, what []string, ok bool) {
	texts, ok := p.oldArguments(call, found)
	if !ok {
		return nil, nil, false
	}
	last := fresh.Params().Len() - 1
	anchor := -1 // the last old argument that stays
	var added []string
	insert := func(text string) {
		switch {
		case anchor >= 0:
			edits = append(edits, insertion(texts[anchor].end, ", "+text))
		case len(call.Args) > 0:
			edits = append(edits, insertion(p.offset(call.Args[0]), text+", "))
		default:
			edits = append(edits, insertion(p.end(call)-1, text))
		}
	}
	for index := 0; index <= last; index++ {
		param := fresh.Params().At(index)
		was := found.params[index]
		variadic := fresh.Variadic() && index == last
		if was < 0 {
			if variadic {
				continue // nothing is a value of it
			}
			value := p.handedOn(call, lastName(found.api), param)
			if value == "" {
				value = work.value(found.api, param.Name(), param.Type())
			}
			insert(value)
			added = append(added, strings.TrimSpace(param.Name()+" "+value))
			continue
		}
		each := texts[was]
		if each.several { // a variadic one that is a slice now, or stays variadic
			if !variadic {
				edits = append(edits, p.gathered(call, each, param.Type(), work, insert)...)
				what = append(what, param.Name()+" is a slice")
			} else if each.end > 0 {
				anchor = was
			}
			if each.start < each.end {
				anchor = was
			}
			continue
		}
		anchor = was
		made, words, ok := p.adapted(call.Args[was], param.Type(), found, work)
		if !ok {
			return nil, nil, false
		}
		edits, what = append(edits, made...), append(what, words...)
	}
	for _, was := range gone(found.params, len(found.oldTypes)) {
		edits = append(edits, p.without(call, was))
		name := found.oldParams[was]
		what = append(what, "argument "+name+" dropped")
		work.unknown = append(work.unknown, name+" is gone")
	}
	if len(added) > 0 {
		what = append([]string{"added " + strings.Join(added, ", ")}, what...)
	}
	return edits, what, true
}

// written is where an old parameter's argument stands; several for a variadic one.
type written struct {
	start, end int
	several    bool
	count      int
	ellipsis   bool
}

func (p *pass) oldArguments(call *ast.CallExpr, found *change) ([]written, bool) {
	var texts []written
	for index := range found.oldTypes {
		if found.oldVariadic && index == len(found.oldTypes)-1 {
			rest := call.Args[min(index, len(call.Args)):]
			each := written{several: true, count: len(rest), ellipsis: call.Ellipsis.IsValid()}
			if len(rest) > 0 {
				each.start, each.end = p.offset(rest[0]), p.end(rest[len(rest)-1])
				if each.ellipsis {
					each.end = p.world.fset.Position(call.Ellipsis).Offset + len("...")
				}
			}
			texts = append(texts, each)
			continue
		}
		if index >= len(call.Args) {
			return nil, false
		}
		each := call.Args[index]
		texts = append(texts, written{start: p.offset(each), end: p.end(each)})
	}
	return texts, true
}

// gathered turns the arguments of a variadic parameter into one slice.
func (p *pass) gathered(
	call *ast.CallExpr, each written, param types.Type, work *filling, insert func(string),
) []edit {
	switch {
	case each.ellipsis:
		return []edit{{start: each.end - len("..."), end: each.end}}
	case each.count == 0:
		insert("nil")
		return nil
	}
	return []edit{
		insertion(each.start, work.spell(param)+"{"),
		insertion(each.end, "}"),
	}
}

// without returns the edit that drops an argument and one comma beside it.
func (p *pass) without(call *ast.CallExpr, index int) edit {
	switch {
	case index > 0:
		return edit{start: p.end(call.Args[index-1]), end: p.end(call.Args[index])}
	case len(call.Args) > 1:
		return edit{start: p.offset(call.Args[0]), end: p.offset(call.Args[1])}
	}
	return edit{start: p.offset(call.Args[0]), end: p.end(call.Args[0])}
}

// adapted makes an argument fit a parameter whose type changed.
func (p *pass) adapted(
	argument ast.Expr, wanted types.Type, found *change, work *filling,
) (edits []edit, what []string, ok bool) {
	if p.assignable(argument, wanted) {
		return nil, nil, true
	}
	if signature, isFunction := wanted.Underlying().(*types.Signature); isFunction {
		return p.callback(argument, signature, found, work)
	}
	has := p.pkg.info.TypeOf(argument)
	if isNumber(has) && isNumber(wanted) {
		edits = append(edits,
			insertion(p.offset(argument), work.spell(wanted)+"("),
			insertion(p.end(argument), ")"))
		return edits, []string{"converted to " + work.spell(wanted)}, true
	}
	return nil, nil, true // the type checker says what is left
}

func isNumber(each types.Type) bool {
	basic, ok := each.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsNumeric != 0
}
