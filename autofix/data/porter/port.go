package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/types"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// mostPasses bounds nested rewrites: each pass makes those that do not overlap.
const mostPasses = 60

// source is a file of the own code as it stands.
type source struct {
	path      string
	text      []byte
	original  []byte
	formatted bool // by gofmt, before anything was changed
	newline   string
	syntax    *ast.File
	parents   map[ast.Node]ast.Node
	rewrites  []*placed
}

// placed is a rewrite whose offset follows the edits that come after it.
type placed struct {
	Rewrite
	offset int
}

// checked is an own package after the type checker has seen it.
type checked struct {
	listed *listed
	types  *types.Package
	info   *types.Info
	files  []*source
}

// Porter ports the own code of a world to the new version of an API.
type Porter struct {
	world    *World
	api      *API
	table    *Table
	sources  map[string]*source
	packages []*checked
	errors   []types.Error
	// own has the own functions whose signature was changed, by full name.
	own map[string]*change
	// faces has the methods of own interfaces as they were, by full name.
	faces  map[string]*types.Func
	passes []*pass
	// values tells whether methods that are used as values are looked at too.
	values bool
}

// pass is the work of one pass on one file.
type pass struct {
	*Porter
	pkg    *checked
	file   *source
	groups []*group
}

func (p *Porter) port() Answer {
	p.sources, p.own = map[string]*source{}, map[string]*change{}
	p.faces = map[string]*types.Func{}
	var answer Answer
	for number := 0; ; number++ {
		p.check()
		if number == 0 {
			answer.Before = p.problems()
		}
		if len(p.errors) == 0 || number == mostPasses || !p.rewrite() {
			break
		}
	}
	answer.Remaining = p.problems()
	answer.Libraries = p.world.libraries()
	answer.Changes = p.api.changes
	answer.Files = map[string]string{}
	answer.Rewrites = []Rewrite{}
	for _, path := range sortedKeys(p.sources) {
		each := p.sources[path]
		if bytes.Equal(each.text, each.original) {
			continue
		}
		answer.Files[path] = string(each.text)
		for _, found := range each.rewrites {
			found.Line = 1 + bytes.Count(each.text[:found.offset], []byte("\n"))
			answer.Rewrites = append(answer.Rewrites, found.Rewrite)
		}
	}
	sort.SliceStable(answer.Rewrites, func(one, other int) bool {
		a, b := answer.Rewrites[one], answer.Rewrites[other]
		return a.File < b.File || a.File == b.File && a.Line < b.Line
	})
	return answer
}

// check parses and type-checks all own packages as they stand.
func (p *Porter) check() {
	p.packages, p.errors = nil, nil
	own := map[string]*types.Package{}
	for _, each := range p.world.own {
		found := &checked{listed: each, info: &types.Info{
			Types:      map[ast.Expr]types.TypeAndValue{},
			Defs:       map[*ast.Ident]types.Object{},
			Uses:       map[*ast.Ident]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{},
			Scopes:     map[ast.Node]*types.Scope{},
		}}
		for _, name := range append(append([]string{}, each.GoFiles...), each.CgoFiles...) {
			if file := p.parse(filepath.Join(each.Dir, name)); file != nil {
				found.files = append(found.files, file)
			}
		}
		var files []*ast.File
		for _, file := range found.files {
			files = append(files, file.syntax)
		}
		config := types.Config{
			FakeImportC: true,
			Sizes:       types.SizesFor("gc", "amd64"),
			Error:       func(err error) { p.failed(err) },
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
		found.types, _ = config.Check(each.ImportPath, p.world.fset, files, found.info)
		own[each.ImportPath] = found.types
		p.packages = append(p.packages, found)
	}
}

func (p *Porter) failed(err error) {
	if found, ok := err.(types.Error); ok {
		p.errors = append(p.errors, found)
	}
}

func (p *Porter) parse(path string) *source {
	found := p.sources[path]
	if found == nil {
		text, err := os.ReadFile(path)
		if err != nil {
			p.errors = append(p.errors, types.Error{Msg: err.Error()})
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
	// The name alone would leave positions of an earlier text behind it.
	syntax, err := parser.ParseFile(
		p.world.fset, path, found.text, parser.ParseComments|parser.SkipObjectResolution,
	)
	if err != nil {
		p.errors = append(p.errors, types.Error{Fset: p.world.fset, Msg: err.Error()})
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

func (p *Porter) problems() []Problem {
	found := []Problem{}
	for _, each := range p.errors {
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

// rewrite makes one pass over all files; false if nothing was left to rewrite.
func (p *Porter) rewrite() bool {
	p.passes = nil
	for _, pkg := range p.packages {
		for _, file := range pkg.files {
			p.passes = append(p.passes, &pass{Porter: p, pkg: pkg, file: file})
		}
	}
	// Declarations first: calls in them then hand on what they are given.
	p.declarations()
	if p.apply() {
		return true
	}
	// Methods as values last: whether one is used at its old type shows elsewhere.
	for _, values := range []bool{false, true} {
		p.values = values
		for _, each := range p.passes {
			ast.Inspect(each.file.syntax, func(node ast.Node) bool {
				each.visit(node)
				return true
			})
		}
		if p.apply() {
			return true
		}
	}
	return false
}

func (p *Porter) apply() bool {
	changed := false
	for _, each := range p.passes {
		changed = each.apply() || changed
	}
	return changed
}

func (p *pass) visit(node ast.Node) {
	switch node := node.(type) {
	case *ast.CallExpr:
		p.call(node)
	case *ast.SelectorExpr:
		p.selector(node)
	case *ast.Ident:
		p.renamed(node)
	case *ast.CompositeLit:
		p.literal(node)
	}
}

// group is what belongs together: all of its edits are made, or none.
type group struct {
	edits   []edit
	rewrite Rewrite
	at      int
	// done is called when the edits are made.
	done func()
}

// edit replaces the bytes from start to end.
type edit struct {
	start, end int
	text       string
}

func (p *pass) offset(node ast.Node) int { return p.world.fset.Position(node.Pos()).Offset }

func (p *pass) end(node ast.Node) int { return p.world.fset.Position(node.End()).Offset }

// code returns the text of a node.
func (p *pass) code(node ast.Node) string {
	return string(p.file.text[p.offset(node):p.end(node)])
}

func (p *pass) add(found *group) { p.groups = append(p.groups, found) }

// apply makes all edits of a pass that do not touch one another.
func (p *pass) apply() bool {
	var edits []edit
	var accepted []*group
	imports := map[string]bool{}
	for _, each := range p.groups {
		if !free(edits, each.edits) {
			continue
		}
		var kept []edit
		for _, one := range each.edits {
			if path, isImport := strings.CutPrefix(one.text, importMark); isImport {
				imports[path] = true
				continue
			}
			kept = append(kept, one)
		}
		edits = append(edits, kept...)
		accepted = append(accepted, each)
	}
	if len(accepted) == 0 {
		return false
	}
	for _, path := range sortedKeys(imports) {
		edits = append(edits, p.importing(path))
	}
	p.file.change(edits, accepted)
	return true
}

func free(made, wanted []edit) bool {
	for _, one := range wanted {
		if strings.HasPrefix(one.text, importMark) {
			continue
		}
		for _, other := range made {
			if one.start <= other.end && other.start <= one.end {
				return false
			}
		}
	}
	return true
}

// change applies edits to a file and moves the places of rewrites with them.
func (s *source) change(edits []edit, groups []*group) {
	sortEdits(edits)
	var text bytes.Buffer
	at := 0
	for _, each := range edits {
		text.Write(s.text[at:each.start])
		text.WriteString(strings.ReplaceAll(each.text, "\n", s.newline))
		at = each.end
	}
	text.Write(s.text[at:])
	for _, each := range s.rewrites {
		each.offset = moved(each.offset, edits, s.newline)
	}
	for _, each := range groups {
		each.rewrite.File = s.path
		offset := moved(each.at, edits, s.newline)
		if each.rewrite.What != "" {
			s.rewrites = append(s.rewrites, &placed{Rewrite: each.rewrite, offset: offset})
		}
		if each.done != nil {
			each.done()
		}
	}
	s.text = text.Bytes()
	if s.formatted {
		formatted, err := format.Source(s.text)
		if err == nil && bytes.Count(formatted, []byte("\n")) == bytes.Count(s.text, []byte("\n")) {
			for _, each := range s.rewrites {
				each.offset = sameLine(s.text, formatted, each.offset)
			}
			s.text = formatted
		}
	}
}

// sameLine returns an offset in the line of other that offset has in one.
func sameLine(one, other []byte, offset int) int {
	line := bytes.Count(one[:offset], []byte("\n"))
	at := 0
	for ; line > 0; line-- {
		at += bytes.IndexByte(other[at:], '\n') + 1
	}
	return at
}

// moved returns where an offset is after the edits.
func moved(offset int, edits []edit, newline string) int {
	by := 0
	for _, each := range edits {
		if each.start > offset {
			break
		}
		text := strings.ReplaceAll(each.text, "\n", newline)
		if each.end > offset {
			return each.start + by
		}
		by += len(text) - (each.end - each.start)
	}
	return offset + by
}

func (p *Porter) versions() string {
	return fmt.Sprintf("%s %s", short(p.world.request.Module), p.world.request.NewVersion)
}
