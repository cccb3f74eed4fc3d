package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/dop251/goja"
	"go.uber.org/zap"
)

// javaScript is the one JavaScript file of a server: its entrypoint.
type javaScript struct {
	name    string
	program *goja.Program
}

// readJavaScript compiles the entrypoint; nil without error if there is none.
func readJavaScript(logger *zap.Logger, root, entrypoint string) (*javaScript, error) {
	name := entrypoint
	if name == "" {
		name = "index.js"
		if _, err := os.Stat(filepath.Join(root, name)); os.IsNotExist(err) {
			return nil, nil
		}
	}
	path := filepath.Join(root, name)
	content, err := os.ReadFile(path)
	if err != nil {
		logger.Error("Could not read JavaScript module", zap.String("entrypoint", path), zap.Error(err))
		return nil, err
	}
	name = filepath.Base(name)
	program, err := goja.Compile(name, string(content), true)
	if err != nil {
		logger.Error("Could not compile JavaScript module", zap.String("module", name), zap.Error(err))
		return nil, err
	}
	return &javaScript{name: name, program: program}, nil
}

// evaluate runs the file and finds its InitModule, which it does not call.
func (j *javaScript) evaluate(logger *zap.Logger) (func(*registrations) error, error) {
	vm := goja.New()
	if _, err := vm.RunProgram(j.program); err != nil {
		return nil, err
	}
	initialise, ok := goja.AssertFunction(vm.Get("InitModule"))
	if !ok {
		logger.Error("InitModule function not found. Function must be defined at top level.",
			zap.String("module", j.name))
		return nil, errors.New("InitModule function not found.") //nolint:staticcheck // Nakama's text
	}
	return func(found *registrations) error {
		ctx := vm.ToValue(map[string]any{"node": "nakama", "version": version, "executionMode": "InitModule"})
		_, err := initialise(goja.Null(), ctx, scriptLogger(vm, logger),
			vm.NewDynamicObject(&scriptCalls{vm: vm, object: "nk"}),
			vm.NewDynamicObject(&scriptCalls{vm: vm, object: "initializer", found: found}))
		var thrown *goja.Exception
		if errors.As(err, &thrown) {
			return errors.New(thrown.String())
		}
		return err
	}, nil
}

func loadJavaScript(
	logger, startup *zap.Logger, s *settings, found *registrations,
) ([]string, error) {
	root, entrypoint := s.runtimePath(), s.text("runtime.js_entrypoint")
	startup.Info("Initialising JavaScript runtime provider",
		zap.String("path", root), zap.String("entrypoint", entrypoint))
	module, err := readJavaScript(startup, root, entrypoint)
	if err != nil {
		startup.Fatal("Failed to load JavaScript files", zap.Error(err))
	}
	names := []string{}
	if module != nil {
		initialise, err := module.evaluate(logger)
		if err == nil {
			err = initialise(found)
		}
		if err != nil {
			logger.Error("Failed to eval JavaScript modules.", zap.Error(err))
			return nil, err
		}
		names = append(names, module.name)
	}
	startup.Info("JavaScript runtime modules loaded")
	startup.Info("Allocating minimum JavaScript runtime pool", zap.Int("count", s.number("runtime.js_min_count")))
	startup.Info("Allocated minimum JavaScript runtime pool")
	return names, nil
}

func scriptLogger(vm *goja.Runtime, logger *zap.Logger) goja.Value {
	object := vm.NewObject()
	marked := logger.With(zap.String("runtime", "javascript"))
	for name, write := range map[string]func(string, ...zap.Field){
		"debug": marked.Debug, "info": marked.Info, "warn": marked.Warn, "error": marked.Error,
	} {
		_ = object.Set(name, func(call goja.FunctionCall) goja.Value {
			write(call.Argument(0).String())
			return goja.Undefined()
		})
	}
	return object
}

// scriptCalls answers every method: registrations are recorded, the rest throws.
type scriptCalls struct {
	vm     *goja.Runtime
	object string
	found  *registrations
}

func (c *scriptCalls) Get(method string) goja.Value {
	return c.vm.ToValue(func(call goja.FunctionCall) goja.Value {
		if c.found == nil || !strings.HasPrefix(method, "register") {
			panic(c.vm.NewGoError(unserved(c.object + "." + method)))
		}
		first := ""
		if text, ok := call.Argument(0).Export().(string); ok {
			first = text
		}
		c.found.add("JavaScript", "R"+method[1:], first)
		return goja.Undefined()
	})
}

func (c *scriptCalls) Set(string, goja.Value) bool { return false }
func (c *scriptCalls) Has(string) bool             { return true }
func (c *scriptCalls) Delete(string) bool          { return false }
func (c *scriptCalls) Keys() []string              { return nil }
