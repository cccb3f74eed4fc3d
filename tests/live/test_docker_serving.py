"""Servers and databases in real containers: sandbox, output, deadlines."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from autofix.core.model import Evidence, EvidenceSource, OutputLine, Stream
from autofix.engines.base import Follow, Image
from autofix.engines.docker import DockerEngine, Limits
from autofix.errors import (
    DatabaseUnavailableError,
    ForeignImageError,
    ImageMissingError,
    UnsafeArchiveError,
)
from scenarios.kit import KitImages
from tests.live.conftest import OpenEngine

pytestmark = pytest.mark.live


def run(
    engine: DockerEngine,
    image: Image,
    script: str,
    *,
    seconds: float = 20,
    follow: Follow = lambda _line: False,
    modules: dict[str, Path] | None = None,
    database: bool = False,
    settle: float = 0.0,
) -> Evidence:
    """Run a shell script as a server."""
    return engine.serve(
        image,
        ["sh", "-c", script],
        modules=modules or {},
        seconds=seconds,
        source=EvidenceSource.SERVER,
        follow=follow,
        database=database,
        settle=settle,
    )


def texts(evidence: Evidence) -> list[str]:
    """Return the text of every line."""
    return [line.text for line in evidence.lines]


class TestOutput:
    """What a server says, and how it ends."""

    def test_every_line_of_both_streams_arrives(
        self, engine: DockerEngine, debian: Image
    ) -> None:
        """From the very first byte to the last without a newline, with the code."""
        evidence = run(engine, debian, "echo a; echo b >&2; printf last; exit 7")

        assert 7 == evidence.exit_code
        assert {("stdout", "a"), ("stderr", "b"), ("stdout", "last")} == {
            (line.stream, line.text) for line in evidence.lines
        }
        assert not evidence.timed_out

    def test_a_silent_server_ends_by_its_deadline(
        self, engine: DockerEngine, debian: Image
    ) -> None:
        """Nothing is said, and nothing waits for ever."""
        evidence = run(engine, debian, "sleep 60", seconds=1)

        assert (True, None, ()) == (
            evidence.timed_out,
            evidence.exit_code,
            evidence.lines,
        )
        assert evidence.seconds < 30

    def test_a_server_that_closes_its_output_still_ends(
        self, engine: DockerEngine, debian: Image
    ) -> None:
        """The end of output is not the end of the process, and both are waited for."""
        silent = run(engine, debian, "exec >&- 2>&-; sleep 1; exit 3")
        lasting = run(engine, debian, "exec >&- 2>&-; sleep 60", seconds=1)

        assert (3, False) == (silent.exit_code, silent.timed_out)
        assert (None, True) == (lasting.exit_code, lasting.timed_out)

    @pytest.mark.parametrize(
        "script",
        [
            "yes 0123456789abcdef",
            "tr '\\0' x </dev/zero",
            "cat /dev/urandom >&2",
            "while :; do echo out; echo err >&2; done",
        ],
        ids=["many lines", "one endless line", "no text", "both streams"],
    )
    def test_a_loud_server_ends_by_its_deadline_in_bounded_memory(
        self, engine: DockerEngine, debian: Image, script: str
    ) -> None:
        """However much is said, a bounded part is kept and the clock is obeyed."""
        evidence = run(engine, debian, script, seconds=2)

        assert evidence.timed_out
        assert evidence.seconds < 30
        assert 0 < sum(len(text) for text in texts(evidence)) < 4_000_000

    def test_the_line_waited_for_ends_it_quickly(
        self, engine: DockerEngine, debian: Image
    ) -> None:
        """It is killed although it ignores signals."""
        started = time.monotonic()
        evidence = run(
            engine,
            debian,
            "trap '' TERM INT; echo Startup done; sleep 60; sleep 60",
            follow=lambda line: line.text == "Startup done",
        )

        assert (None, False) == (evidence.exit_code, evidence.timed_out)
        assert time.monotonic() - started < 30

    def test_what_comes_while_settling_is_heard(
        self, engine: DockerEngine, debian: Image
    ) -> None:
        """A server that dies just after its start has an exit code."""
        heard: list[OutputLine] = []

        def follow(line: OutputLine) -> bool:
            heard.append(line)
            return line.text == "up"

        script = "echo up; sleep 0.2; echo fatal >&2; exit 4"
        evidence = run(engine, debian, script, follow=follow, settle=5)

        assert ["up", "fatal"] == [line.text for line in heard]
        assert 4 == evidence.exit_code

    def test_out_of_memory_is_said(
        self, open_engine: OpenEngine, debian: Image
    ) -> None:
        """The kernel's kill is told from any other 137."""
        engine = open_engine(limits=Limits(server_memory=32 << 20))

        evidence = run(engine, debian, "tail /dev/zero; exit $?")
        killed = run(engine, debian, "sh -c 'kill -KILL $$'; exit $?")

        assert evidence.out_of_memory
        assert 137 == evidence.exit_code
        assert (137, False) == (killed.exit_code, killed.out_of_memory)


class TestSandbox:
    """What untrusted code can and cannot do."""

    def test_it_has_no_capability_no_network_and_few_processes(
        self, engine: DockerEngine, debian: Image
    ) -> None:
        """Read from inside."""
        evidence = run(
            engine,
            debian,
            "grep -E '^(CapEff|CapBnd|NoNewPrivs):' /proc/self/status; "
            "ls /sys/class/net; env | grep -c NAKAMA_TELEMETRY=0",
        )

        assert [
            "CapEff:\t0000000000000000",
            "CapBnd:\t0000000000000000",
            "NoNewPrivs:\t1",
            "lo",
            "1",
        ] == texts(evidence)

    def test_a_fork_bomb_hits_the_limit(
        self, open_engine: OpenEngine, debian: Image
    ) -> None:
        """Processes are counted."""
        engine = open_engine(limits=Limits(server_processes=20))

        evidence = run(
            engine, debian, "for i in $(seq 40); do sleep 5 & done; echo $?", seconds=5
        )

        assert any("fork" in text.lower() for text in texts(evidence))

    def test_modules_lie_where_the_server_looks(
        self, engine: DockerEngine, debian: Image, tmp_path: Path
    ) -> None:
        """Also in folders that the image does not have, readable by anybody."""
        plugin = tmp_path / "built"
        plugin.write_bytes(b"ELF")
        plugin.chmod(0o600)

        evidence = run(
            engine,
            debian,
            "cd /nakama/data/modules; stat -c '%U %a %n' x.so lib/a.lua; cat x.so",
            modules={"x.so": plugin, "lib/a.lua": plugin},
        )

        assert ["root 644 x.so", "root 644 lib/a.lua", "ELF"] == texts(evidence)

    def test_a_missing_local_file_is_not_the_engines_fault(
        self, engine: DockerEngine, debian: Image, tmp_path: Path
    ) -> None:
        """The caller hears which file it is."""
        with pytest.raises(FileNotFoundError, match=r"gone\.so"):
            run(engine, debian, "true", modules={"gone.so": tmp_path / "gone.so"})

    def test_an_image_without_the_program_is_foreign(
        self, engine: DockerEngine, debian: Image
    ) -> None:
        """No traceback of the engine's runtime, but what to do."""
        with pytest.raises(ForeignImageError, match="/nakama/none"):
            engine.serve(
                debian,
                ["/nakama/none"],
                modules={},
                seconds=5,
                source=EvidenceSource.CHECK,
                follow=lambda _line: False,
            )


class TestDatabase:
    """The run's PostgreSQL."""

    def test_a_server_reaches_it_and_nothing_else(
        self, engine: DockerEngine, postgres: Image
    ) -> None:
        """The address works from a server, which has no other network."""
        with engine.database(postgres) as database:
            first, second = database.fresh(), database.fresh()
            address = first.rpartition("/")[0]
            # The image brings the client; its entrypoint runs any command.
            evidence = run(
                engine,
                postgres,
                f"psql -At postgres://{address}/postgres -c 'select 40 + 2' "
                "-c 'show fsync' -c '\\l autofix*'; ls /sys/class/net",
                database=True,
            )

        assert first != second
        assert ["42", "off", "lo"] == texts(evidence)

    def test_entering_does_not_wait(
        self, engine: DockerEngine, postgres: Image
    ) -> None:
        """It comes up while something else is done."""
        started = time.monotonic()
        with engine.database(postgres):
            entered = time.monotonic() - started

        assert entered < 0.1

    def test_one_that_ends_is_explained_with_its_last_lines(
        self, engine: DockerEngine, kit: KitImages
    ) -> None:
        """The reason is in what the program said."""
        server = engine.image([kit.releases["3.40.0"].server], role="database")

        with (
            engine.database(server) as database,
            pytest.raises(DatabaseUnavailableError) as caught,
        ):
            database.fresh()

        assert "not defined" in caught.value.why
        assert "--database-image" in caught.value.todo

    def test_one_that_is_no_database_is_foreign(
        self, engine: DockerEngine, debian: Image
    ) -> None:
        """What fails in the background comes out where the database is needed."""
        with engine.database(debian) as database, pytest.raises(ForeignImageError):
            database.fresh()


class TestImages:
    """Images in and out of the engine."""

    def test_a_file_is_copied_out_also_through_links(
        self, engine: DockerEngine, debian: Image, tmp_path: Path
    ) -> None:
        """Debian's /bin/sh is a link in a linked folder."""
        engine.copy_out(debian, "/bin/sh", tmp_path / "sh")

        assert b"\x7fELF" == (tmp_path / "sh").read_bytes()[:4]
        assert ["sh"] == [path.name for path in tmp_path.iterdir()]

    def test_what_is_not_a_file_is_refused(
        self, engine: DockerEngine, debian: Image, tmp_path: Path
    ) -> None:
        """An absent path, a folder and a device leave nothing behind."""
        with pytest.raises(ForeignImageError, match="/nakama/nakama"):
            engine.copy_out(debian, "/nakama/nakama", tmp_path / "x")
        with pytest.raises(UnsafeArchiveError):
            engine.copy_out(debian, "/etc", tmp_path / "x")

        assert [] == list(tmp_path.iterdir())

    def test_too_large_a_file_is_refused(
        self, open_engine: OpenEngine, debian: Image, tmp_path: Path
    ) -> None:
        """The limit holds before the disk is full."""
        engine = open_engine(limits=Limits(copied_file=1000))

        with pytest.raises(UnsafeArchiveError, match="1000 are allowed"):
            engine.copy_out(debian, "/bin/sh", tmp_path / "x")

    def test_an_image_that_is_nowhere_is_said_within_seconds(
        self, engine: DockerEngine
    ) -> None:
        """Each reference is named with its reason."""
        started = time.monotonic()
        with pytest.raises(ImageMissingError) as caught:
            engine.image(
                ["registry.invalid/a:1", "registry.invalid/b:1"], role="server"
            )

        assert time.monotonic() - started < 30
        assert "registry.invalid/a:1" in caught.value.what
        assert "registry.invalid/b:1: not tried" in caught.value.what

    def test_stand_ins_are_known(self, engine: DockerEngine, kit: KitImages) -> None:
        """The kit's images carry its label."""
        assert engine.image([kit.postgres], role="database").stand_in


def test_streams_are_told_apart(engine: DockerEngine, debian: Image) -> None:
    """A Go throw on stderr is not mixed into the server's log."""
    evidence = run(engine, debian, "echo '{}'; echo 'fatal error: x' >&2")

    assert {Stream.STDOUT: "{}", Stream.STDERR: "fatal error: x"} == {
        line.stream: line.text for line in evidence.lines
    }
