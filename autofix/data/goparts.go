// Lists what of Go files may be taken away, as byte ranges; writes nothing.
//
//	goparts FILE...            JSON of the files' parts and imports
//	goparts -format FILE...    JSON of their formatted texts
//
// The names of imported packages come on stdin, one "path<TAB>name" a line. It needs
// no module and nothing younger than Go 1.15.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/ioutil"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// A Cut replaces bytes of a file by a text.
type Cut struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Text  string `json:"text"`
}

// A Part can be taken away by its cuts.
type Part struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Cuts []Cut  `json:"cuts"`
}

// An Import is one whose name is used; without uses its blank form stays.
type Import struct {
	Path  string `json:"path"`
	Blank Cut    `json:"blank"`
	Uses  []int  `json:"uses"`
}

// A File is what is known of one file.
type File struct {
	Name    string   `json:"name"`
	Parts   []Part   `json:"parts"`
	Imports []Import `json:"imports"`
}

type lister struct {
	fset *token.FileSet
	tree *ast.File
	file *File
}

func main() {
	arguments := os.Args[1:]
	if len(arguments) > 0 && arguments[0] == "-format" {
		write(formatted(arguments[1:]))
		return
	}
	names := map[string]string{}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), "\t", 2)
		if len(fields) == 2 {
			names[fields[0]] = fields[1]
		}
	}
	files := []*File{}
	for _, name := range arguments {
		if file := listed(name, names); file != nil {
			files = append(files, file)
		}
	}
	write(files)
}

func write(value interface{}) {
	if err := json.NewEncoder(os.Stdout).Encode(value); err != nil {
		panic(err)
	}
}

func formatted(names []string) map[string]string {
	texts := map[string]string{}
	for _, name := range names {
		text, err := ioutil.ReadFile(name)
		if err != nil {
			continue
		}
		if text, err = format.Source(text); err == nil {
			texts[name] = string(text)
		}
	}
	return texts
}

// listed returns nil for a file that is not Go.
func listed(name string, names map[string]string) *File {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
	if err != nil {
		return nil
	}
	file := &File{Name: name, Parts: []Part{}, Imports: []Import{}}
	l := &lister{fset: fset, tree: tree, file: file}
	docs := map[*ast.CommentGroup]bool{}
	for _, decl := range tree.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			docs[decl.Doc] = true
			l.function(decl)
		case *ast.GenDecl:
			docs[decl.Doc] = true
			l.declaration(decl, docs, names)
		}
	}
	l.comments(docs)
	return l.file
}

func (l *lister) offset(pos token.Pos) int { return l.fset.Position(pos).Offset }

func (l *lister) cut(from, to token.Pos, text string) Cut {
	return Cut{Start: l.offset(from), End: l.offset(to), Text: text}
}

func (l *lister) add(kind, name string, cuts ...Cut) {
	l.file.Parts = append(l.file.Parts, Part{Kind: kind, Name: name, Cuts: cuts})
}

func (l *lister) function(decl *ast.FuncDecl) {
	name := decl.Name.Name
	if decl.Recv != nil {
		name = "method " + name
	}
	entry := decl.Recv == nil && name == "InitModule" && l.tree.Name.Name == "main"
	if !entry {
		from := start(decl.Doc, decl.Pos())
		l.add("declaration", name, l.cut(from, decl.End(), ""))
	}
	l.comment(decl.Doc)
	if decl.Body == nil || isEmptied(decl.Body.List) {
		return
	}
	results, text := l.results(decl.Type)
	cuts := append(results, l.cut(decl.Body.Pos(), decl.Body.End(), text))
	l.add("body", name, cuts...)
	l.statements(name, decl.Body)
}

// isEmptied tells whether a body does nothing but return nothing.
func isEmptied(list []ast.Stmt) bool {
	if len(list) == 0 {
		return true
	}
	only, ok := list[0].(*ast.ReturnStmt)
	if !ok || len(list) > 1 {
		return false
	}
	for _, result := range only.Results {
		switch result := result.(type) {
		case *ast.BasicLit:
		case *ast.Ident:
			if result.Name != "nil" && result.Name != "false" {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// zero returns a type's zero value as a literal, "" where its syntax does not tell.
func zero(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.StarExpr, *ast.MapType, *ast.FuncType, *ast.ChanType, *ast.InterfaceType:
		return "nil"
	case *ast.ArrayType:
		if expression.Len == nil {
			return "nil"
		}
	case *ast.Ident:
		switch expression.Name {
		case "error", "any":
			return "nil"
		case "string":
			return `""`
		case "bool":
			return "false"
		case "int", "int32", "int64", "uint", "uint32", "uint64", "byte", "rune", "float64":
			return "0"
		}
	}
	return ""
}

// results gives a body that returns zero values: as literals where the types' syntax
// tells them, else by results named "_" and a bare return.
func (l *lister) results(function *ast.FuncType) ([]Cut, string) {
	if function.Results == nil || len(function.Results.List) == 0 {
		return nil, "{}"
	}
	fields := function.Results.List
	if len(fields[0].Names) > 0 {
		return nil, "{ return }"
	}
	values := []string{}
	for _, field := range fields {
		if value := zero(field.Type); value != "" {
			values = append(values, value)
		}
	}
	if len(values) == len(fields) {
		return nil, "{ return " + strings.Join(values, ", ") + " }"
	}
	cuts := []Cut{}
	for i, field := range fields {
		text := "_ "
		if i == 0 && !function.Results.Opening.IsValid() {
			text = "(_ "
			end := field.Type.End()
			cuts = append(cuts, l.cut(end, end, ")"))
		}
		cuts = append(cuts, l.cut(field.Type.Pos(), field.Type.Pos(), text))
	}
	return cuts, "{ return }"
}

func (l *lister) statements(name string, body *ast.BlockStmt) {
	ast.Inspect(body, func(node ast.Node) bool {
		var list []ast.Stmt
		switch node := node.(type) {
		case *ast.BlockStmt:
			list = node.List
		case *ast.CaseClause:
			list = node.Body
		case *ast.CommClause:
			list = node.Body
		}
		for _, each := range list {
			line := l.fset.Position(each.Pos()).Line
			what := fmt.Sprintf("%s, line %d", name, line)
			l.add("statement", what, l.cut(each.Pos(), each.End(), ""))
		}
		return true
	})
}

func (l *lister) declaration(
	decl *ast.GenDecl, docs map[*ast.CommentGroup]bool, names map[string]string,
) {
	if len(decl.Specs) == 0 {
		whole := l.cut(start(decl.Doc, decl.Pos()), decl.End(), "")
		l.add("declaration", "empty "+decl.Tok.String(), whole)
		return
	}
	if !isCgo(decl) {
		l.comment(decl.Doc)
	}
	for _, spec := range decl.Specs {
		doc, comment := comments(spec)
		docs[doc], docs[comment] = true, true
		from := start(doc, spec.Pos())
		if !decl.Lparen.IsValid() {
			from = start(decl.Doc, decl.Pos())
		}
		to := spec.End()
		if comment != nil {
			to = comment.End()
		}
		range_ := l.cut(from, to, "")
		switch spec := spec.(type) {
		case *ast.ImportSpec:
			l.imported(spec, range_, names)
		case *ast.TypeSpec:
			l.add("declaration", "type "+spec.Name.Name, range_)
		case *ast.ValueSpec:
			l.add("declaration", decl.Tok.String()+" "+spec.Names[0].Name, range_)
		}
	}
}

// isCgo tells whether a declaration's comment is C.
func isCgo(decl *ast.GenDecl) bool {
	for _, spec := range decl.Specs {
		imported, ok := spec.(*ast.ImportSpec)
		if ok && imported.Path.Value == `"C"` {
			return true
		}
	}
	return false
}

func comments(spec ast.Spec) (doc, comment *ast.CommentGroup) {
	switch spec := spec.(type) {
	case *ast.ImportSpec:
		return spec.Doc, spec.Comment
	case *ast.TypeSpec:
		return spec.Doc, spec.Comment
	case *ast.ValueSpec:
		return spec.Doc, spec.Comment
	}
	return nil, nil
}

func start(doc *ast.CommentGroup, pos token.Pos) token.Pos {
	if doc != nil {
		return doc.Pos()
	}
	return pos
}

func (l *lister) imported(spec *ast.ImportSpec, range_ Cut, names map[string]string) {
	imported, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return
	}
	name := names[imported]
	if name == "" {
		name = guessed(imported)
	}
	if spec.Name != nil {
		name = spec.Name.Name
	}
	uses := []int{}
	if name != "_" && name != "." {
		for _, ident := range l.tree.Unresolved {
			if ident.Name == name {
				uses = append(uses, l.offset(ident.Pos()))
			}
		}
	}
	if len(uses) == 0 {
		l.add("import", imported, range_)
	} else if imported != "C" { // an unused "C" is no error, a blank one is
		blank := l.cut(spec.Pos(), spec.Path.Pos(), "_ ")
		l.file.Imports = append(
			l.file.Imports, Import{Path: imported, Blank: blank, Uses: uses})
	}
}

var major = regexp.MustCompile(`^v[0-9]+$`)

// guessed returns the name that a package's path suggests, where it could not be read.
func guessed(imported string) string {
	name := path.Base(imported)
	if major.MatchString(name) {
		name = path.Base(path.Dir(imported))
	}
	name = strings.TrimPrefix(name, "go-")
	if at := strings.IndexAny(name, ".-"); at > 0 {
		name = name[:at]
	}
	return name
}

var directive = regexp.MustCompile(`^//(go:|line |export |\s*\+build)|^/\*line `)

// comments lists those that belong to no declaration.
func (l *lister) comments(docs map[*ast.CommentGroup]bool) {
	for _, group := range l.tree.Comments {
		if !docs[group] && !l.inside(group) {
			l.comment(group)
		}
	}
}

// comment adds one, unless it tells the compiler something.
func (l *lister) comment(group *ast.CommentGroup) {
	if group == nil {
		return
	}
	for _, each := range group.List {
		if directive.MatchString(each.Text) {
			return
		}
	}
	l.add("declaration", "comment", l.cut(group.Pos(), group.End(), ""))
}

// inside tells whether a comment goes away with the function or type around it.
func (l *lister) inside(group *ast.CommentGroup) bool {
	for _, decl := range l.tree.Decls {
		general, ok := decl.(*ast.GenDecl)
		if ok && general.Tok == token.IMPORT {
			continue
		}
		if decl.Pos() < group.Pos() && group.End() <= decl.End() {
			return true
		}
	}
	return false
}
