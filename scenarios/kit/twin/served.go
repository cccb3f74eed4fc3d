package main

import (
	"fmt"
	"os"
	"path/filepath"

	"go.uber.org/zap"
)

// module is the NakamaModule that InitModule receives. The methods not written here
// are generated from nakama-common's interface and refuse to serve.
type module struct {
	unservedModule
	root string
}

func newModule(logger *zap.Logger, root string) *module {
	return &module{unservedModule: unservedModule{abort: aborter(logger)}, root: root}
}

// ReadFile opens a file below the runtime path.
func (m *module) ReadFile(path string) (*os.File, error) {
	return os.Open(filepath.Join(m.root, filepath.Join("/", path)))
}

// initializer records registrations, also by generated methods.
type initializer struct{ unservedInitializer }

func newInitializer(logger *zap.Logger, found *registrations) *initializer {
	record := func(method, id string) error {
		found.add("Go", method, id)
		return nil
	}
	return &initializer{unservedInitializer{abort: aborter(logger), record: record}}
}

// unserved is what a call returns that the twin does not serve.
func unserved(call string) error {
	return fmt.Errorf("%s: not served by autofix's twin server, a test double of Nakama %s", call, version)
}

// aborter ends the server at an unserved call that cannot return an error: a panic
// would end it silently.
func aborter(logger *zap.Logger) func(string) {
	return func(call string) {
		logger.Fatal("The twin server does not serve this call", zap.Error(unserved(call)))
	}
}
