"""Commands in a real builder: output, deadlines, files, caches."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from autofix.core.model import EvidenceSource, Stream
from autofix.engines.archive import Entry, unpack
from autofix.engines.base import Builder, CommandResult, Follow, Image
from autofix.engines.docker import DockerEngine, Limits
from autofix.errors import DiskFullError, ForeignImageError, OutputTooLargeError
from autofix.gotool import GoTool
from tests.live.conftest import OpenEngine

pytestmark = pytest.mark.live


@pytest.fixture
def builder(engine: DockerEngine, builder_image: Image) -> Iterator[Builder]:
    """Open a builder."""
    with engine.builder(builder_image) as opened:
        yield opened


def run(
    builder: Builder,
    script: str,
    *,
    seconds: float = 30,
    source: EvidenceSource = EvidenceSource.BUILD,
    follow: Follow | None = None,
    environment: dict[str, str] | None = None,
) -> CommandResult:
    """Run a shell script."""
    return builder.run(
        ["sh", "-c", script],
        folder="/",
        environment=environment or {},
        seconds=seconds,
        source=source,
        follow=follow,
    )


def texts(result: CommandResult) -> list[str]:
    """Return the text of every line."""
    return [line.text for line in result.evidence.lines]


def processes(builder: Builder) -> list[str]:
    """Return the command lines that run in the builder besides its own."""
    script = "cat /proc/[0-9]*/cmdline | tr '\\0\\n' '  '"
    return [line for line in texts(run(builder, script)) if "sleep 77" in line]


class TestOutput:
    """What a command says."""

    def test_stdout_of_a_planning_step_is_whole_and_stderr_is_lines(
        self, builder: Builder
    ) -> None:
        """Five megabytes of data arrive byte for byte."""
        result = run(
            builder,
            "yes '{\"é\": 1}' | head -c 5000000; echo 'go: downloading x' >&2",
            source=EvidenceSource.GO,
        )

        line = '{"é": 1}\n'.encode()
        assert (line * 500_000)[:5_000_000] == result.stdout
        assert ["go: downloading x"] == texts(result)
        assert result.succeeded

    def test_both_streams_of_a_build_are_lines(self, builder: Builder) -> None:
        """Each line with its stream, and the exit code."""
        result = run(builder, "echo out; echo err >&2; exit 2")

        assert {(Stream.STDOUT, "out"), (Stream.STDERR, "err")} == {
            (line.stream, line.text) for line in result.evidence.lines
        }
        assert (2, False) == (result.evidence.exit_code, result.succeeded)

    def test_nothing_is_lost_on_a_busy_machine(self, builder: Builder) -> None:
        """Short commands say all they say, also while this process is starved."""
        over = threading.Event()

        def burn() -> None:
            while not over.is_set():
                pass

        threads = [threading.Thread(target=burn) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            said = [texts(run(builder, f"echo {n}")) for n in range(12)]
        finally:
            over.set()
            for thread in threads:
                thread.join()

        assert [[str(n)] for n in range(12)] == said

    def test_too_much_data_is_an_error_and_the_builder_goes_on(
        self, open_engine: OpenEngine, builder_image: Image
    ) -> None:
        """Memory is bounded; the files are still there afterwards."""
        engine = open_engine(limits=Limits(stdout=1 << 20))
        with engine.builder(builder_image) as builder:
            run(builder, "touch /kept")
            with pytest.raises(OutputTooLargeError, match="1 MiB"):
                run(builder, "yes", source=EvidenceSource.GO)

            assert run(builder, "ls /kept").succeeded


class TestEnd:
    """How a command ends."""

    def test_its_deadline_ends_it_and_all_it_started(self, builder: Builder) -> None:
        """Nothing of it runs on, and the next command runs as usual."""
        result = run(builder, "sleep 77 & sleep 77; wait", seconds=1)

        assert (True, None) == (result.evidence.timed_out, result.evidence.exit_code)
        assert result.evidence.seconds < 30
        assert [] == processes(builder)

    def test_a_command_that_ignores_signals_ends_too(self, builder: Builder) -> None:
        """SIGKILL follows SIGTERM."""
        result = run(builder, "trap '' TERM; while :; do sleep 0.1; done", seconds=1)

        assert result.evidence.timed_out
        assert result.evidence.seconds < 40

    def test_a_child_that_left_its_group_ends_with_the_container(
        self, open_engine: OpenEngine, builder_image: Image
    ) -> None:
        """What holds on to the output is ended from outside; files stay."""
        engine = open_engine(limits=Limits(stop_grace=1))
        with engine.builder(builder_image) as builder:
            result = run(builder, "touch /kept; setsid sleep 77; echo", seconds=1)

            assert result.evidence.timed_out
            assert ["/kept"] == texts(run(builder, "ls /kept"))
            assert [] == processes(builder)

    def test_the_line_waited_for_ends_it(self, builder: Builder) -> None:
        """No exit code, because it did not end by itself."""
        started = time.monotonic()
        result = run(
            builder,
            "echo enough; sleep 77",
            follow=lambda line: line.text == "enough",
        )

        assert (None, False) == (result.evidence.exit_code, result.evidence.timed_out)
        assert time.monotonic() - started < 30
        assert [] == processes(builder)

    def test_a_loud_command_ends_as_soon_as_a_silent_one(
        self, builder: Builder
    ) -> None:
        """Output that nobody reads any more does not keep it alive."""
        asked = run(builder, "yes; sleep 77", follow=lambda _line: True)
        late = run(builder, "yes; sleep 77", seconds=1)

        assert (None, False) == (asked.evidence.exit_code, asked.evidence.timed_out)
        assert late.evidence.timed_out
        assert asked.evidence.seconds + late.evidence.seconds < 40
        assert [] == processes(builder)

    def test_a_full_disk_is_the_machines_fault(self, builder: Builder) -> None:
        """Recognised from what the command says."""
        with pytest.raises(DiskFullError, match="disk space"):
            run(builder, "cat /etc/passwd >/dev/full")

    def test_a_kill_for_memory_is_said(
        self, open_engine: OpenEngine, builder_image: Image
    ) -> None:
        """A linker that was killed is not a broken project."""
        engine = open_engine(limits=Limits(builder_memory=64 << 20))
        with engine.builder(builder_image) as builder:
            result = run(builder, "tail /dev/zero")
            other = run(builder, "exit 137")

        assert result.evidence.out_of_memory
        assert not other.evidence.out_of_memory
        assert 137 == result.evidence.exit_code


class TestFiles:
    """Files in and out."""

    def test_a_tree_goes_in_and_comes_out(
        self, builder: Builder, tmp_path: Path
    ) -> None:
        """Folders are made, content and the executable bit survive."""
        builder.put(
            [
                Entry(name="a/main.go", content=b"package main\n"),
                Entry(name="run.sh", content=b"#!/bin/sh\n", mode=0o755),
            ],
            "/build/deep/folder",
        )

        names = unpack(builder.fetch("/build/deep"), tmp_path)

        assert {"deep/folder/a/main.go", "deep/folder/run.sh"} == set(names)
        assert b"package main\n" == (tmp_path / "deep/folder/a/main.go").read_bytes()
        assert 0o755 == (tmp_path / "deep/folder/run.sh").stat().st_mode & 0o777

    def test_a_file_of_equal_size_and_time_is_another_file(
        self, builder: Builder, tmp_path: Path
    ) -> None:
        """Go's cache outlives the project that was at this path before."""
        found = []
        for path in ("expvar", "embed"):
            source = tmp_path / "main.go"
            code = f'package main\n\nimport _ "{path}"\n'
            source.write_text(f"{code:64}")
            os.utime(source, (1_600_000_000, 1_600_000_000))
            module = Entry(name="go.mod", content=b"module example.com/same\n")
            builder.put([module, Entry(name="main.go", content=source)], "/same")
            listed = builder.run(
                ["go", "list", "-f", "{{.Imports}}", "."],
                folder="/same",
                environment={"GO111MODULE": "on"},
                seconds=60,
            )
            found.append(listed.stdout.decode().strip())

        assert ["[expvar]", "[embed]"] == found

    def test_what_is_not_there_is_said(self, builder: Builder) -> None:
        """At once, not at the first byte."""
        with pytest.raises(FileNotFoundError):
            builder.fetch("/build/none.so")

    def test_a_stream_left_early_does_not_hold_the_builder(
        self, engine: DockerEngine, builder_image: Image, tmp_path: Path
    ) -> None:
        """An archive that is refused half-way costs no waiting for the engine."""
        with engine.builder(builder_image) as builder:
            # /usr/local/go/bin is full of megabytes; /bin is a link, and refused.
            with pytest.raises(Exception, match="neither a file nor a folder"):
                unpack(builder.fetch("/usr/lib"), tmp_path)
            started = time.monotonic()

        assert time.monotonic() - started < 30


class TestGo:
    """The Go in it."""

    def test_only_what_fetching_modules_needs_is_passed_on(
        self, open_engine: OpenEngine, builder_image: Image, tmp_path: Path
    ) -> None:
        """No other variable of the caller gets in; certificates come as a file."""
        bundle = tmp_path / "ca.pem"
        bundle.write_text("-----BEGIN CERTIFICATE-----\n")
        engine = open_engine(
            ca_bundle=bundle,
            environment={"GOPRIVATE": "example.com/x", "AUTOFIX_SECRET": "s3cret"},
        )
        with engine.builder(builder_image) as builder:
            lines = texts(run(builder, "env; cat $SSL_CERT_FILE $GIT_SSL_CAINFO"))

        assert {
            "GOPRIVATE=example.com/x",
            "GOTOOLCHAIN=local",
            "GOFLAGS=",
            "CGO_ENABLED=1",
        } <= set(lines)
        assert 2 == lines.count("-----BEGIN CERTIFICATE-----")
        assert not [line for line in lines if "s3cret" in line]

    def test_go_runs_and_its_caches_are_volumes(self, builder: Builder) -> None:
        """Both caches outlive the builder."""
        result = run(
            builder, "go version && grep -c -E '/go-build|/pkg/mod' /proc/mounts"
        )

        version, mounts = texts(result)
        assert version.startswith("go version go1.26.5")
        assert "2" == mounts

    def test_an_image_without_go_is_no_builder(
        self, engine: DockerEngine, debian: Image
    ) -> None:
        """Said when its Go is asked for, with what to do."""
        with (
            engine.builder(debian) as opened,
            pytest.raises(ForeignImageError, match="not a builder"),
        ):
            GoTool(builder=opened, folder="/", environment={}).version()


class TestPrivateModules:
    """What go and git need for modules that are not public."""

    def test_credentials_are_there_and_in_no_configuration(
        self, open_engine: OpenEngine, builder_image: Image, tmp_path: Path
    ) -> None:
        """Netrc and rewrites are in memory, also after everything was ended once."""
        (tmp_path / ".netrc").write_text("machine git.example login a password s3cret")
        (tmp_path / ".gitconfig").write_text(
            '[url "https://t0ken@git.example/"]\n\tinsteadOf = https://git.example/\n'
        )
        engine = open_engine(
            environment={"GOPRIVATE": "git.example", "HOME": str(tmp_path)}
        )
        script = "cat $NETRC ~/.netrc; git config --get-regexp insteadof"
        with engine.builder(builder_image) as builder:
            seen = texts(run(builder, script))
            builder.run(("sleep", "60"), folder="/", environment={}, seconds=0.5)
            again = texts(run(builder, script))
            made = docker.from_env().containers.list(
                filters={"label": f"dev.autofix.run={engine.run_id}"}
            )
            written = [
                repr(
                    (container.attrs, container.exec_run("cat /root/.gitconfig").output)
                )
                for container in made
            ]

        netrc = "machine git.example login a password s3cret"
        rewrite = "url.https://***@git.example/.insteadof https://git.example/"
        assert [netrc, netrc, rewrite] == seen
        assert seen == again
        assert 1 == len(written)
        assert "s3cret" not in written[0]
        assert "t0ken" not in written[0]

    def test_the_ssh_agent_answers(
        self, open_engine: OpenEngine, builder_image: Image, tmp_path: Path
    ) -> None:
        """The builder speaks with the user's own agent; no key leaves it."""
        program = shutil.which("ssh-agent")
        if program is None:
            pytest.skip("there is no ssh-agent on this machine")
        socket = tmp_path / "agent"
        environment = {"GOPRIVATE": "git.example", "SSH_AUTH_SOCK": str(socket)}
        ask = (
            "use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new($ENV{SSH_AUTH_SOCK})"
            ' or die "no agent"; print $s "\\0\\0\\0\\1\\x0b"; $s->flush;'
            " read($s, my $answer, 5); print ord(substr($answer, 4));"
        )
        with subprocess.Popen([program, "-D", "-a", str(socket)]) as agent:
            try:
                for _ in range(100):
                    if socket.exists():
                        break
                    time.sleep(0.05)
                with open_engine(environment=environment).builder(
                    builder_image
                ) as builder:
                    seen = texts(run(builder, f"perl -e '{ask}'"))
            finally:
                agent.terminate()

        identities = "12"
        assert [identities] == seen
