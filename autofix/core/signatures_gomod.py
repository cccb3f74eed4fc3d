"""
Entries for go.mod and go.work as the go command reads them, and for what is imported.

Texts are of cmd/go from 1.19 to 1.26; where a wording changed, both are known.
"""

from __future__ import annotations

from functools import partial

from autofix.core import signatures_readers as readers
from autofix.core.model import Answer, FailureClass
from autofix.core.signatures_base import Sentence, Voice, spoken

_RUN = "observed with Go 1.26.8"


tool = partial(spoken, voice=Voice.TOOL, seen=_RUN)
"""Makes an entry for a line of the go command or of a tool it runs."""

_REQUIRES = r" requires go >= (?P<go>[\w.]++)(?: \(running go (?P<running>[\w.]++))?"
_UNPROVIDED = (
    r"(?:no required module provides package (?=\S)|cannot find module providing "
    r"package (?=[^\s;:]++: import lookup disabled by -mod=readonly))"
    r"(?P<package>[^\s;:]++)"
)
_GO_FIXED: Sentence = (
    "The builder must keep the server's Go; GOTOOLCHAIN=auto would build a plugin "
    "that the server rejects."
)


DIRECTIVES = (
    tool(
        "go-work-line-too-low",
        FailureClass.GO_DIRECTIVE,
        Answer.STOP,
        r"module (?P<path>\S++) listed in go\.work file requires go >= "
        r"(?P<go>[\w.]++), but go\.work lists go (?P<listed>[\w.]++)",
        words=(
            (
                "go.work says go {listed}, but its module {path} says go {go}: a pin can "
                "lift a module's line to the server's Go."
            ),
        ),
        remedy=("Run `go work use`, or build with GOWORK=off.",),
    ),
    tool(
        "module-needs-newer-go",
        FailureClass.GO_DIRECTIVE,
        Answer.FIT,
        r"(?:^|[\s(])(?P<module>[^\s@:(]++)@(?P<version>v[^\s@:]++)" + _REQUIRES,
        words=(
            (
                "{module}@{version} wants Go {go}; the builder has Go {running}.",
                "{module}@{version} wants Go {go}, newer than the builder's.",
            ),
        ),
        remedy=(
            (
                "Require a version of {module} that does with the builder's Go. If the "
                "server links it too, autofix run takes the server's version."
            ),
            _GO_FIXED,
        ),
    ),
    tool(
        "vendored-module-needs-newer-go",
        FailureClass.GO_DIRECTIVE,
        Answer.FIT,
        r"go: (?P<module>\S++) in (?P<path>\S*?vendor/modules\.txt)" + _REQUIRES,
        words=(
            (
                "{module} in vendor/ wants Go {go}; the builder has Go {running}.",
                "{module} in vendor/ wants Go {go}, newer than the builder's.",
            ),
        ),
        remedy=(
            (
                "Require a version of {module} that does with the builder's Go, then "
                "`go mod vendor`. If the server links it too, autofix run takes the "
                "server's version."
            ),
            _GO_FIXED,
        ),
    ),
    tool(
        "go-work-line-too-high",
        FailureClass.GO_DIRECTIVE,
        Answer.STOP,
        r"go: (?P<path>\S*?go\.work)" + _REQUIRES,
        words=(
            (
                "{path} says go {go}; the builder has Go {running}.",
                "{path} says go {go}, newer than the builder's Go.",
            ),
        ),
        remedy=("Lower its go line, or build with GOWORK=off.", _GO_FIXED),
    ),
    tool(
        "replaced-module-needs-newer-go",
        FailureClass.GO_DIRECTIVE,
        Answer.STOP,
        r"go: module (?P<path>[./]\S*+)" + _REQUIRES,
        words=(
            (
                (
                    "The module in {path}, which a replace points to, says go {go}; the "
                    "builder has Go {running}."
                ),
                (
                    "The module in {path}, which a replace points to, says go {go}, newer "
                    "than the builder's Go."
                ),
            ),
        ),
        remedy=("Lower the go line in {path}/go.mod.", _GO_FIXED),
    ),
    tool(
        "go-line-too-high",
        FailureClass.GO_DIRECTIVE,
        Answer.GO_LINE,
        r"go: (?P<path>\S*?go\.mod)" + _REQUIRES,
        words=(
            (
                (
                    "go.mod says go {go}; the builder that matches the server has Go "
                    "{running}."
                ),
                "go.mod says go {go}, newer than the builder's Go.",
            ),
        ),
        remedy=(
            (
                "Lower the go line to the builder's Go and drop a toolchain line: autofix "
                "run does that."
            ),
            _GO_FIXED,
        ),
        seen="observed with Go 1.26.8; reported by Nakama users (nakama.md 5)",
    ),
    tool(
        "go-line-unreadable",
        FailureClass.GO_DIRECTIVE,
        Answer.GO_LINE,
        r"invalid go version '(?P<go>\d[\w.]*+)': must match format",
        words=(
            (
                "The builder's Go is too old to read the line `go {go}` in go.mod: before "
                "Go 1.21 it names no patch version."
            ),
        ),
        remedy=("Write the builder's Go as two numbers: autofix run does that.",),
        seen="observed with Go 1.20.14",
    ),
    tool(
        "toolchain-line-unknown",
        FailureClass.GO_DIRECTIVE,
        Answer.GO_LINE,
        r"unknown directive: toolchain",
        words=("The builder's Go is too old to know the toolchain line in go.mod.",),
        remedy=("Drop the toolchain line: autofix run does that.",),
        seen="observed with Go 1.20.14",
    ),
    tool(
        "code-needs-newer-language",
        FailureClass.GO_DIRECTIVE,
        Answer.STOP,
        r"requires go(?P<go>[\d.]++) or later \(-lang was set to go(?P<set>[\d.]++)",
        words=("The code uses Go {go}, but its go.mod says go {set}.",),
        remedy=("Raise the go line in go.mod to {go}, at most to the builder's Go.",),
    ),
    tool(
        "toolchain-not-available",
        FailureClass.GO_DIRECTIVE,
        Answer.STOP,
        r"download (?P<go>go[\w.]++)"
        r"(?: for [^\s:]++: toolchain not available|: golang\.org/toolchain@)",
        words=("GOTOOLCHAIN asks for {go}, which cannot be had.",),
        remedy=("Set GOTOOLCHAIN=local; the plugin needs the server's Go.", _GO_FIXED),
    ),
)

GO_MOD = (
    tool(
        "module-version-invalid",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        r"require (?P<module>[^\s:]++): version \"(?P<version>[^\"]*+)\" invalid: ",
        words=("go.mod requires {module} at {version}, which is no version of it.",),
        remedy=("From v2 on the module path ends in /v2, /v3 and so on.",),
    ),
    tool(
        "go-mod-directive-unknown",
        FailureClass.GO_DIRECTIVE,
        Answer.STOP,
        r"go\.(?:mod|work):\d++: unknown (?:directive|block type): "
        r"(?P<directive>tool|ignore|godebug|retract)$",
        words=(
            (
                "go.mod has the directive `{directive}`, which the Go of the server and "
                "its builder is too old to know."
            ),
        ),
        remedy=(
            (
                "Take it out of the plugin's go.mod: into a module of its own, or for "
                "tools into a tools.go that imports them."
            ),
            _GO_FIXED,
        ),
        seen="observed with Go 1.15.15 to 1.23.5",
    ),
    tool(
        "go-mod-malformed",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        r"go\.(?:mod|work):\d++: (?P<reason>[^\n]++)",
        words=("go.mod cannot be read: {reason}.",),
        remedy=("Mend the line; look for the marks of a merge conflict.",),
    ),
    tool(
        "go-mod-nameless",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        r"error reading go\.mod: missing module declaration",
        words=("go.mod has no module line.",),
        remedy=("Write `module example.com/name` as its first line.",),
        seen="observed with Go 1.26.5",
    ),
    tool(
        "go-mod-missing",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        r"go\.mod file not found in current directory|cannot find main module",
        words=("There is no go.mod where the plugin is built.",),
        remedy=(
            (
                "Point autofix at the folder with go.mod; in Docker, see that the context "
                "contains it."
            ),
        ),
        seen="observed with Go 1.26.8; nakama-project-template #13",
    ),
    tool(
        "workspace-lacks-module",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        r"not one of the workspace modules listed in go\.work",
        words=("go.work does not list the plugin's module.",),
        remedy=("Run `go work use .`, or build with GOWORK=off.",),
    ),
    tool(
        "imports-nakama-itself",
        FailureClass.GO_DEPENDENCY,
        Answer.STOP,
        r"(?:no required module provides package|cannot find module providing package)"
        r" (?P<package>[^\s;:]++)",
        read=readers.of_a_nakama_package,
        words=(
            (
                "The plugin imports {package}, a package of the Nakama server itself. "
                "Server and plugin can never agree on it, whatever the versions."
            ),
        ),
        remedy=(
            (
                "Import github.com/heroiclabs/nakama-common instead, or copy the code you "
                "need into your module."
            ),
        ),
    ),
    tool(
        "own-package-missing",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        _UNPROVIDED,
        read=readers.of_own_package,
        words=("The project imports its own package {package}, which is not there.",),
        remedy=("Correct the import, or add the folder to the repository.",),
    ),
    tool(
        "requirement-missing",
        FailureClass.GO_SUM,
        Answer.SYNC,
        _UNPROVIDED,
        words=("go.mod requires no module that has package {package}.",),
        remedy=("Let the go command add it (-mod=mod): autofix run does that.",),
    ),
    tool(
        "library-needs-newer-std",
        FailureClass.GO_DIRECTIVE,
        Answer.FIT,
        r"/pkg/mod/(?P<importer>[^\s@]{1,300}+@v[^\s/]{1,100}+)/\S{0,500}+ package "
        r"(?P<package>\S++) is not in (?:std|GOROOT)",
        words=(
            (
                "{importer} imports {package}, which the standard library of the "
                "builder's Go does not have yet."
            ),
        ),
        remedy=(
            (
                "Require a version of it that does with the builder's Go: autofix run does "
                "that."
            ),
            _GO_FIXED,
        ),
        seen="observed with Go 1.17.13 and 1.20.14",
    ),
    tool(
        "library-needs-newer-language",
        FailureClass.GO_DIRECTIVE,
        Answer.FIT,
        r"^(?P<package>[^\s:]++): cannot compile Go (?P<go>[\d.]++) code",
        words=("Package {package} is written in Go {go}, newer than the builder's.",),
        remedy=(
            (
                "Require a version of its module that does with the builder's Go: autofix "
                "run does that."
            ),
            _GO_FIXED,
        ),
        seen="observed with Go 1.19.13 and 1.20.14",
    ),
    tool(
        "package-not-in-std",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        r"package (?P<package>\S++) is not in (?:std|GOROOT)",
        words=(
            (
                "{package} is not in the builder's standard library: a typing error, a "
                "local package without its module's path, or a package of a newer Go."
            ),
        ),
        remedy=("Write the import with the module path of go.mod in front.",),
    ),
    tool(
        "import-ambiguous",
        FailureClass.BUILD_SETUP,
        Answer.FIT,
        r"ambiguous import: found package (?P<package>\S++) in multiple modules",
        read=readers.with_both_modules,
        words=(
            (
                (
                    "{importer} is from before {module} was split off it: both have package "
                    "{package}."
                ),
                "Two required modules both have package {package}.",
            ),
        ),
        remedy=(
            (
                "Raise or exclude the older of the two modules that the next lines name, "
                "so that only one has it."
            ),
        ),
    ),
)
