// Command twin is a test double of a Nakama server for autofix's scenarios.
//
// It links the same packages at the same versions as one Nakama release and opens Go
// plugins with Go's own plugin package, so that its verdict on a plugin is Nakama's.
// Its log lines, exit codes and subcommands are those of Nakama; it serves no games.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// version is the release doubled, set by the linker.
var version = "0.0.0"

func semver() string { return version + "+twin" }

func main() {
	// As in Nakama since 3.23.0: a panic in InitModule or in a plugin's package
	// initialisation runs this first, so the server ends silently with exit code 0.
	defer os.Exit(0)
	http.DefaultClient.Timeout = 1500 * time.Millisecond

	logger := newLogger(os.Stdout, zap.InfoLevel, formatJSON)
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "--version":
			fmt.Println(semver())
			return
		case "check":
			check(logger, os.Args[2:])
			return
		case "migrate":
			migrate(logger, os.Args[2:])
			return
		case "healthcheck":
			healthcheck(logger, os.Args[2:])
			return
		}
	}
	serve(logger, os.Args[1:])
}

func healthcheck(logger *zap.Logger, arguments []string) {
	port := "7350"
	if len(arguments) > 0 {
		port = arguments[0]
	}
	response, err := http.Get("http://localhost:" + port)
	if err != nil || response.StatusCode != http.StatusOK {
		logger.Fatal("healthcheck failed")
	}
	logger.Info("healthcheck ok")
}

func serve(early *zap.Logger, arguments []string) {
	s := parseSettings(early, arguments)
	logger, startup := setUpLogging(early, s)
	validate(early, logger, s)

	startup.Info("Nakama starting")
	startup.Info("Node", zap.String("name", s.text("name")), zap.String("version", semver()),
		zap.String("runtime", runtime.Version()), zap.Int("cpu", runtime.NumCPU()),
		zap.Int("proc", runtime.GOMAXPROCS(0)))
	startup.Warn("This is autofix's twin server, a test double, not Nakama",
		zap.String("doubles", version))
	startup.Info("Data directory", zap.String("path", s.dataDir()))
	startup.Info("Database connections", zap.Strings("dsns", redacted(logger, s)))
	db := connect(startup, s, false)
	checkSchema(startup, db)

	if err := loadModules(logger, startup, db, s); err != nil {
		startup.Fatal("Failed initializing runtime modules", zap.Error(err))
	}
	servers := listen(startup, s)

	stop := make(chan os.Signal, 2)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	startup.Info("Startup done")
	<-stop
	logger.Info("Shutdown started", zap.Int("grace_period_sec", s.number("shutdown_grace_sec")))
	servers.stop()
	startup.Info("Shutdown complete")
}
