"""
Entries for a server process that crashes and says so: plain text on stderr.

What says nothing (since 3.23.0 most panics) is in ``signatures_ends``.
"""

from __future__ import annotations

from functools import partial

from autofix.core import signatures_readers as readers
from autofix.core import signatures_scenes as scenes
from autofix.core.model import Answer, FailureClass
from autofix.core.signatures_base import Sentence, Voice, spoken
from autofix.core.signatures_loader import BUILD_HERE, CHANGE_NOTHING_IN_GOMOD

LOOK_AT_INIT: Sentence = (
    "Look at what InitModule and the package-level variables of the plugin do first: "
    "a nil map or pointer, an index, an environment value that is missing."
)


_crash = partial(spoken, voice=Voice.CRASH, seen="observed with a host of Go 1.26.5")

CRASHES = (
    _crash(
        "no-plugin-module-data",
        FailureClass.GO_RUNTIME,
        Answer.REBUILD,
        r"runtime: no plugin module data",
        read=readers.with_go_versions,
        words=(
            (
                (
                    "The plugin was built by Go {plugin_go}, the server by Go {server_go} "
                    "(class go-runtime)."
                ),
                (
                    "The plugin was built by another Go minor version than the server "
                    "(class go-runtime), or is a c-shared library instead of a plugin."
                ),
            ),
        ),
        remedy=(BUILD_HERE, CHANGE_NOTHING_IN_GOMOD),
        seen="observed on Nakama 3.40.0; nakama #913, #914",
    ),
    _crash(
        "plugin-data-overlaps",
        FailureClass.PLUGIN_FILE,
        Answer.REBUILD,
        r"plugin: new module data overlaps with previous moduledata",
        words=("The plugin's data overlaps with the server's in memory.",),
        remedy=(BUILD_HERE,),
        seen="Go runtime/plugin.go (read in source)",
    ),
    _crash(
        "plugin-path-empty",
        FailureClass.PLUGIN_FILE,
        Answer.REBUILD,
        r"runtime: plugin has empty pluginpath",
        words=("The file is a Go library, but was not built as a plugin.",),
        remedy=("Build it with -buildmode=plugin: autofix run does that.",),
        seen="Go runtime/plugin.go (read in source)",
    ),
    _crash(
        "plugin-file-cut",
        FailureClass.PLUGIN_FILE,
        Answer.REBUILD,
        r"^SIGBUS: bus error",
        words=("The plugin file is cut short: part of it is missing.",),
        remedy=("Build or copy it again; look for a full disk.",),
        seen="observed on Nakama 3.40.0 and with a host of Go 1.26.5",
    ),
    _crash(
        "crash-while-loading",
        FailureClass.GO_RUNTIME,
        Answer.REBUILD,
        r"^(?:panic|fatal error|SIGSEGV|unexpected fault)",
        read=scenes.in_the_loader,
        words=(
            (
                (
                    "The server crashed while it loaded the plugin: it was built by Go "
                    "{server_go}, the plugin by Go {plugin_go} (class go-runtime)."
                ),
                (
                    "The server crashed while it loaded the plugin: another Go minor "
                    "version built it (class go-runtime)."
                ),
            ),
        ),
        remedy=(BUILD_HERE, CHANGE_NOTHING_IN_GOMOD),
        seen="observed: host of Go 1.26.5, plugins of Go 1.21.13 and 1.22.4",
    ),
    _crash(
        "package-init-panics",
        FailureClass.PLUGIN_INIT,
        Answer.STOP,
        r"^panic: (?P<reason>[^\n]++)",
        read=scenes.in_package_init,
        words=(
            "A package-level variable or init function of the plugin panics: {reason}.",
        ),
        remedy=(LOOK_AT_INIT,),
    ),
    _crash(
        "init-module-panics",
        FailureClass.PLUGIN_INIT,
        Answer.STOP,
        r"^panic: (?P<reason>[^\n]++)",
        read=scenes.in_init_module,
        words=("The plugin's InitModule panics: {reason}.",),
        remedy=(LOOK_AT_INIT,),
    ),
    _crash(
        "plugin-panics",
        FailureClass.PLUGIN_INIT,
        Answer.STOP,
        r"^panic: (?P<reason>[^\n]++)",
        read=scenes.in_the_project,
        words=("A goroutine of the plugin panics: {reason}.",),
        remedy=("Look at the functions of the plugin that the dump names.",),
    ),
    _crash(
        "plugin-crashes",
        FailureClass.PLUGIN_INIT,
        Answer.STOP,
        r"^fatal error: (?P<reason>[^\n]++)",
        read=scenes.in_the_project,
        words=("The plugin makes Go's runtime end the process: {reason}.",),
        remedy=("Look at the functions of the plugin that the dump names.",),
        seen="observed on the twin of 3.40.0",
    ),
    _crash(
        "server-architecture-differs",
        FailureClass.PLATFORM,
        Answer.STOP,
        r"[Ee]xec format error",
        words=(
            (
                "The server's image is for another CPU architecture than this machine "
                "(class platform)."
            ),
        ),
        remedy=("Use an image of this machine's architecture, or install emulation.",),
        seen="Linux execve, as container engines and shells report it",
    ),
)
