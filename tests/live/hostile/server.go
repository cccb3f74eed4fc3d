// A server that links nakama-common, as autofix asks of one, and then misbehaves in
// the way that HOSTILE names. The image sets the variable, for one way an image.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	_ "github.com/heroiclabs/nakama-common/runtime"
)

const (
	startupDone = `{"level":"info","ts":"2026-01-01T00:00:00Z","msg":"Startup done"}` + "\n"
	noModules   = `{"level":"info","ts":"2026-01-01T00:00:00Z","msg":"Found runtime modules","count":0,"modules":[]}` + "\n"
	madeUp      = `{"level":"error","ts":"2026-01-01T00:00:00Z","msg":"Could not open Go module","path":"` +
		`[/red]\u001b]0;title\u0007\u001b[31m\u202e","error":"plugin.Open(\"[bold]\"): [/nonsense] \u001b[2J"}` + "\n"
)

func forever() {
	for {
		time.Sleep(time.Hour)
	}
}

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "--version":
			fmt.Println("3.40.0+hostile")
			return
		case "migrate":
			misbehave(strings.TrimPrefix(os.Getenv("HOSTILE"), "migrate-"), "migrate-")
			return
		case "check":
			misbehave(strings.TrimPrefix(os.Getenv("HOSTILE"), "check-"), "check-")
			return
		}
	}
	misbehave(os.Getenv("HOSTILE"), "")
}

// misbehave does nothing for a way that is meant for another subcommand.
func misbehave(way, prefix string) {
	if prefix != "" && !strings.HasPrefix(os.Getenv("HOSTILE"), prefix) {
		return
	}
	switch way {
	case "floods":
		line := []byte(`{"level":"info","msg":"` + strings.Repeat("x", 1000) + "\"}\n")
		for {
			for range 100 {
				os.Stdout.Write(line)
			}
			time.Sleep(100 * time.Millisecond)
		}
	case "floods-stderr":
		line := []byte(strings.Repeat("complaint ", 100) + "\n")
		for {
			os.Stderr.Write(line)
		}
	case "endless-line":
		piece := []byte(strings.Repeat("endless ", 8192))
		for {
			os.Stdout.Write(piece)
		}
	case "no-utf8":
		for i := range 100_000 {
			os.Stdout.Write([]byte{0xff, 0xfe, byte(i), 0xc3, 0x28, 0x00, 0xf0, 0x9f, '\n'})
		}
		os.Exit(1)
	case "escapes":
		fmt.Print("\x1b]0;owned\x07\x1b[2J\x1b[31m[/red] [bold]no[/bold] \r\x1b[1A\u202e\n")
		fmt.Print("::error file=go.mod::made up\n")
		fmt.Print(madeUp)
		os.Exit(1)
	case "silent":
		forever()
	case "leaves":
		os.Exit(0)
	case "killed":
		os.Exit(137)
	case "no-plugin":
		fmt.Print(noModules, startupDone)
		forever()
	case "deaf":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		forever()
	case "forks":
		// One child holds the output open after the server has left.
		child := exec.Command("sleep", "3600")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := child.Start(); err != nil {
			fmt.Println(err)
		}
		os.Exit(1)
	case "fork-bomb":
		for {
			child := exec.Command("/nakama/nakama")
			child.Stdout, child.Stderr = os.Stdout, os.Stderr
			child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			_ = child.Start()
		}
	case "eats-memory":
		var eaten [][]byte
		for {
			bite := make([]byte, 64<<20)
			for i := 0; i < len(bite); i += 4096 {
				bite[i] = 1
			}
			eaten = append(eaten, bite)
		}
	case "closes-output":
		os.Stdout.Close()
		os.Stderr.Close()
		syscall.Close(1)
		syscall.Close(2)
		forever()
	}
}
