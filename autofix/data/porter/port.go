package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/types"
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
	round     int // in which it was parsed
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
	// testErrors are those in tests, which no plugin is built from.
	testErrors []types.Error
	// own has the own functions whose signature was changed, by full name.
	own map[string]*change
	// faces has the methods of own interfaces as they were, by full name.
	faces  map[string]*types.Func
	passes []*pass
	round  int
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
			answer.Before = problems(p.errors)
		}
		if len(p.errors)+len(p.testErrors) == 0 || number == mostPasses || !p.rewrite() {
			break
		}
	}
	answer.Remaining, answer.Tests = problems(p.errors), problems(p.testErrors)
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
