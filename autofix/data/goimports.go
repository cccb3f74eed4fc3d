// Rewrites import paths of a module's own Go files, and tells what packages are called.
//
// It reads one JSON request from stdin and writes one JSON answer to stdout; no file is
// written. Formatting and comments stay, and a file that gofmt had formatted is so
// again, since its imports may have another order now. It needs no module and nothing
// younger than Go 1.15.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/build"
	"go/format"
	"go/parser"
	"go/token"
	"io/ioutil"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A Move is what becomes of an import; Name is given to one that has none, unless "".
type Move struct {
	Path string `json:"path"`
	Name string `json:"name"`
}

// A Request asks for the imports of the module in Folder and for its files after the
// Moves of import paths, and for the names of the packages in the folders of Packages.
type Request struct {
	Folder   string            `json:"folder"`
	Moves    map[string]Move   `json:"moves"`
	Packages map[string]string `json:"packages"`
}

// An Answer has the imports of the module as it is, the whole new texts of files by name,
// relative to the module's folder, and no name of a package that is not there.
type Answer struct {
	Imports []string          `json:"imports"`
	Files   map[string][]byte `json:"files"` // in base64: source may be no UTF-8
	Names   map[string]string `json:"names"`
}

func main() {
	var request Request
	if err := json.NewDecoder(os.Stdin).Decode(&request); err != nil {
		fail(err)
	}
	answer := Answer{Imports: []string{}, Files: map[string][]byte{}, Names: map[string]string{}}
	for path, folder := range request.Packages {
		if name := packageName(folder); name != "" {
			answer.Names[path] = name
		}
	}
	if request.Folder != "" {
		if err := walk(&request, &answer); err != nil {
			fail(err)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// packageName returns "" for a folder without Go files that others could import.
func packageName(folder string) string {
	found, err := build.Default.ImportDir(folder, 0)
	if found != nil && found.Name != "" && err == nil {
		return found.Name
	}
	names, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	for _, name := range names { // for another system, or of several packages
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.PackageClauseOnly)
		if err == nil && file.Name.Name != "documentation" {
			return file.Name.Name
		}
	}
	return ""
}

func walk(request *Request, answer *Answer) error {
	known := map[string]bool{}
	return filepath.Walk(request.Folder, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if info.IsDir() {
			if path != request.Folder && isForeign(path, info.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !info.Mode().IsRegular() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := ioutil.ReadFile(path)
		if err != nil {
			return err
		}
		moved, imports := rewritten(path, text, request.Moves)
		for _, each := range imports {
			if !known[each] {
				known[each] = true
				answer.Imports = append(answer.Imports, each)
			}
		}
		if moved != nil {
			name, err := filepath.Rel(request.Folder, path)
			if err != nil {
				return err
			}
			answer.Files[filepath.ToSlash(name)] = moved
		}
		return nil
	})
}

// isForeign tells whether a folder is not the module's own code, or is never built.
func isForeign(path, name string) bool {
	if name == "vendor" || name == "testdata" || name[0] == '.' || name[0] == '_' {
		return true
	}
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	return err == nil
}

// rewritten returns nil for a file that stays, and the imports that it has.
func rewritten(path string, text []byte, moves map[string]Move) ([]byte, []string) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, text, parser.ImportsOnly)
	if err != nil {
		return nil, nil
	}
	var imports []string
	var moved bytes.Buffer
	at := 0
	for _, spec := range file.Imports {
		written, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		imports = append(imports, written)
		move, known := moves[written]
		if !known {
			continue
		}
		start := fset.Position(spec.Path.Pos()).Offset
		moved.Write(text[at:start])
		if move.Name != "" && spec.Name == nil {
			moved.WriteString(move.Name + " ")
		}
		moved.WriteString(strconv.Quote(move.Path))
		at = fset.Position(spec.Path.End()).Offset
	}
	if at == 0 {
		return nil, imports
	}
	moved.Write(text[at:])
	if formatted, err := format.Source(text); err == nil && bytes.Equal(formatted, text) {
		if formatted, err := format.Source(moved.Bytes()); err == nil {
			return formatted, imports
		}
	}
	return moved.Bytes(), imports
}
