package main

import (
	"context"
	"database/sql"
	"flag"
	"os"
	"path/filepath"
	"plugin"
	"strings"

	"github.com/heroiclabs/nakama-common/runtime"
	"go.uber.org/zap"
)

type initModule = func(
	context.Context, runtime.Logger, *sql.DB, runtime.NakamaModule, runtime.Initializer,
) error

// check opens every module without calling InitModule. Silence and exit code 0 are
// its success, as in Nakama.
func check(logger *zap.Logger, arguments []string) {
	s := defaults(logger)
	flags := flag.NewFlagSet("check", flag.ExitOnError)
	root := flags.String("runtime.path", s.runtimePath(), "Path to scan for modules.")
	_ = flags.Parse(arguments)

	paths, err := runtimePaths(logger, *root)
	if err != nil {
		os.Exit(1)
	}
	for _, path := range withExtension(paths, ".so") {
		if _, err := openPlugin(logger, *root, path); err != nil {
			os.Exit(1)
		}
	}
	warnOfLua(logger, paths)
	program, err := readJavaScript(logger, *root, "")
	if err == nil && program != nil {
		_, err = program.evaluate(logger)
		if err != nil {
			logger.Error("Failed to load JavaScript module.", zap.Error(err))
		}
	}
	if err != nil {
		os.Exit(1)
	}
}

// loadModules is the runtime part of a full start.
func loadModules(logger, startup *zap.Logger, db *sql.DB, s *settings) error {
	root := s.runtimePath()
	startup.Info("Initialising runtime", zap.String("path", root))
	paths, err := runtimePaths(startup, root)
	if err != nil {
		return err
	}
	startup.Info("Initialising runtime event queue processor")
	startup.Info("Runtime event queue processor started",
		zap.Int("size", s.number("runtime.event_queue_size")),
		zap.Int("workers", s.number("runtime.event_queue_workers")))

	found := &registrations{}
	goNames, err := loadGo(logger, startup, db, s, paths, found)
	if err != nil {
		startup.Error("Error initialising Go runtime provider", zap.Error(err))
		return err
	}
	startup.Info("Initialising Lua runtime provider", zap.String("path", root))
	warnOfLua(startup, paths)
	startup.Info("Lua runtime modules loaded")
	startup.Info("Allocating minimum Lua runtime pool", zap.Int("count", s.number("runtime.lua_min_count")))
	startup.Info("Allocated minimum Lua runtime pool")
	names, err := loadJavaScript(logger, startup, s, found)
	if err != nil {
		startup.Error("Error initialising JavaScript runtime provider", zap.Error(err))
		return err
	}
	names = append(names, goNames...)
	startup.Info("Found runtime modules", zap.Int("count", len(names)), zap.Strings("modules", names))
	found.announce(startup)
	return nil
}

func loadGo(
	logger, startup *zap.Logger, db *sql.DB, s *settings, paths []string, found *registrations,
) ([]string, error) {
	root := s.runtimePath()
	startup.Info("Initialising Go runtime provider", zap.String("path", root))
	//nolint:staticcheck // the keys are strings in nakama-common
	ctx := context.WithValue(context.Background(), runtime.RUNTIME_CTX_ENV, s.environment(logger))
	ctx = context.WithValue(ctx, runtime.RUNTIME_CTX_MODE, "run_once")
	ctx = context.WithValue(ctx, runtime.RUNTIME_CTX_NODE, s.text("name"))
	ctx = context.WithValue(ctx, runtime.RUNTIME_CTX_VERSION, version)
	module := newModule(startup, root)
	initializer := newInitializer(startup, found)

	names := []string{}
	for _, path := range withExtension(paths, ".so") {
		initialise, err := openPlugin(startup, root, path)
		if err != nil {
			return nil, err
		}
		if err := initialise(ctx, newPluginLogger(logger), db, module, initializer); err != nil {
			startup.Fatal("Error returned by InitModule function in Go module",
				zap.String("name", moduleName(root, path)), zap.Error(err))
		}
		relative, _ := filepath.Rel(root, path)
		names = append(names, relative)
	}
	startup.Info("Go runtime modules loaded")
	return names, nil
}

func openPlugin(logger *zap.Logger, root, path string) (initModule, error) {
	opened, err := plugin.Open(path)
	if err != nil {
		logger.Error("Could not open Go module", zap.String("path", path), zap.Error(err))
		return nil, err
	}
	name := zap.String("name", moduleName(root, path))
	symbol, err := opened.Lookup("InitModule")
	if err != nil {
		logger.Fatal("Error looking up InitModule function in Go module", name)
	}
	initialise, ok := symbol.(initModule)
	if !ok {
		logger.Fatal("Error reading InitModule function in Go module", name)
	}
	return initialise, nil
}

// runtimePaths lists every file below root, recursively, in lexical order.
func runtimePaths(logger *zap.Logger, root string) ([]string, error) {
	if err := os.MkdirAll(root, os.ModePerm); err != nil {
		return nil, err
	}
	paths := []string{}
	err := filepath.Walk(root, func(path string, file os.FileInfo, err error) error {
		if err != nil {
			logger.Error("Error listing runtime path", zap.String("path", path), zap.Error(err))
			return err
		}
		if !file.IsDir() {
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		logger.Error("Failed to list runtime path", zap.Error(err))
		return nil, err
	}
	return paths, nil
}

func withExtension(paths []string, extension string) []string {
	found := []string{}
	for _, path := range paths {
		if strings.ToLower(filepath.Ext(path)) == extension {
			found = append(found, path)
		}
	}
	return found
}

func moduleName(root, path string) string {
	relative, _ := filepath.Rel(root, path)
	return strings.TrimSuffix(relative, filepath.Ext(relative))
}

// warnOfLua says what a user of the twin must know: Nakama's Lua is part of Nakama
// itself, which the twin does not link.
func warnOfLua(logger *zap.Logger, paths []string) {
	for _, path := range withExtension(paths, ".lua") {
		logger.Warn("The twin server does not run Lua modules; this one was not loaded",
			zap.String("path", path))
	}
}
