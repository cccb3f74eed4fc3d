"""
Entries for the plugin loader: what ``plugin.Open`` answers when it refuses a file.

The texts are Go's (``src/plugin``, ``src/runtime/plugin.go``) and glibc's; Nakama logs
them word for word in all versions of v3.
"""

from __future__ import annotations

from functools import partial

from autofix.core import signatures_readers as readers
from autofix.core.model import Answer, FailureClass
from autofix.core.signatures_base import Sentence, Voice, spoken

LOADER_MESSAGES = (
    "Could not open Go module",
    "Error initialising Go runtime provider",
    "Failed initializing runtime modules",
)
ENTRY_MESSAGES = (
    "Error looking up InitModule function in Go module",
    "Error reading InitModule function in Go module",
    "Error returned by InitModule function in Go module",
)

BUILD_HERE: Sentence = (
    (
        "Build the plugin in the builder that matches the server (Go {server_go}, "
        "linux/{server_machine}, -trimpath -buildmode=plugin): autofix run does that."
    ),
    (
        "Build the plugin in the builder that matches the server (Go {server_go}, "
        "-trimpath -buildmode=plugin): autofix run does that."
    ),
    (
        "Build the plugin in the nakama-pluginbuilder image of the server's own tag, with "
        "-trimpath -buildmode=plugin: autofix run does that."
    ),
)
CHANGE_NOTHING_IN_GOMOD = "Nothing in go.mod can mend this."
GO_RUNTIME = "Server and plugin were built by different Go versions or build flags"


refused = partial(
    spoken,
    voice=Voice.LOG,
    messages=LOADER_MESSAGES,
    seen="glibc through plugin.Open, observed with Go 1.26.5",
)
"""Makes an entry for one reason why plugin.Open refuses a file."""

_OWN_LIBRARY = r"(?:^|: )(?P<library>[^\s:\"]++): cannot open shared object file: "

OTHER_REASONS = (
    refused(
        "plugin-already-loaded",
        FailureClass.PLUGIN_FILE,
        Answer.STOP,
        r"plugin already loaded",
        words=(
            (
                "{file} is a second copy of a plugin that is loaded already.",
                "The module folder holds two copies of the same plugin.",
            ),
        ),
        remedy=(
            (
                "Remove one of the two .so files; the server loads every one below its "
                "module folder, also in subfolders."
            ),
        ),
        seen="Go runtime/plugin.go, observed with Go 1.26.5",
    ),
    refused(
        "plugin-link-dangling",
        FailureClass.PLUGIN_FILE,
        Answer.STOP,
        r"realpath failed",
        words=(("{file} is a symbolic link to nothing, as the server sees it.",),),
        remedy=("Copy the file itself into the module folder.",),
        seen="Go plugin/plugin_dlopen.go, observed with Go 1.26.5",
    ),
    refused(
        "elf-header-invalid",
        FailureClass.PLATFORM,
        Answer.REBUILD,
        r"invalid ELF header",
        read=readers.with_machines,
        words=(
            (
                (
                    "The plugin file is no Linux library (class platform): it is "
                    "{plugin_kind}."
                ),
                (
                    "The plugin file is no Linux library (class platform): it was built "
                    "on macOS or Windows, or is no binary at all."
                ),
            ),
        ),
        remedy=(BUILD_HERE,),
    ),
    refused(
        "plugin-file-too-short",
        FailureClass.PLUGIN_FILE,
        Answer.REBUILD,
        r"file too short",
        words=(
            (
                "The plugin file is empty or a few bytes of text: a failed copy, or a Git "
                "LFS pointer instead of the file."
            ),
        ),
        remedy=("Build it again, or copy the real file.",),
    ),
    refused(
        "elf-class-wrong",
        FailureClass.PLATFORM,
        Answer.REBUILD,
        r"wrong ELF class: (?P<elf_class>\w++)",
        read=readers.with_machines,
        words=(
            (
                "The plugin was built for a machine of another word size ({elf_class}; "
                "class platform): GOARCH is wrong."
            ),
        ),
        remedy=(BUILD_HERE,),
    ),
    refused(
        "elf-kind-wrong",
        FailureClass.PLATFORM,
        Answer.REBUILD,
        r"ELF file data encoding not \w++-endian|only ET_DYN and ET_EXEC can be loaded"
        r"|ELF file's phentsize not the expected size|ELF file OS ABI invalid"
        r"|ELF load command \w++",
        read=readers.with_machines,
        words=(
            (
                "The plugin file is an ELF file, but none this machine can load (class "
                "platform): of another architecture, an object file, or damaged."
            ),
        ),
        remedy=(BUILD_HERE,),
    ),
    refused(
        "plugin-not-readable",
        FailureClass.PLUGIN_FILE,
        Answer.STOP,
        r"cannot open shared object file: Permission denied",
        words=("The server may not read the plugin file.",),
        remedy=("Make it readable for the server's user: chmod a+r.",),
    ),
    refused(
        "plugin-built-for-musl",
        FailureClass.PLATFORM,
        Answer.REBUILD,
        r"(?P<library>(?:libc\.musl|ld-musl)[^\s:]*+)",
        words=(
            (
                "The plugin was built on Alpine ({library} is its C library, musl); the "
                "server's image is Debian (class platform)."
            ),
        ),
        remedy=(BUILD_HERE,),
        seen="musl's library name in glibc's sentence; nakama #388",
    ),
    refused(
        "architecture-differs",
        FailureClass.PLATFORM,
        Answer.REBUILD,
        _OWN_LIBRARY + "No such file or directory",
        read=readers.of_the_plugin_file,
        words=(
            (
                (
                    "The plugin was built for {plugin_machine}, the server for "
                    "{server_machine} (class platform)."
                ),
                (
                    "The plugin was built for another CPU architecture than the server "
                    "(class platform)."
                ),
            ),
            "The loader words this as a missing file; the file is there.",
        ),
        remedy=(
            BUILD_HERE,
            (
                "Use one --platform for builder and server; up to Nakama 3.25 that is "
                "linux/amd64."
            ),
        ),
    ),
    refused(
        "plugin-file-vanished",
        FailureClass.PLUGIN_FILE,
        Answer.STOP,
        _OWN_LIBRARY + "No such file or directory",
        read=readers.of_a_vanished_file,
        words=(
            (
                "{file} could not be opened although it is of the server's architecture: "
                "it vanished, or its loader is missing in the image."
            ),
        ),
        remedy=("Look whether something moves or replaces the file at run time.",),
    ),
    refused(
        "shared-library-missing",
        FailureClass.SYSTEM_LIBRARY,
        Answer.STOP,
        _OWN_LIBRARY + "No such file or directory",
        words=(
            (
                "The plugin uses cgo and needs {library}, which the server's image does "
                "not have."
            ),
        ),
        remedy=(
            (
                "Install the package with {library} in the last stage of your Dockerfile "
                "(the server's), or use a library in pure Go."
            ),
        ),
    ),
    refused(
        "glibc-too-old",
        FailureClass.SYSTEM_LIBRARY,
        Answer.REBUILD,
        r"version [`'](?P<symbol>(?:GLIBC|GLIBCXX|CXXABI|GCC)_[\w.]++)' not found",
        words=(
            (
                "The plugin was built on a newer distribution than the server's image: it "
                "needs {symbol}."
            ),
        ),
        remedy=(BUILD_HERE,),
        seen="glibc, reported for golang images on newer Debian (nakama.md 3.2)",
    ),
    refused(
        "plugin-damaged",
        FailureClass.PLUGIN_FILE,
        Answer.REBUILD,
        r"could not find symbol (?P<symbol>[^\s:]++)",
        words=("The plugin file is damaged: its symbol {symbol} is missing.",),
        remedy=("Build it again.",),
        seen="Go plugin/plugin_dlopen.go (read in source)",
    ),
    refused(
        "go-symbol-undefined",
        FailureClass.GO_RUNTIME,
        Answer.REBUILD,
        r"undefined symbol: (?P<symbol>[^\s\",]++)",
        read=readers.of_go_itself,
        words=(
            (
                f"{GO_RUNTIME} (class go-runtime): {{symbol}} of Go's own runtime is not "
                "in the server."
            ),
        ),
        remedy=(BUILD_HERE, CHANGE_NOTHING_IN_GOMOD),
    ),
    refused(
        "symbol-undefined",
        FailureClass.SYSTEM_LIBRARY,
        Answer.STOP,
        r"undefined symbol: (?P<symbol>[^\s\",]++)",
        words=("The plugin's C code uses {symbol}, which nothing provides.",),
        remedy=(
            (
                "Link the library that has it (#cgo LDFLAGS), and install that library in "
                "the server's image."
            ),
        ),
    ),
    refused(
        "not-built-as-plugin",
        FailureClass.PLUGIN_FILE,
        Answer.REBUILD,
        r"cannot dynamically load (?:position-independent )?executable",
        words=("The file is a program, not a plugin.",),
        remedy=("Build it with -buildmode=plugin: autofix run does that.",),
    ),
    refused(
        "plugins-not-supported",
        FailureClass.PLATFORM,
        Answer.STOP,
        r"plugin: not implemented",
        words=(
            (
                "This server cannot load Go plugins: it was built without cgo, or for "
                "Windows (class platform)."
            ),
        ),
        remedy=("Use the Linux image heroiclabs/nakama.",),
        seen="Go plugin/plugin_stubs.go, observed with Go 1.26.5 without cgo",
    ),
    refused(
        "plugin-not-mappable",
        FailureClass.PLUGIN_FILE,
        Answer.STOP,
        r"failed to map segment from shared object",
        words=(
            (
                "The server may not execute files of its module folder: the mount is "
                "noexec, or a security policy forbids it."
            ),
        ),
        remedy=("Mount the folder without noexec, or copy the plugin into the image.",),
    ),
)
