package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

const mostPackageErrors = 20

// listed is a package as "go list" tells it.
type listed struct {
	ImportPath string
	Name       string
	Dir        string
	Export     string
	Standard   bool
	GoFiles    []string
	CgoFiles   []string
	Imports    []string
	ImportMap  map[string]string
	// The tests of a package; those of XTestGoFiles are a package of their own.
	TestGoFiles, XTestGoFiles, TestImports, XTestImports []string
	Module                                               *struct {
		Path, Version, Dir string
		Main               bool
		Replace            *struct{ Path, Version, Dir string }
	}
	Error      *struct{ Pos, Err string }
	DepsErrors []*struct{ Pos, Err string }
	forTests   bool // only tests import it
}

// World is the code to port with all that it imports.
type World struct {
	request  *Request
	fset     *token.FileSet
	own      []*listed // imported packages before those that import them
	foreign  map[string]*listed
	compiled types.Importer
	sources  map[string]*types.Package // the new version, where it comes as a folder
}

func load(request *Request) (*World, error) {
	world := &World{
		request: request,
		fset:    token.NewFileSet(),
		foreign: map[string]*listed{},
		sources: map[string]*types.Package{},
	}
	world.compiled = importer.ForCompiler(world.fset, "gc", world.export)
	patterns := request.Patterns
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	flags := append([]string{"-deps"}, request.Flags...)
	packages, err := world.list(append(flags, patterns...))
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, each := range packages {
		if world.isOwn(each) {
			world.take(each, wanted)
			for _, path := range append(append([]string{}, each.TestImports...), each.XTestImports...) {
				wanted[path] = true
			}
		}
	}
	if err := world.takeForTests(wanted); err != nil {
		return nil, err
	}
	for _, each := range world.own {
		delete(wanted, each.ImportPath)
	}
	for _, path := range []string{"C", "unsafe"} {
		delete(wanted, path)
	}
	if request.New != "" {
		for path := range wanted {
			if path == request.Module || strings.HasPrefix(path, request.Module+"/") {
				delete(wanted, path)
			}
		}
	}
	return world, world.compile(wanted)
}

// take adds a package to the own ones, and what it imports to what is wanted.
func (w *World) take(each *listed, wanted map[string]bool) {
	w.own = append(w.own, each)
	for _, path := range each.Imports {
		wanted[path] = true
	}
}

// takeForTests adds the own packages that only tests import, such as folders of fakes.
func (w *World) takeForTests(wanted map[string]bool) error {
	known, modules := map[string]bool{}, map[string]bool{}
	for _, each := range w.own {
		known[each.ImportPath] = true
		if each.Module != nil {
			modules[each.Module.Path] = true
		}
	}
	for {
		var more []string
		for path := range wanted {
			for module := range modules {
				if !known[path] && (path == module || strings.HasPrefix(path, module+"/")) {
					more = append(more, path)
					known[path] = true
				}
			}
		}
		if len(more) == 0 {
			return nil
		}
		sort.Strings(more)
		flags := append([]string{"-deps"}, w.request.Flags...)
		packages, err := w.list(append(flags, more...))
		if err != nil {
			return err
		}
		taken := map[string]bool{}
		for _, each := range w.own {
			taken[each.ImportPath] = true
		}
		for _, each := range packages {
			if w.isOwn(each) && !taken[each.ImportPath] {
				each.forTests = true
				w.take(each, wanted)
				known[each.ImportPath] = true
			}
		}
	}
}

// compile has the go command compile what the own code imports, from its cache.
func (w *World) compile(wanted map[string]bool) error {
	paths := make([]string, 0, len(wanted))
	for path := range wanted {
		paths = append(paths, path)
	}
	if len(paths) == 0 {
		return nil
	}
	sort.Strings(paths)
	flags := append([]string{"-deps", "-export"}, w.request.Flags...)
	packages, err := w.list(append(flags, paths...))
	for _, each := range packages {
		w.foreign[each.ImportPath] = each
	}
	return err
}

func (w *World) list(words []string) ([]*listed, error) {
	words = append([]string{"list", "-e", "-json"}, words...)
	command := exec.Command("go", words...)
	command.Dir = w.request.Folder
	var errors bytes.Buffer
	command.Stderr = &errors
	output, err := command.Output()
	var packages []*listed
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		each := new(listed)
		if decoding := decoder.Decode(each); decoding == io.EOF {
			break
		} else if decoding != nil {
			return nil, fmt.Errorf("go list: %w", decoding)
		}
		packages = append(packages, each)
	}
	if err != nil && len(packages) == 0 {
		return nil, fmt.Errorf("go list: %w: %s", err, strings.TrimSpace(errors.String()))
	}
	return packages, nil
}

// download asks the go command for the source of the module's old version, or of the
// first of those near it that can be had.
func (w *World) download() error {
	var refusals []string
	for _, version := range append([]string{w.request.OldVersion}, w.request.Near...) {
		command := exec.Command("go", "mod", "download", "-json", w.request.Module+"@"+version)
		command.Dir = os.TempDir()
		command.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
		output, failed := command.Output()
		var found struct{ Dir, Error string }
		if err := json.Unmarshal(output, &found); err != nil && failed == nil {
			failed = err
		}
		if found.Dir != "" {
			w.request.Old = found.Dir
			return nil
		}
		refusals = append(refusals, fmt.Sprintf("%s cannot be had: %s (%v)", version, found.Error, failed))
	}
	return fmt.Errorf("%s %s", w.request.Module, strings.Join(refusals, "; "))
}

// isOwn tells whether a package's files may be rewritten.
func (w *World) isOwn(each *listed) bool {
	if each.Standard || each.Dir == "" {
		return false
	}
	for _, folder := range w.request.Writable {
		relative, err := filepath.Rel(folder, each.Dir)
		if err != nil || relative == ".." || strings.HasPrefix(relative, "../") {
			continue
		}
		parts := strings.Split(filepath.ToSlash(relative), "/")
		for _, part := range parts {
			if part == "vendor" {
				return false
			}
		}
		return true
	}
	return false
}

// export opens the export data of a compiled package.
func (w *World) export(path string) (io.ReadCloser, error) {
	found := w.foreign[path]
	if found == nil || found.Export == "" {
		return nil, fmt.Errorf("package %s could not be compiled", path)
	}
	return os.Open(found.Export)
}

// Import gives the type checker a package that is not own code.
func (w *World) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	module := w.request.Module
	if w.request.New != "" && (path == module || strings.HasPrefix(path, module+"/")) {
		folder := filepath.Join(w.request.New, strings.TrimPrefix(path, module))
		return w.fromSource(path, folder, w.sources, w.request.New)
	}
	return w.compiled.Import(path)
}

// versions returns the packages of the API's old and new version.
func (w *World) versions() (old, fresh map[string]*types.Package, err error) {
	old, fresh = map[string]*types.Package{}, map[string]*types.Package{}
	if w.request.Old == "" {
		if err := w.download(); err != nil {
			return nil, nil, err
		}
	}
	needed := map[string]bool{}
	for _, folder := range []string{w.request.Old, w.request.New} {
		if folder != "" {
			for path := range outsideImports(folder, w.request.Module) {
				if w.foreign[path] == nil {
					needed[path] = true
				}
			}
		}
	}
	if err := w.compile(needed); err != nil {
		return nil, nil, err
	}
	for _, path := range apiPackages(w.request.Old, w.request.Module) {
		below := strings.TrimPrefix(path, w.request.Module)
		_, err := w.fromSource(path, filepath.Join(w.request.Old, below), old, w.request.Old)
		if err != nil {
			return nil, nil, err
		}
		if found, err := w.Import(path); err == nil {
			fresh[path] = found
		}
	}
	return old, fresh, nil
}

// fromSource checks the declarations of one version of the module, not its bodies.
func (w *World) fromSource(
	path, folder string, known map[string]*types.Package, root string,
) (*types.Package, error) {
	if found := known[path]; found != nil {
		return found, nil
	}
	files, err := parseFolder(w.fset, folder)
	if err != nil {
		return nil, err
	}
	config := types.Config{
		IgnoreFuncBodies: true,
		Error:            func(error) {}, // an unused import: the bodies are left out
		Importer: importing(func(wanted string) (*types.Package, error) {
			module := w.request.Module
			if strings.HasPrefix(wanted, module+"/") {
				below := filepath.Join(root, strings.TrimPrefix(wanted, module))
				return w.fromSource(wanted, below, known, root)
			}
			return w.compiled.Import(wanted)
		}),
	}
	found, _ := config.Check(path, w.fset, files, nil)
	known[path] = found
	return found, nil
}

type importing func(path string) (*types.Package, error)

func (f importing) Import(path string) (*types.Package, error) { return f(path) }

func parseFolder(fset *token.FileSet, folder string) ([]*ast.File, error) {
	found, err := build.Default.ImportDir(folder, 0)
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range found.GoFiles {
		file, err := parser.ParseFile(fset, filepath.Join(folder, name), nil, 0)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// apiPackages lists the import paths of a version that other modules may import.
func apiPackages(folder, module string) []string {
	var paths []string
	_ = filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.IsDir() {
			return nil
		}
		name := info.Name()
		if path != folder && (name == "internal" || name == "vendor" || name == "testdata" ||
			strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
			return filepath.SkipDir
		}
		found, err := build.Default.ImportDir(path, 0)
		if err == nil && found.Name != "main" && len(found.GoFiles) > 0 {
			below, _ := filepath.Rel(folder, path)
			paths = append(paths, strings.TrimSuffix(module+"/"+filepath.ToSlash(below), "/."))
		}
		return nil
	})
	return paths
}

// outsideImports lists what a version of the module imports from elsewhere.
func outsideImports(folder, module string) map[string]bool {
	found := map[string]bool{}
	for _, path := range apiPackages(folder, module) {
		below := filepath.Join(folder, strings.TrimPrefix(path, module))
		listed, err := build.Default.ImportDir(below, 0)
		if err != nil {
			continue
		}
		for _, each := range listed.Imports {
			if each != "unsafe" && each != "C" && !strings.HasPrefix(each, module+"/") {
				found[each] = true
			}
		}
	}
	return found
}

// libraries tells which modules that are not own code do not compile.
func (w *World) libraries() []Problem {
	problems := []Problem{}
	for _, path := range sortedKeys(w.foreign) {
		each := w.foreign[path]
		if each.Error == nil || each.Module == nil || len(problems) >= mostPackageErrors {
			continue
		}
		if w.isOwn(each) {
			continue // of a module's own tests, which say so
		}
		problems = append(problems, Problem{
			Text:    each.Error.Err,
			File:    each.Error.Pos,
			Package: each.ImportPath,
			Module:  each.Module.Path,
			Version: each.Module.Version,
		})
	}
	return problems
}

func sortedKeys[V any](values map[string]V) []string {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
