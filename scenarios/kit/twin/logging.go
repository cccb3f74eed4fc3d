package main

import (
	"fmt"
	"maps"
	"os"
	goruntime "runtime"
	"strings"

	"github.com/heroiclabs/nakama-common/runtime"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

type format int

const (
	formatJSON format = iota
	formatStackdriver
)

var stackdriverSeverity = map[zapcore.Level]string{
	zap.DebugLevel:  "DEBUG",
	zap.InfoLevel:   "INFO",
	zap.WarnLevel:   "WARNING",
	zap.ErrorLevel:  "ERROR",
	zap.DPanicLevel: "CRITICAL",
	zap.PanicLevel:  "CRITICAL",
	zap.FatalLevel:  "CRITICAL",
}

func newLogger(output *os.File, level zapcore.Level, form format) *zap.Logger {
	keys := zapcore.EncoderConfig{
		TimeKey: "ts", LevelKey: "level", NameKey: "logger", CallerKey: "caller",
		MessageKey: "msg", StacktraceKey: "stacktrace",
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeTime:     zapcore.ISO8601TimeEncoder,
		EncodeDuration: zapcore.StringDurationEncoder,
		EncodeCaller:   zapcore.ShortCallerEncoder,
	}
	if form == formatStackdriver {
		keys.TimeKey, keys.LevelKey, keys.MessageKey = "time", "severity", "message"
		keys.EncodeTime = zapcore.RFC3339NanoTimeEncoder
		keys.EncodeLevel = func(level zapcore.Level, array zapcore.PrimitiveArrayEncoder) {
			array.AppendString(stackdriverSeverity[level])
		}
	}
	core := zapcore.NewCore(zapcore.NewJSONEncoder(keys), zapcore.Lock(output), level)
	return zap.New(core, zap.AddCaller())
}

// setUpLogging returns the server's logger and the one for start-up lines, which go
// to stdout even where logger.stdout is false.
func setUpLogging(early *zap.Logger, s *settings) (*zap.Logger, *zap.Logger) {
	levels := map[string]zapcore.Level{
		"debug": zap.DebugLevel, "info": zap.InfoLevel,
		"warn": zap.WarnLevel, "error": zap.ErrorLevel,
	}
	level, ok := levels[strings.ToLower(s.text("logger.level"))]
	if !ok {
		early.Fatal("Logger level invalid, must be one of: DEBUG, INFO, WARN, or ERROR")
	}
	form := parseFormat(early, s)
	console := newLogger(os.Stdout, level, form)
	path := s.text("logger.file")
	if path == "" {
		return console, console
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		console.Fatal("Could not create log file", zap.Error(err))
	}
	only := newLogger(file, level, form)
	both := zap.New(zapcore.NewTee(console.Core(), only.Core()), zap.AddCaller())
	if s.truth("logger.stdout") {
		return both, both
	}
	return only, both
}

func parseFormat(early *zap.Logger, s *settings) format {
	switch strings.ToLower(s.text("logger.format")) {
	case "", "json":
		return formatJSON
	case "stackdriver":
		return formatStackdriver
	}
	early.Fatal("Logger mode invalid, must be one of: '', 'json', or 'stackdriver")
	return formatJSON
}

// pluginLogger is the logger InitModule receives; its lines say "runtime":"go", and
// warnings and errors where in the plugin they come from.
type pluginLogger struct {
	logger *zap.Logger
	fields map[string]any
}

func newPluginLogger(logger *zap.Logger) runtime.Logger {
	marked := logger.WithOptions(zap.AddCallerSkip(1)).With(zap.String("runtime", "go"))
	return &pluginLogger{logger: marked, fields: map[string]any{}}
}

func (l *pluginLogger) Debug(text string, v ...any) { l.logger.Debug(fmt.Sprintf(text, v...)) }
func (l *pluginLogger) Info(text string, v ...any)  { l.logger.Info(fmt.Sprintf(text, v...)) }

func (l *pluginLogger) Warn(text string, v ...any) {
	l.logger.Warn(fmt.Sprintf(text, v...), source())
}

func (l *pluginLogger) Error(text string, v ...any) {
	l.logger.Error(fmt.Sprintf(text, v...), source())
}

func (l *pluginLogger) WithField(key string, value any) runtime.Logger {
	return l.WithFields(map[string]any{key: value})
}

func (l *pluginLogger) WithFields(fields map[string]any) runtime.Logger {
	all := maps.Clone(l.fields)
	logger := l.logger
	for key, value := range fields {
		if key != "runtime" {
			all[key] = value
			logger = logger.With(zap.Any(key, value))
		}
	}
	return &pluginLogger{logger: logger, fields: all}
}

func (l *pluginLogger) Fields() map[string]any { return l.fields }

func source() zap.Field {
	_, file, line, ok := goruntime.Caller(2)
	if !ok {
		return zap.Skip()
	}
	if _, after, cut := strings.Cut(file, "@"); cut {
		file = after
	}
	return zap.String("source", fmt.Sprintf("%s:%d", file, line))
}
