"""The local engine: servers and databases as processes of this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autofix.core.model import Evidence, EvidenceSource, OutputLine, Stream
from autofix.engines.base import Image
from autofix.engines.leftovers import Kind
from autofix.engines.local.engine import LocalEngine
from autofix.engines.local.given import Address
from autofix.engines.local.leftovers import sweep_processes
from autofix.engines.local.postgres import client_program, server_programs
from autofix.engines.local.roles import EMBEDDED, GIVEN
from autofix.engines.local.toolchain import this_machine
from autofix.engines.ownership import this_owner
from autofix.errors import (
    ConfigError,
    DatabaseUnavailableError,
    ForeignImageError,
    ImageMissingError,
)
from autofix.scratch import SHARED, sweep_scratch
from autofix.truth import SERVER_BINARY
from tests.core.elves import elf_file
from tests.shell.test_local_builder import gone

MakeServer = Callable[[str], Image]
needs_postgres = pytest.mark.skipif(
    server_programs(os.environ) is None or client_program(os.environ) is None,
    reason="needs PostgreSQL's programs",
)


FLEEING = """\
setsid sh -c 'echo $$ > fled; exec sleep 600' >/dev/null 2>&1 &
until [ -s fled ]; do sleep 0.01; done
"""
"""Starts a process in a group of its own and writes its number down."""


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    """Open the engine for a run of its own."""
    mine = {**os.environ, "SECRET_TOKEN": "hunter2"}
    with LocalEngine(this_owner("test"), environment=mine) as opened:
        yield opened


@pytest.fixture
def server(engine: LocalEngine, tmp_path: Path) -> MakeServer:
    """Make a server of a shell script."""

    def make(script: str) -> Image:
        path = tmp_path / "nakama"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return engine.image([str(path)], role="server")

    return make


def served(
    engine: LocalEngine,
    image: Image,
    *arguments: str,
    seconds: float = 120.0,
    settle: float = 0.0,
    follow: Callable[[OutputLine], bool] = lambda _line: False,
    modules: dict[str, Path] | None = None,
) -> Evidence:
    """Run a server to its end."""
    return engine.serve(
        image,
        arguments,
        modules=modules or {},
        seconds=seconds,
        settle=settle,
        source=EvidenceSource.SERVER,
        follow=follow,
    )


def texts(evidence: Evidence) -> list[str]:
    """Return the lines' texts."""
    return [line.text for line in evidence.lines]


class TestServing:
    """One start of a server."""

    def test_it_finds_its_modules_in_a_folder_of_its_own(
        self, engine: LocalEngine, server: MakeServer, tmp_path: Path
    ) -> None:
        """A fresh one each time; what it writes there is gone at the next start."""
        plugin = tmp_path / "built.so"
        plugin.write_text("plugin")
        image = server("cd data/modules && cat backend.so && ls && touch more")

        first = served(engine, image, modules={"backend.so": plugin})
        second = served(engine, image, modules={"backend.so": plugin})

        assert ["pluginbackend.so"] == texts(first) == texts(second)
        assert image.modules.endswith("/data/modules")
        assert 0 == second.exit_code

    def test_both_streams_arguments_and_exit_code(
        self, engine: LocalEngine, server: MakeServer
    ) -> None:
        """As they come out of a container."""
        evidence = served(engine, server('echo "$@" >&2; exit 7'), "check", "-x")

        assert [OutputLine(stream=Stream.STDERR, text="check -x")] == list(
            evidence.lines
        )
        assert (7, False) == (evidence.exit_code, evidence.timed_out)

    def test_no_secret_is_in_its_environment(
        self, engine: LocalEngine, server: MakeServer
    ) -> None:
        """It gets a home of its own, and nothing of the user's but where things are."""
        lines = texts(served(engine, server("env")))

        assert not [line for line in lines if "hunter2" in line]
        assert {
            "HOME",
            "LANG",
            "NAKAMA_TELEMETRY",
            "PATH",
            "PWD",
            "TMPDIR",
            "_AUTOFIX_OWNER",
        } >= {line.partition("=")[0] for line in lines} - {
            "LD_LIBRARY_PATH",
            "SSL_CERT_DIR",
            "SSL_CERT_FILE",
            "TZ",
            "_",
        }

    def test_it_is_ended_when_it_has_said_enough(
        self, engine: LocalEngine, server: MakeServer
    ) -> None:
        """And is listened to for ``settle`` more seconds."""
        evidence = served(
            engine,
            server("echo ready; sleep 0.2; echo late; sleep 600"),
            settle=1.0,
            follow=lambda line: line.text == "ready",
        )

        assert ["ready", "late"] == texts(evidence)
        assert (None, False) == (evidence.exit_code, evidence.timed_out)

    def test_a_migration_can_run_beside_a_check(
        self, engine: LocalEngine, server: MakeServer, tmp_path: Path
    ) -> None:
        """Neither touches the other's files."""
        plugin = tmp_path / "built.so"
        plugin.write_text("plugin")
        image = server(
            'if [ "$1" = check ]; then sleep 0.5; cat data/modules/backend.so; fi'
        )
        with ThreadPoolExecutor() as pool:
            modules = {"backend.so": plugin}
            checked = pool.submit(served, engine, image, "check", modules=modules)
            while not Path(image.modules, "backend.so").exists():
                time.sleep(0.01)
            migrated = served(engine, image, "migrate")

        assert ["plugin"] == texts(checked.result())
        assert 0 == migrated.exit_code

    def test_time_ends_it_and_all_of_its_group(
        self, engine: LocalEngine, server: MakeServer
    ) -> None:
        """A server that says nothing is not waited for longer than told."""
        began = time.monotonic()
        evidence = served(engine, server("sleep 600 & echo $!; wait"), seconds=0.5)

        assert evidence.timed_out
        assert time.monotonic() - began < 60
        assert gone(int(texts(evidence)[0]))

    def test_endless_output_is_bounded(
        self, engine: LocalEngine, server: MakeServer
    ) -> None:
        """The lines in between are counted only."""
        evidence = served(engine, server("yes | head -200000"))

        assert evidence.omitted > 190_000

    def test_memory_is_bounded(self, engine: LocalEngine, server: MakeServer) -> None:
        """A server that takes too much is refused it; others are not."""
        script = f"exec {sys.executable} -c 'len(bytearray(%s << 20))'"

        assert 0 == served(engine, server(script % 512)).exit_code
        assert "MemoryError" in texts(served(engine, server(script % 5000)))[-1]

    def test_what_leaves_its_group_is_killed_at_the_end(self, tmp_path: Path) -> None:
        """It is found by the mark that everything of a run carries."""
        path = tmp_path / "nakama"
        path.write_text(f"#!/bin/sh\n{FLEEING}cat fled\n")
        path.chmod(0o755)
        with LocalEngine(this_owner("fled"), environment=os.environ) as engine:
            image = engine.image([str(path)], role="server")
            pid = int(texts(served(engine, image))[0])

        assert gone(pid)


class TestImages:
    """What stands for images."""

    def test_a_server_for_another_processor_is_refused(
        self, engine: LocalEngine, tmp_path: Path
    ) -> None:
        """It would only say "Exec format error"."""
        path = tmp_path / "nakama"
        other = 183 if this_machine() == "amd64" else 62
        content = bytearray(elf_file(b""))
        content[18:20] = other.to_bytes(2, "little")
        path.write_bytes(content)
        path.chmod(0o755)

        with pytest.raises(ForeignImageError, match="this machine is"):
            engine.image([str(path)], role="server")

    def test_no_server_is_an_error_that_says_what_to_do(
        self, engine: LocalEngine, tmp_path: Path
    ) -> None:
        """Every place that was looked at is named."""
        with pytest.raises(ImageMissingError) as error:
            engine.image([str(tmp_path / "absent")], role="server")

        assert str(tmp_path / "absent") in error.value.why
        assert "--server" in error.value.todo

    def test_the_binary_is_read_where_it_is(
        self, engine: LocalEngine, server: MakeServer, tmp_path: Path
    ) -> None:
        """Nothing is copied; a server has no other file."""
        image = server("exit 0")
        engine.copy_out(image, SERVER_BINARY, tmp_path / "out")

        assert (tmp_path / "out").resolve() == Path(image.identity)
        with pytest.raises(ForeignImageError):
            engine.copy_out(image, "/etc/passwd", tmp_path / "other")

    def test_the_digest_is_the_contents(self, server: MakeServer) -> None:
        """A server that was built again is another one."""
        assert server("exit 0").digest == server("exit 0").digest
        assert server("exit 0").digest != server("exit 1").digest

    def test_it_listens_on_free_ports_of_the_loopback(self, server: MakeServer) -> None:
        """Another Nakama on this machine is not in the way."""
        flags = dict(flag.split("=") for flag in server("exit 0").start_flags)

        assert "127.0.0.1" == flags["--socket.address"] == flags["--console.address"]
        assert flags["--socket.port"] != flags["--console.port"]

    def test_a_builder_for_another_processor_is_refused(
        self, engine: LocalEngine
    ) -> None:
        """Go would build it, cgo would not."""
        other = "arm64" if this_machine() == "amd64" else "amd64"
        with pytest.raises(ImageMissingError, match=other):
            engine.image(["go"], role="builder", machine=other)


@needs_postgres
class TestEmbedded:
    """A PostgreSQL of the run's own."""

    def test_it_comes_up_and_leaves_nothing(self, engine: LocalEngine) -> None:
        """Each address is of a database that is not there yet; it is not for others."""
        image = engine.image([EMBEDDED], role="database")
        with engine.database(image) as database:
            first, second = database.fresh(), database.fresh()
            address = Address.parse(first)
            names = asked(address, "SELECT datname FROM pg_database")
            running = int(asked(address, "SELECT pg_backend_pid()").strip())
            refused = asked(Address.parse(f"postgres:x@{address.host}/postgres"), "")

        assert first != second
        assert "autofix_" not in names
        assert address.host.startswith("127.0.0.1:")
        assert "password authentication failed" in refused
        assert gone(running)

    def test_an_end_before_it_is_up_is_an_end(self, engine: LocalEngine) -> None:
        """Whoever is interrupted waits for no initdb."""
        image = engine.image([EMBEDDED], role="database")
        began = time.monotonic()
        with engine.database(image):
            pass

        assert time.monotonic() - began < 60


def asked(address: Address, statement: str) -> str:
    """Ask a database server with psql; return what it answers or complains of."""
    psql = client_program(os.environ)
    assert psql is not None
    done = subprocess.run(
        [psql, "-X", "-A", "-t", "-w", "-c", statement, address_of(address)],
        env={"PGPASSWORD": address.secret, "PATH": os.defpath},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def address_of(address: Address) -> str:
    """Return the address of the server's own database."""
    return f"postgresql://{address.user}@{address.host}/postgres"


@needs_postgres
class TestGiven:
    """The user's own PostgreSQL."""

    @pytest.fixture
    def theirs(self, engine: LocalEngine) -> Iterator[Address]:
        """Bring up a server that stands for the user's."""
        image = engine.image([EMBEDDED], role="database")
        with engine.database(image) as database:
            yield Address.parse(database.fresh().replace("/autofix_1", "/postgres"))

    def test_each_start_has_its_own_and_none_is_left(self, theirs: Address) -> None:
        """Also what a killed run has left is dropped; what is others' stays."""
        dead = "autofix_{}_{}_00000000_1".format(this_owner("x").host, 2**22 + 1)
        elsewhere = "autofix_ffffffffffffffff_1_00000000_1"
        for name in (dead, elsewhere, "autofixed"):
            asked(theirs, f'CREATE DATABASE "{name}"')
        with (
            LocalEngine(
                this_owner("given"), environment=os.environ, address=theirs
            ) as engine,
            engine.database(engine.image([GIVEN], role="database")) as database,
        ):
            made = [Address.parse(database.fresh()).name for _ in range(2)]
            for name in made:
                asked(theirs, f'CREATE DATABASE "{name}"')
            during = asked(theirs, "SELECT datname FROM pg_database").split()

        after = asked(theirs, "SELECT datname FROM pg_database").split()
        assert {*made, elsewhere, "autofixed"} <= set(during)
        assert dead not in during
        assert {elsewhere, "autofixed"} == {n for n in after if "autofix" in n}

    def test_a_wrong_password_is_said_without_it(self, theirs: Address) -> None:
        """In psql's words."""
        wrong = Address.parse(f"{theirs.user}:s3cret@{theirs.host}/postgres")
        with (
            LocalEngine(
                this_owner("given"), environment=os.environ, address=wrong
            ) as engine,
            engine.database(engine.image([GIVEN], role="database")) as database,
            pytest.raises(DatabaseUnavailableError) as error,
        ):
            database.fresh()

        assert "password authentication failed" in error.value.why
        assert "s3cret" not in str(error.value)

    def test_the_password_shows_in_no_line_of_the_server(self, tmp_path: Path) -> None:
        """Neither as it was written nor decoded."""
        path = tmp_path / "nakama"
        path.write_text("#!/bin/sh\necho cannot reach u:p%40ss and p@ss\n")
        path.chmod(0o755)
        address = Address.parse("u:p%40ss@localhost:5432/x")
        heard: list[str] = []

        def follow(line: OutputLine) -> bool:
            heard.append(line.text)
            return False

        with LocalEngine(
            this_owner("given"), environment=os.environ, address=address
        ) as engine:
            image = engine.image([str(path)], role="server")
            evidence = served(engine, image, follow=follow)

        assert ["cannot reach u:*** and ***"] == heard == texts(evidence)


class TestAddress:
    """``--database``."""

    @pytest.mark.parametrize(
        ("text", "of"),
        [
            ("u:p@h:5432/game", "u:p@h:5432/new"),
            ("postgres://u:p@h/game?sslmode=require", "u:p@h/new?sslmode=require"),
            ("u@[::1]:5432", "u@[::1]:5432/new"),
            ("u:p@w@h", "u:p@w@h/new"),
        ],
    )
    def test_another_database_of_the_same_server(self, text: str, of: str) -> None:
        """User, password, place and options stay."""
        assert of == Address.parse(text).of("new")

    @pytest.mark.parametrize("text", ["", "h", "h:5432/x", "u:p@h:port/x", "u p@h/x"])
    def test_what_is_no_address_is_refused_without_being_shown(self, text: str) -> None:
        """It may hold a password."""
        with pytest.raises(ConfigError) as error:
            Address.parse(text)

        assert "--database is no address of a PostgreSQL server." == error.value.what

    def test_it_never_shows_its_password(self) -> None:
        """Neither as text nor in a traceback."""
        address = Address.parse("u:hunter2@h/x")

        assert "hunter2" not in f"{address} {address!r} {address.without_secret}"


ELSEWHERE = "the-host-of-this-test"
"""Runs of another host are left alone by whatever sweeps beside this test."""

KILLED = """
import dataclasses, os
from autofix.core.model import EvidenceSource
from autofix.engines.local.engine import LocalEngine
from autofix.engines.local.roles import EMBEDDED
from autofix.engines.ownership import this_owner

owner = dataclasses.replace(this_owner("killed"), host={host!r})
with LocalEngine(owner, environment=os.environ) as engine:
    with engine.database(engine.image([EMBEDDED], role="database")) as database:
        database.fresh()
        engine.serve(
            engine.image([{path!r}], role="server"), [], modules={{}}, seconds=600,
            source=EvidenceSource.SERVER,
            follow=lambda line: print(line.text, flush=True),
        )
"""


@needs_postgres
def test_kill_9_leaves_no_process(tmp_path: Path) -> None:
    """Server and database die at once; what fled is found by the next sweep."""
    path = tmp_path / "nakama"
    path.write_text(f"#!/bin/sh\n{FLEEING}echo $$ $(cat fled); sleep 600\n")
    path.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED.format(path=str(path), host=ELSEWHERE)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as run:
        assert run.stdout is not None
        shell, fled = (int(word) for word in run.stdout.readline().split())
        (pid_file,) = (
            path
            for place in {tmp_path, SHARED}
            for path in place.glob(f"autofix-{run.pid}-*/data/postmaster.pid")
        )
        postgres = int(pid_file.read_text().split()[0])
        run.send_signal(signal.SIGKILL)

    assert gone(shell)
    assert gone(postgres)
    (found,) = sweep_processes(host=ELSEWHERE).removed
    assert (Kind.PROCESS, str(fled)) == (found.kind, found.identity)
    assert gone(fled)
    sweep_scratch(shared=pid_file.parents[2])
    assert not pid_file.exists()


def test_a_sweep_spares_the_living_and_other_hosts(tmp_path: Path) -> None:
    """Only what a dead run of this host has left is killed."""
    dead = {**this_owner("dead").labels, "dev.autofix.pid-started": "long ago"}
    owners = {
        "dead": dead,
        "living": this_owner("living").labels,
        "elsewhere": {**dead, "dev.autofix.host": "elsewhere"},
        "damaged": {"dev.autofix.run": "x"},
    }
    sleepers = {
        name: subprocess.Popen(
            ["sleep", "600"], env={"_AUTOFIX_OWNER": json.dumps(labels)}, cwd=tmp_path
        )
        for name, labels in owners.items()
    }
    try:
        foretold = sweep_processes(dry_run=True)
        assert all(sleeper.poll() is None for sleeper in sleepers.values())
        swept = sweep_processes()

        ours = {str(sleeper.pid): name for name, sleeper in sleepers.items()}
        for found in (foretold, swept):
            assert ["dead"] == [
                ours[each.identity] for each in found.removed if each.identity in ours
            ]
        assert -signal.SIGKILL == sleepers["dead"].wait(10)
        assert sleepers["living"].poll() is None
    finally:
        for sleeper in sleepers.values():
            sleeper.kill()
            sleeper.wait()
