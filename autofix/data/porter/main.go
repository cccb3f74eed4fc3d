// The porter rewrites the uses of an API that changed between two versions of a module.
//
// It reads one JSON request from standard input and writes one JSON answer to standard
// output. Types come from Go's own type checker; files are changed by spans, so that
// what is not rewritten stays byte for byte. Nothing on the disk is written.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// Row of the table: what keeps the old behaviour where the API changed.
type Row struct {
	// API is the changed symbol: "runtime.NakamaModule.LeaderboardCreate".
	API string `json:"api"`
	// Name is the added parameter, the new name of a renamed symbol, or the type that a
	// field has now.
	Name string `json:"name"`
	// Value is a Go expression; in a field's row {} stands for the field.
	Value   string `json:"value"`
	Release string `json:"release"`
	Reason  string `json:"reason"`
	// Imports are packages that Value needs.
	Imports []string `json:"imports"`
	// Review asks for a look although the value is known.
	Review bool `json:"review"`
}

// Request says what is ported, and to what.
type Request struct {
	// Mode is "port" or "diff".
	Mode string `json:"mode"`
	// Module is the path of the module whose API changed.
	Module string `json:"module"`
	// Old and New are folders with two versions of the module's source. Without Old the
	// go command is asked for OldVersion, without New the version that it selects for
	// the ported code is the new one.
	Old string `json:"old"`
	New string `json:"new"`
	// OldVersion and NewVersion name them in comments.
	OldVersion string `json:"oldVersion"`
	NewVersion string `json:"newVersion"`
	// Near are versions to take for the old one where that cannot be had.
	Near []string `json:"near"`
	// Folder is the module folder of the code; Patterns are its packages.
	Folder   string   `json:"folder"`
	Patterns []string `json:"patterns"`
	// Writable are the folders whose code may be rewritten.
	Writable []string `json:"writable"`
	// Flags are those of the build, so that its cache serves.
	Flags      []string `json:"flags"`
	Parameters []Row    `json:"parameters"`
	Renames    []Row    `json:"renames"`
	Fields     []Row    `json:"fields"`
	Methods    []Row    `json:"methods"`
}

// Rewrite is one place that was changed; Line counts in the ported file.
type Rewrite struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	API     string `json:"api"`
	What    string `json:"what"`
	Why     string `json:"why"`
	Review  bool   `json:"review"`
	Release string `json:"release"`
}

// Problem is an error of the type checker, or of a package that cannot be had.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Text    string `json:"text"`
	Package string `json:"package"`
	Module  string `json:"module"`
	Version string `json:"version"`
}

// Change is one difference of the exported API.
type Change struct {
	API  string `json:"api"`
	Kind string `json:"kind"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// Answer is what the porter found and did; Files are whole new texts, Remaining are the
// errors left in the plugin's own code and Tests those in its tests.
type Answer struct {
	Files     map[string]string `json:"files"`
	Rewrites  []Rewrite         `json:"rewrites"`
	Before    []Problem         `json:"before"`
	Remaining []Problem         `json:"remaining"`
	Tests     []Problem         `json:"tests"`
	Libraries []Problem         `json:"libraries"`
	Changes   []Change          `json:"changes"`
	Error     string            `json:"error"`
}

func main() {
	var request Request
	answer := Answer{}
	err := json.NewDecoder(os.Stdin).Decode(&request)
	if err == nil {
		answer, err = run(&request)
	}
	if err != nil {
		answer.Error = err.Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(request *Request) (Answer, error) {
	world, err := load(request)
	if err != nil {
		return Answer{}, err
	}
	old, fresh, err := world.versions()
	if err != nil {
		return Answer{}, err
	}
	table := tableOf(request)
	api := compareVersions(old, fresh, table)
	if request.Mode == "diff" {
		return Answer{Changes: api.changes}, nil
	}
	porter := &Porter{world: world, api: api, table: table}
	return porter.port(), nil
}
