"""
Entries for how a server process ended: killed, late, silent, without a reason.

Since 3.23.0 Nakama's main function defers ``os.Exit(0)``, which swallows every panic:
the process then ends silently with 0.
"""

from __future__ import annotations

from autofix.core import signatures_scenes as scenes
from autofix.core.model import Answer, FailureClass
from autofix.core.signatures_base import Reader, Sentence, Signature
from autofix.core.signatures_crash import LOOK_AT_INIT
from autofix.core.signatures_loader import BUILD_HERE, CHANGE_NOTHING_IN_GOMOD


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
        "migration-timed-out",
        FailureClass.DATABASE,
        Answer.STOP,
        scenes.migration_timed_out,
        words=("`nakama migrate up` did not end within {seconds} s.",),
        remedy=("Raise --startup-timeout, or read its last lines.",),
        seen="autofix's own deadline",
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
                (
                    "The log ends with '{last_word}'. If the server ended there, with "
                    "exit code 0, InitModule or a package init function panics: since "
                    "3.23.0 Nakama does not print the panic."
                ),
                (
                    "The server ended silently with exit code 0 while it initialised "
                    "the plugin: InitModule or a package init function panics. Since "
                    "3.23.0 Nakama does not print the panic."
                ),
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
