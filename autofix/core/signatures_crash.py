"""
Entries for a server process that crashes, falls silent or ends without a reason.

Crashes are plain text on stderr. Since 3.23.0 Nakama's main function defers
``os.Exit(0)``, which swallows every panic: the process then ends silently with 0.
"""

from __future__ import annotations

import re

from autofix.core import signatures_readers as readers
from autofix.core import signatures_scenes as scenes
from autofix.core.model import Answer, FailureClass
from autofix.core.signatures_base import Reader, Sentence, Signature, Voice
from autofix.core.signatures_loader import BUILD_HERE, CHANGE_NOTHING_IN_GOMOD

LOOK_AT_INIT: Sentence = (
    "Look at what InitModule and the package-level variables of the plugin do first: "
    "a nil map or pointer, an index, an environment value that is missing."
)


def _crash(
    name: str,
    failure_class: FailureClass,
    answer: Answer,
    pattern: str,
    *,
    words: tuple[Sentence, ...],
    remedy: tuple[Sentence, ...],
    seen: str = "observed with a host of Go 1.26.5",
    read: Reader | None = None,
) -> Signature:
    return Signature(
        name=name,
        failure_class=failure_class,
        answer=answer,
        voice=Voice.CRASH,
        pattern=re.compile(pattern),
        read=read,
        words=words,
        remedy=remedy,
        seen=seen,
    )


def _whole(
    name: str,
    failure_class: FailureClass,
    answer: Answer,
    read: Reader,
    *,
    words: tuple[Sentence, ...],
    remedy: tuple[Sentence, ...],
    seen: str,
) -> Signature:
    return Signature(
        name=name,
        failure_class=failure_class,
        answer=answer,
        read=read,
        words=words,
        remedy=remedy,
        seen=seen,
    )


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
        "server-architecture-differs",
        FailureClass.PLATFORM,
        Answer.STOP,
        r"exec format error",
        words=(
            (
                "The server's image is for another CPU architecture than this machine "
                "(class platform)."
            ),
        ),
        remedy=("Use an image of this machine's architecture, or install emulation.",),
        seen="Linux execve, as container engines report it",
    ),
)

ENDS = (
    _whole(
        "out-of-memory",
        FailureClass.RESOURCES,
        Answer.STOP,
        scenes.out_of_memory,
        words=("The process was killed because it used too much memory.",),
        remedy=("Give the engine more memory, or raise the limit.",),
        seen="the engine's OOMKilled flag",
    ),
    _whole(
        "build-timed-out",
        FailureClass.RESOURCES,
        Answer.STOP,
        scenes.build_timed_out,
        words=("The go command did not end within {seconds} s.",),
        remedy=("Raise --build-timeout, or look why the module proxy is slow.",),
        seen="autofix's own deadline",
    ),
    _whole(
        "init-module-hangs",
        FailureClass.PLUGIN_INIT,
        Answer.STOP,
        scenes.init_hangs,
        words=(
            (
                "The server still loads the plugin after {seconds} s: InitModule or a "
                "package init function waits for something."
            ),
        ),
        remedy=(
            (
                "Give calls in InitModule a timeout (the test network has no internet), "
                "or raise --startup-timeout."
            ),
        ),
        seen="autofix's own deadline, between two of Nakama's milestones",
    ),
    _whole(
        "server-silent",
        FailureClass.SERVER_SETUP,
        Answer.STOP,
        scenes.timed_out_silent,
        words=("The server wrote no line at all within {seconds} s.",),
        remedy=(
            (
                "Look whether the image starts Nakama at all and logs to stdout; "
                "logger.stdout: false in its configuration silences it."
            ),
        ),
        seen="autofix's own deadline",
    ),
    _whole(
        "server-timed-out",
        FailureClass.SERVER_SETUP,
        Answer.STOP,
        scenes.timed_out,
        words=(
            "The server was not up within {seconds} s and said nothing of a failure.",
        ),
        remedy=("Raise --startup-timeout, or read its last lines.",),
        seen="autofix's own deadline",
    ),
    _whole(
        "no-modules-found",
        FailureClass.RUNTIME_MODULES,
        Answer.STOP,
        scenes.no_modules,
        words=("The server started, but found no runtime module at all.",),
        remedy=(
            (
                "Put the plugin into /nakama/data/modules. A volume mounted over "
                "/nakama/data hides what the image has there."
            ),
        ),
        seen="nakama-common #198",
    ),
    _whole(
        "plugin-not-found",
        FailureClass.RUNTIME_MODULES,
        Answer.STOP,
        scenes.plugin_not_listed,
        words=(
            "The server started, but {plugin} is not among its modules: {modules}.",
        ),
        remedy=(
            (
                "Put {plugin} into /nakama/data/modules; only files that end in .so are "
                "loaded."
            ),
        ),
        seen="server/runtime.go of Nakama v3",
    ),
    _whole(
        "crash-while-loading-silent",
        FailureClass.GO_RUNTIME,
        Answer.REBUILD,
        scenes.silent_other_go,
        words=(
            (
                "The server ended silently with exit code 0 while loading: it was built "
                "by Go {server_go}, the plugin by Go {plugin_go} (class go-runtime)."
            ),
        ),
        remedy=(BUILD_HERE, CHANGE_NOTHING_IN_GOMOD),
        seen="observed: host of Go 1.26.5 that defers os.Exit(0), plugin of 1.22.4",
    ),
    _whole(
        "init-panics-silent",
        FailureClass.PLUGIN_INIT,
        Answer.STOP,
        scenes.silent_init,
        words=(
            (
                "The server ended silently with exit code 0 while it initialised the "
                "plugin: InitModule or a package init function panics. Since 3.23.0 "
                "Nakama does not print the panic."
            ),
        ),
        remedy=(
            LOOK_AT_INIT,
            "To see the panic, recover and log it at the start of InitModule.",
        ),
        seen="observed on Nakama 3.40.0",
    ),
    _whole(
        "init-exits",
        FailureClass.PLUGIN_INIT,
        Answer.STOP,
        scenes.init_exits,
        words=(
            (
                "The server ended with exit code {exit_code} while it initialised the "
                "plugin, without a line of its own: the plugin ended the process."
            ),
        ),
        remedy=("Look for log.Fatal or os.Exit; return an error from InitModule.",),
        seen="observed with a host of Go 1.26.5: log.Fatal in InitModule",
    ),
    _whole(
        "server-ends-silently",
        FailureClass.UNKNOWN,
        Answer.STOP,
        scenes.silent_server,
        words=(
            (
                "The server ended with exit code 0 before it was up and said nothing. "
                "Since 3.23.0 that is also what a panic looks like."
            ),
        ),
        remedy=("Run it again with its log on a terminal.",),
        seen="main.go of Nakama v3.23.0 and later",
    ),
    _whole(
        "check-proves-nothing",
        FailureClass.UNKNOWN,
        Answer.STOP,
        scenes.silent_check,
        words=(
            (
                "The check ended with exit code 0 and said nothing. That is success, and "
                "also what a panic in a package init function looks like since 3.23.0."
            ),
        ),
        remedy=("Only a full start can tell.",),
        seen="observed on Nakama 3.40.0",
    ),
    _whole(
        "runtime-path-is-file",
        FailureClass.SERVER_SETUP,
        Answer.STOP,
        scenes.check_without_a_line,
        words=(
            (
                "The check failed without a line: the module folder cannot be made, "
                "because a file is in its place."
            ),
        ),
        remedy=("Make /nakama/data/modules (runtime.path) a folder.",),
        seen="observed on Nakama 3.40.0",
    ),
    _whole(
        "process-killed",
        FailureClass.RESOURCES,
        Answer.STOP,
        scenes.killed,
        words=("The process was killed (exit code 137): most likely for its memory.",),
        remedy=("Give the engine more memory, or raise the limit.",),
        seen="shells and engines report SIGKILL as 137",
    ),
)
