package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"sort"
	"strconv"
	"strings"
)

// importMark begins the text of an edit that only asks for an import.
const importMark = "\x00import "

// Table holds what is known about keeping old behaviour.
type Table struct {
	parameters, renames, fields, methods map[string]Row
}

func tableOf(request *Request) *Table {
	table := &Table{
		parameters: map[string]Row{},
		renames:    map[string]Row{},
		fields:     map[string]Row{},
		methods:    map[string]Row{},
	}
	for _, row := range request.Parameters {
		table.parameters[row.API+" "+row.Name] = row
	}
	for _, row := range request.Renames {
		table.renames[row.API] = row
	}
	for _, row := range request.Methods {
		table.methods[row.API] = row
	}
	for _, row := range request.Fields {
		table.fields[row.API+" "+row.Name] = row
	}
	return table
}

// filling collects values for what is new, and whether they want a review.
type filling struct {
	pass    *pass
	notes   []string
	unknown []string
	release string
	imports []edit
}

// value returns the value that keeps the old behaviour, else the zero value.
func (f *filling) value(api, name string, each types.Type) string {
	if row, known := f.pass.table.parameters[api+" "+name]; known {
		f.notes = append(f.notes, row.Reason)
		f.release = row.Release
		return row.Value
	}
	if name == "" {
		name = f.spell(each)
	}
	f.unknown = append(f.unknown, name)
	return f.zero(each)
}

// zero spells the zero value of a type.
func (f *filling) zero(each types.Type) string {
	switch under := each.Underlying().(type) {
	case *types.Basic:
		switch {
		case under.Info()&types.IsBoolean != 0:
			return "false"
		case under.Info()&types.IsString != 0:
			return `""`
		case under.Info()&types.IsNumeric != 0:
			return "0"
		}
		return "nil"
	case *types.Struct, *types.Array:
		return f.spell(each) + "{}"
	}
	return "nil"
}

// spell writes a type as the file would, and asks for the imports that it needs.
func (f *filling) spell(each types.Type) string {
	return types.TypeString(each, f.qualifier())
}

func (f *filling) qualifier() types.Qualifier {
	return func(other *types.Package) string {
		if other.Path() == f.pass.pkg.types.Path() {
			return ""
		}
		name, found := f.pass.importName(other.Path())
		if !found {
			f.imports = append(f.imports, edit{text: importMark + other.Path()})
			return other.Name()
		}
		return name
	}
}

// need asks for the imports of a table's value.
func (f *filling) need(paths []string) {
	for _, path := range paths {
		if _, found := f.pass.importName(path); !found {
			f.imports = append(f.imports, edit{text: importMark + path})
		}
	}
}

// importName returns what the file calls a package; "" for a dot import.
func (p *pass) importName(path string) (string, bool) {
	for _, each := range p.file.syntax.Imports {
		written, _ := strconv.Unquote(each.Path.Value)
		if written != path {
			continue
		}
		switch {
		case each.Name == nil:
			if found := p.pkg.types; found != nil {
				for _, imported := range found.Imports() {
					if imported.Path() == path {
						return imported.Name(), true
					}
				}
			}
			return short(path), true
		case each.Name.Name == ".":
			return "", true
		case each.Name.Name != "_":
			return each.Name.Name, true
		}
	}
	return "", false
}

// importing returns the edit that imports a package in the file.
func (p *pass) importing(path string) edit {
	for _, declaration := range p.file.syntax.Decls {
		imports, ok := declaration.(*ast.GenDecl)
		if !ok || imports.Tok != token.IMPORT {
			continue
		}
		if imports.Lparen.IsValid() && len(imports.Specs) > 0 {
			return p.importBeside(imports, path)
		}
		start := p.offset(imports)
		return edit{start: start, end: start, text: fmt.Sprintf("import %q\n", path)}
	}
	after := p.end(p.file.syntax.Name)
	return edit{start: after, end: after, text: fmt.Sprintf("\n\nimport %q", path)}
}

// importBeside puts an import where it stands in order, in the group of its kind.
func (p *pass) importBeside(imports *ast.GenDecl, path string) edit {
	isStandard := func(each string) bool {
		return !strings.Contains(strings.SplitN(each, "/", 2)[0], ".")
	}
	best := imports.Specs[0]
	before := true
	for _, spec := range imports.Specs {
		written, _ := strconv.Unquote(spec.(*ast.ImportSpec).Path.Value)
		if isStandard(written) == isStandard(path) && written < path || !isStandard(path) {
			best, before = spec, false
		}
	}
	if before {
		start := p.offset(best)
		return edit{start: start, end: start, text: fmt.Sprintf("%q\n\t", path)}
	}
	end := p.end(best)
	if comment := best.(*ast.ImportSpec).Comment; comment != nil {
		end = p.end(comment)
	}
	return edit{start: end, end: end, text: fmt.Sprintf("\n\t%q", path)}
}

// review returns the edit that puts a comment above the statement around a node.
func (p *pass) review(node ast.Node, words string) edit {
	for parent := node; parent != nil; parent = p.file.parents[parent] {
		node = parent
		_, isStatement := parent.(ast.Stmt)
		_, isDeclaration := parent.(ast.Decl)
		above := p.file.parents[parent]
		if isDeclaration || isStatement && isList(above) {
			break
		}
	}
	start := p.offset(node)
	for start > 0 && p.file.text[start-1] != '\n' {
		start--
	}
	indent := start
	for p.file.text[indent] == ' ' || p.file.text[indent] == '\t' {
		indent++
	}
	text := fmt.Sprintf("%s// autofix: review: %s\n", p.file.text[start:indent], words)
	return edit{start: start, end: start, text: text}
}

func isList(node ast.Node) bool {
	switch node.(type) {
	case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
		return true
	}
	return false
}

// fresh returns a name that nothing in scope at a node has.
func (p *pass) fresh(node ast.Node, wanted string, taken map[string]bool) string {
	name := wanted
	for number := 2; ; number++ {
		if !taken[name] && !p.visible(node, name) {
			taken[name] = true
			return name
		}
		name = wanted + strconv.Itoa(number)
	}
}

// visible tells whether a name is declared in the block around a node.
func (p *pass) visible(node ast.Node, name string) bool {
	for ; node != nil; node = p.file.parents[node] {
		scope := p.pkg.info.Scopes[node]
		switch function := p.file.parents[node].(type) {
		case *ast.FuncDecl:
			scope = p.pkg.info.Scopes[function.Type]
		case *ast.FuncLit:
			scope = p.pkg.info.Scopes[function.Type]
		}
		if scope != nil {
			return scope.Lookup(name) != nil
		}
	}
	return false
}

func sortEdits(edits []edit) {
	sort.SliceStable(edits, func(one, other int) bool {
		if edits[one].start != edits[other].start {
			return edits[one].start < edits[other].start
		}
		return edits[one].end < edits[other].end
	})
}

func isBlank(name string) bool { return name == "" || name == "_" }

func insertion(at int, text string) edit { return edit{start: at, end: at, text: text} }
