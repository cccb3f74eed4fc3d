package main

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// missing gives an own type the methods that an interface it implemented has now.
func (p *pass) missing(spec *ast.TypeSpec, views []*view) {
	object := p.pkg.info.Defs[spec.Name]
	if object == nil || types.IsInterface(object.Type()) || spec.TypeParams != nil ||
		!p.refused(spec.Name.Name) {
		return
	}
	has := methodsOf(object.Type())
	for _, each := range views {
		lacking := lackingOf(has, each)
		if !each.isFace || len(lacking) == 0 {
			continue
		}
		work := &filling{pass: p}
		var text strings.Builder
		for _, name := range lacking {
			text.WriteString(p.stub(spec.Name.Name, each, name, work))
		}
		end := len(p.file.text)
		p.add(&group{
			edits: append([]edit{insertion(end, text.String())}, work.imports...),
			at:    p.offset(spec),
			rewrite: Rewrite{
				API:    each.api,
				What:   spec.Name.Name + " has " + strings.Join(lacking, ", ") + " too",
				Why:    strings.Join(work.notes, " "),
				Review: len(work.unknown) > 0,
			},
		})
		return
	}
}

// lackingOf lists the new methods that a type lacks which has all the old ones.
func lackingOf(has map[string]*types.Func, each *view) []string {
	var lacking []string
	for _, name := range sortedKeys(each.fresh) {
		if has[name] != nil {
			continue
		}
		if each.old[name] != nil {
			return nil
		}
		lacking = append(lacking, name)
	}
	if len(each.old) == 0 {
		return nil
	}
	return lacking
}

// stub writes a method that does nothing and returns zero values.
func (p *pass) stub(name string, each *view, method string, work *filling) string {
	signature := each.fresh[method].Type().(*types.Signature)
	spelled := strings.TrimPrefix(types.TypeString(
		types.NewSignatureType(nil, nil, nil, signature.Params(), signature.Results(), signature.Variadic()),
		work.qualifier()), "func")
	var zeroes []string
	for index := 0; index < signature.Results().Len(); index++ {
		zeroes = append(zeroes, work.zero(signature.Results().At(index).Type()))
	}
	body := strings.Join(zeroes, ", ")
	comment := fmt.Sprintf("autofix: review: %s of %s has %s; nothing is behind it here.",
		each.api, p.versions(), method)
	if row, known := p.table.methods[each.api+"."+method]; known {
		body = row.Value
		comment = method + " is there because " + each.api + " has it. " + row.Reason
		work.notes = append(work.notes, row.Reason)
	} else {
		work.unknown = append(work.unknown, method)
	}
	if body != "" {
		body = "\treturn " + body + "\n"
	}
	return fmt.Sprintf("\n// %s\nfunc (%s) %s%s {\n%s}\n",
		comment, p.receiver(name), method, spelled, body)
}

// receiver spells the receiver that the methods of a type have.
func (p *pass) receiver(name string) string {
	for _, other := range p.pkg.files {
		for _, declaration := range other.syntax.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok || f.Recv == nil || len(f.Recv.List) != 1 {
				continue
			}
			switch each := f.Recv.List[0].Type.(type) {
			case *ast.StarExpr:
				if named, ok := each.X.(*ast.Ident); ok && named.Name == name {
					return "*" + name
				}
			case *ast.Ident:
				if each.Name == name {
					return name
				}
			}
		}
	}
	return "*" + name
}
