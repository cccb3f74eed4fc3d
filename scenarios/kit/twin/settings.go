package main

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.uber.org/zap"
	"gopkg.in/yaml.v3"
)

// flagTable names every flag of the server, its kind and its default where the twin
// heeds it; all others are accepted and ignored.
//
//go:embed flags.txt
var flagTable string

// settings are the server's settings: defaults, then config files, then flags.
type settings struct {
	kinds  map[string]string
	values map[string][]string
}

func defaults(logger *zap.Logger) *settings {
	s := &settings{kinds: map[string]string{}, values: map[string][]string{}}
	for _, line := range strings.Split(strings.TrimSpace(flagTable), "\n") {
		words := strings.Fields(line)
		s.kinds[words[0]] = words[1]
		s.values[words[0]] = words[2:]
	}
	folder, err := os.Getwd()
	if err != nil {
		logger.Fatal("Error getting current working directory.", zap.Error(err))
	}
	s.values["data_dir"] = []string{filepath.Join(folder, "data")}
	return s
}

func (s *settings) text(name string) string {
	if values := s.values[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

func (s *settings) number(name string) int {
	number, _ := strconv.Atoi(s.text(name))
	return number
}

func (s *settings) truth(name string) bool { return s.text(name) == "true" }

func (s *settings) dataDir() string { return s.text("data_dir") }

func (s *settings) runtimePath() string {
	if path := s.text("runtime.path"); path != "" {
		return path
	}
	return filepath.Join(s.dataDir(), "modules")
}

// environment is runtime.env as a map; it reaches plugins by their context only.
func (s *settings) environment(logger *zap.Logger) map[string]string {
	found := make(map[string]string)
	for _, entry := range s.values["runtime.env"] {
		key, value, ok := strings.Cut(entry, "=")
		if !ok {
			logger.Fatal("Invalid runtime environment value.", zap.String("value", entry))
		}
		found[key] = value
	}
	return found
}

// option is one flag. The first value given replaces what was there, later ones of a
// list are appended.
type option struct {
	s     *settings
	name  string
	given bool
}

func (o *option) String() string { return "" }

func (o *option) IsBoolFlag() bool { return o.s.kinds[o.name] == "bool" }

func (o *option) Set(value string) error {
	switch o.s.kinds[o.name] {
	case "bool":
		truth, err := strconv.ParseBool(value)
		if err != nil {
			return err
		}
		value = strconv.FormatBool(truth)
	case "int":
		if _, err := strconv.ParseInt(value, 0, 64); err != nil {
			return err
		}
	}
	if o.given && o.s.kinds[o.name] == "list" {
		o.s.values[o.name] = append(o.s.values[o.name], value)
	} else {
		o.s.values[o.name] = []string{value}
	}
	o.given = true
	return nil
}

func (s *settings) parseFlags(arguments []string) {
	flags := flag.NewFlagSet("nakama", flag.ExitOnError)
	for name := range s.kinds {
		flags.Var(&option{s: s, name: name}, name, "see Nakama's documentation")
	}
	_ = flags.Parse(arguments)
}

func parseSettings(logger *zap.Logger, arguments []string) *settings {
	first := defaults(logger)
	first.parseFlags(arguments)

	s := defaults(logger)
	for _, path := range first.values["config"] {
		data, err := os.ReadFile(path)
		if err != nil {
			logger.Fatal("Could not read config file", zap.String("path", path), zap.Error(err))
		}
		if err := s.merge(data); err != nil {
			logger.Fatal("Could not parse config file", zap.String("path", path), zap.Error(err))
		}
		logger.Info("Successfully loaded config file", zap.String("path", path))
	}
	s.parseFlags(arguments)
	return s
}

func (s *settings) merge(data []byte) error {
	var tree map[string]any
	if err := yaml.Unmarshal(data, &tree); err != nil {
		return err
	}
	return s.flatten("", tree)
}

func (s *settings) flatten(prefix string, tree map[string]any) error {
	for key, value := range tree {
		name := prefix + key
		if below, ok := value.(map[string]any); ok {
			if err := s.flatten(name+".", below); err != nil {
				return err
			}
			continue
		}
		if _, known := s.kinds[name]; !known || value == nil {
			continue
		}
		entries, isList := value.([]any)
		if !isList {
			entries = []any{value}
		}
		if isList != (s.kinds[name] == "list") {
			return fmt.Errorf("yaml: unmarshal errors: cannot unmarshal %q", name)
		}
		target := &option{s: s, name: name}
		for _, entry := range entries {
			if err := target.Set(fmt.Sprint(entry)); err != nil {
				return fmt.Errorf("yaml: unmarshal errors: %s: %w", name, err)
			}
		}
	}
	return nil
}

// validate reports what Nakama reports of its settings, as far as the twin heeds them.
func validate(early, logger *zap.Logger, s *settings) {
	if length := len(s.text("name")); length < 1 || length > 16 {
		early.Fatal("Name must be 1-16 characters", zap.String("param", "name"))
	}
	fresh := defaults(logger)
	for _, name := range []string{
		"console.username", "console.password", "console.signing_key", "socket.server_key",
		"session.encryption_key", "session.refresh_encryption_key", "runtime.http_key",
	} {
		if s.text(name) == fresh.text(name) {
			logger.Warn("WARNING: insecure default parameter value, change this for production!",
				zap.String("param", name))
		}
	}
}
