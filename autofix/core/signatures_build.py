"""
Entries for compiling and linking: resources, cgo, the package that is built, code.

The last two entries are general: a compile error is believed only where no line says
that the disk is full or the compiler was killed.
"""

from __future__ import annotations

from autofix.core import signatures_readers as readers
from autofix.core.model import Answer, FailureClass
from autofix.core.signatures_gomod import tool
from autofix.core.signatures_loader import BUILD_HERE

RESOURCES = (
    tool(
        "disk-full",
        FailureClass.RESOURCES,
        Answer.STOP,
        r"no space left on device|[Dd]isk quota exceeded",
        words=("There is no disk space left where the plugin is built.",),
        remedy=(
            (
                "Free space in the engine (docker system df); autofix clean --caches "
                "removes autofix's own Go caches."
            ),
        ),
    ),
    tool(
        "compiler-killed",
        FailureClass.RESOURCES,
        Answer.STOP,
        r"signal: killed|Killed signal terminated program",
        words=("A compiler was killed: most likely for its memory.",),
        remedy=("Give the engine more memory, or build with -p=1.",),
    ),
    tool(
        "compiler-out-of-memory",
        FailureClass.RESOURCES,
        Answer.STOP,
        r"fatal error: (?:runtime: )?out of memory|runtime: out of memory: "
        r"|cannot allocate memory|fatal error: failed to reserve page summary memory",
        words=("A compiler ran out of memory.",),
        remedy=("Give the engine more memory, or build with -p=1.",),
    ),
    tool(
        "go-cache-not-writable",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        r"failed to initialize build cache|could not create module cache"
        r"|build cache is required, but could not be located",
        words=("The go command cannot write its caches.",),
        remedy=("Set HOME, GOCACHE and GOMODCACHE to folders the user may write.",),
    ),
)

CGO = (
    tool(
        "cgo-off",
        FailureClass.BUILD_SETUP,
        Answer.REBUILD,
        r"requires external \(cgo\) linking, but cgo is not enabled",
        words=("A plugin needs cgo, and cgo is off (CGO_ENABLED=0).",),
        remedy=("Set CGO_ENABLED=1: autofix run does that in its builder.",),
    ),
    tool(
        "c-compiler-missing",
        FailureClass.BUILD_SETUP,
        Answer.REBUILD,
        r"C compiler \"(?P<compiler>[^\"]*+)\" not found"
        r"|exec: \"(?P<program>gcc|cc|clang)\": executable file not found",
        words=("A plugin needs a C compiler to link, and the builder has none.",),
        remedy=(BUILD_HERE,),
    ),
    tool(
        "c-header-missing",
        FailureClass.SYSTEM_LIBRARY,
        Answer.STOP,
        r"fatal error: (?P<header>[^\s:]++): No such file or directory",
        words=("A library of the plugin is written in C and needs {header}.",),
        remedy=(
            (
                "Make a builder image that has its development package and name it with "
                "--builder-image, put the library itself into the server's image, or use "
                "a library in pure Go."
            ),
        ),
    ),
    tool(
        "link-library-missing",
        FailureClass.SYSTEM_LIBRARY,
        Answer.STOP,
        r"cannot find -l(?P<library>[^\s:]++)|unable to find library -l(?P<other>\S++)",
        words=(
            (
                "The linker finds no library {library} in the builder.",
                "The linker finds no library {other} in the builder.",
            ),
        ),
        remedy=(
            (
                "Install its development package in the builder, and the library itself "
                "in the server's image, or use a library in pure Go."
            ),
        ),
    ),
    tool(
        "pkg-config-missing",
        FailureClass.SYSTEM_LIBRARY,
        Answer.STOP,
        r"Package '?(?P<library>[^\s',]++)'? was not found in the pkg-config search"
        r"|exec: \"pkg-config\": executable file not found",
        words=(
            (
                "The C library {library} is not in the builder.",
                "The program pkg-config is not in the builder.",
            ),
        ),
        remedy=(
            (
                "Install its development package (and pkg-config) in the builder, and the "
                "library in the server's image."
            ),
        ),
    ),
    tool(
        "cross-compiler-missing",
        FailureClass.PLATFORM,
        Answer.REBUILD,
        r"^gcc_(?P<machine>\w++)\.S:(?:\d++:)? |unrecognized command-line option "
        r"'-m(?:arm|thumb|64)'",
        words=(
            (
                "The build is for another CPU architecture than the builder's C compiler "
                "knows (class platform)."
            ),
        ),
        remedy=(BUILD_HERE, "Use one --platform for builder and server."),
    ),
    tool(
        "cgo-flag-refused",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        r"invalid flag in (?:#cgo )?(?P<variable>\w++): (?P<flag>\S++)",
        words=("Go refuses the cgo flag {flag} in {variable}.",),
        remedy=("Remove it, or allow it with CGO_{variable}_ALLOW.",),
    ),
)

TARGET = (
    tool(
        "plugins-not-supported-there",
        FailureClass.PLATFORM,
        Answer.REBUILD,
        r"-buildmode=plugin not supported on (?P<platform>\S++)",
        words=("Go has no plugins on {platform} (class platform).",),
        remedy=(BUILD_HERE,),
    ),
    tool(
        "package-not-main",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        r"-buildmode=plugin requires (?:exactly one )?main package",
        words=(
            (
                "The package that is built is not `package main`, or there are several: a "
                "plugin is exactly one main package."
            ),
        ),
        remedy=("Name the package that has InitModule: --package ./path.",),
    ),
    tool(
        "buildmode-missing",
        FailureClass.BUILD_SETUP,
        Answer.REBUILD,
        r"function main is undeclared in the main package",
        words=(
            "The build makes a program, not a plugin: -buildmode=plugin is missing.",
        ),
        remedy=("Build with -buildmode=plugin: autofix run does that.",),
    ),
    tool(
        "no-go-files",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        r"no (?:non-test )?Go files in (?P<path>\S++)",
        words=("There are no Go files in {path}.",),
        remedy=("Name the package that has InitModule: --package ./path.",),
    ),
    tool(
        "build-constraints-exclude",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        r"build constraints exclude all Go files in (?P<path>\S++)",
        words=(
            "Every Go file in {path} is for another system, another tag, or needs cgo.",
        ),
        remedy=("Give the tags your build line uses (--tags), with CGO_ENABLED=1.",),
    ),
    tool(
        "packages-mixed",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        r"found packages (?P<packages>\S++ \([^)]*+\) and \S++ \([^)]*+\)) in "
        r"(?P<path>\S++)",
        words=("One folder holds two packages: {packages}.",),
        remedy=("Move one of them into a folder of its own.",),
    ),
    tool(
        "package-folder-missing",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        r"stat (?P<path>[^\s:]++): directory not found"
        r"|pattern (?P<pattern>[^\s:]++): directory prefix \S++ does not contain",
        words=(
            ("The folder {path} is not there.", "The folder {pattern} is not there."),
        ),
        remedy=("Name the package that has InitModule: --package ./path.",),
    ),
    tool(
        "vcs-stamping-fails",
        FailureClass.BUILD_SETUP,
        Answer.REBUILD,
        r"error obtaining VCS status",
        words=(
            (
                "The go command may not read the repository's Git state: it belongs to "
                "another user, or git is missing."
            ),
        ),
        remedy=("Build with -buildvcs=false: autofix run does that.",),
    ),
    tool(
        "build-flag-unknown",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        r"^flag provided but not defined: (?P<flag>-\S++)",
        words=("The go command does not know the build flag {flag}.",),
        remedy=("Correct the build line or the flags given to autofix.",),
    ),
)

CODE = (
    tool(
        "import-cycle",
        FailureClass.COMPILE,
        Answer.STOP,
        r"import cycle not allowed",
        words=("Packages of the project import each other in a circle.",),
        remedy=("Move what both need into a third package.",),
    ),
    tool(
        "internal-package",
        FailureClass.COMPILE,
        Answer.STOP,
        r"use of internal package (?P<package>\S++) not allowed",
        words=("The code imports {package}, which is internal to another module.",),
        remedy=("Use that module's public packages.",),
    ),
    tool(
        "source-not-text",
        FailureClass.COMPILE,
        Answer.STOP,
        r"read (?P<file>[^\n:]++): unexpected NUL in input",
        words=("{file} is no Go source: it holds NUL bytes.",),
        remedy=("Save it as UTF-8, or take it out of the package.",),
        seen="observed with Go 1.26.5",
    ),
    tool(
        "embedded-files-missing",
        FailureClass.COMPILE,
        Answer.STOP,
        r"pattern (?P<pattern>[^\s:]++): no matching files found",
        words=("A go:embed line names {pattern}, and no such file is there.",),
        remedy=("Add the files to the repository, or generate them before the build.",),
    ),
    tool(
        "library-does-not-compile",
        FailureClass.COMPILE,
        Answer.FIT,
        r"^(?P<source>[^\s:]++):\d++:",
        read=readers.of_library_code,
        general=True,
        words=(
            (
                (
                    "{module}@{version} does not compile with the versions selected: "
                    "{text}."
                ),
                (
                    "The package {package} does not compile with the versions "
                    "selected: {text}."
                ),
            ),
            "It is the first of {several} errors.",
            "Errors in your own code: {own_errors}.",
        ),
        remedy=(
            (
                (
                    "Require a version of {module} that compiles against the server's "
                    "versions: a newer one if an interface was removed, an older one if "
                    "it is not there yet."
                ),
                (
                    "Require a version of its module that compiles against the server's "
                    "versions."
                ),
            ),
        ),
        seen="observed with Go 1.26.8; pinning.md D16, D17, D19",
    ),
    tool(
        "code-does-not-compile",
        FailureClass.COMPILE,
        Answer.STOP,
        r"^(?P<source>[^\s:]++):\d++:",
        read=readers.of_own_code,
        general=True,
        words=(
            "The project's own code does not compile: {source}:{line}: {text}.",
            "It is the first of {several} errors.",
            "The compiler adds that a module requires Go {go}.",
            "The interface of nakama-common changed{changed}.",
        ),
        remedy=(
            (
                "Change the code. If a function of nakama-common has other arguments or "
                "results now, its release notes say which; the version is the server's."
            ),
        ),
        seen="observed with Go 1.26.8; pinning.md A9, D18",
    ),
    tool(
        "link-fails",
        FailureClass.BUILD_SETUP,
        Answer.STOP,
        r"/link: running \S++ failed: |collect2: error: |undefined reference to "
        r"[`'](?P<symbol>[^`'\s]++)'",
        general=True,
        words=(
            (
                "The plugin compiles but does not link: {symbol} is missing.",
                "The plugin compiles but does not link.",
            ),
        ),
        remedy=("Read the linker's lines: a C library of a cgo package is missing.",),
    ),
)

BUILD = RESOURCES + CGO + TARGET + CODE
