package main

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/types"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// check parses and type-checks all own packages as they stand, then their tests.
func (p *Porter) check() {
	p.packages, p.errors, p.testErrors = nil, nil, nil
	p.round++
	own := map[string]*types.Package{}
	for _, each := range p.world.own {
		names := append(append([]string{}, each.GoFiles...), each.CgoFiles...)
		errors := &p.errors
		if each.forTests {
			errors = &p.testErrors
		}
		found := p.checkPackage(each, each.ImportPath, names, own, errors)
		own[each.ImportPath] = found.types
	}
	for _, each := range p.world.own {
		if !each.forTests {
			p.checkTests(each, own)
		}
	}
}

// checkTests checks a package once more with its tests; only test files count.
func (p *Porter) checkTests(each *listed, own map[string]*types.Package) {
	known := map[string]*types.Package{}
	for path, found := range own {
		known[path] = found
	}
	if len(each.TestGoFiles) > 0 {
		names := append(append([]string{}, each.GoFiles...), each.CgoFiles...)
		names = append(names, each.TestGoFiles...)
		var errors []types.Error
		found := p.checkPackage(each, each.ImportPath, names, own, &errors)
		found.files = found.files[len(found.files)-len(each.TestGoFiles):]
		known[each.ImportPath] = found.types
		for _, one := range errors {
			if one.Fset != nil && strings.HasSuffix(one.Fset.Position(one.Pos).Filename, "_test.go") {
				p.testErrors = append(p.testErrors, one)
			}
		}
	}
	if len(each.XTestGoFiles) > 0 {
		p.checkPackage(each, each.ImportPath+"_test", each.XTestGoFiles, known, &p.testErrors)
	}
}

// checkPackage type-checks files as a package; own packages are given as types.
func (p *Porter) checkPackage(
	each *listed, path string, names []string, own map[string]*types.Package,
	errors *[]types.Error,
) *checked {
	found := &checked{listed: each, info: &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Defs:       map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
		Scopes:     map[ast.Node]*types.Scope{},
	}}
	var files []*ast.File
	for _, name := range names {
		if file := p.parse(filepath.Join(each.Dir, name), errors); file != nil {
			found.files = append(found.files, file)
			files = append(files, file.syntax)
		}
	}
	config := types.Config{
		FakeImportC: true,
		Sizes:       types.SizesFor("gc", runtime.GOARCH),
		Error: func(err error) {
			if one, ok := err.(types.Error); ok {
				*errors = append(*errors, one)
			}
		},
		Importer: importing(func(path string) (*types.Package, error) {
			if mapped := each.ImportMap[path]; mapped != "" {
				path = mapped
			}
			if known := own[path]; known != nil {
				return known, nil
			}
			return p.world.Import(path)
		}),
	}
	found.types, _ = config.Check(path, p.world.fset, files, found.info)
	p.packages = append(p.packages, found)
	return found
}

func (p *Porter) parse(path string, errors *[]types.Error) *source {
	found := p.sources[path]
	if found == nil {
		text, err := os.ReadFile(path)
		if err != nil {
			*errors = append(*errors, types.Error{Msg: err.Error()})
			return nil
		}
		found = &source{path: path, text: text, original: text, newline: "\n"}
		if bytes.Contains(text, []byte("\r\n")) {
			found.newline = "\r\n"
		}
		formatted, err := format.Source(text)
		found.formatted = err == nil && bytes.Equal(formatted, text)
		p.sources[path] = found
	}
	if found.syntax != nil && found.round == p.round {
		return found
	}
	found.round = p.round
	syntax, err := parser.ParseFile(
		p.world.fset, path, found.text, parser.ParseComments|parser.SkipObjectResolution,
	)
	if err != nil {
		*errors = append(*errors, types.Error{Fset: p.world.fset, Msg: err.Error()})
	}
	found.syntax = syntax
	found.parents = map[ast.Node]ast.Node{}
	var stack []ast.Node
	ast.Inspect(syntax, func(node ast.Node) bool {
		if node == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		if len(stack) > 0 {
			found.parents[node] = stack[len(stack)-1]
		}
		stack = append(stack, node)
		return true
	})
	return found
}

// all returns every error of the type checker.
func (p *Porter) all() []types.Error {
	return append(append([]types.Error{}, p.errors...), p.testErrors...)
}

func problems(errors []types.Error) []Problem {
	found := []Problem{}
	for _, each := range errors {
		problem := Problem{Text: each.Msg}
		if each.Fset != nil && each.Pos.IsValid() {
			position := each.Fset.Position(each.Pos)
			problem.File, problem.Line = position.Filename, position.Line
		}
		if !each.Soft || !strings.HasPrefix(each.Msg, "\t") {
			found = append(found, problem)
		}
	}
	return found
}
