"""What a server is asked and how its start is judged, on a scripted engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autofix.core.model import Evidence, EvidenceSource, OutputLine, Stream
from autofix.engines.base import Follow, Image
from autofix.server import Plugin, check, start

IMAGE = Image(reference="n:1", identity="sha256:1", digest="sha256:1", machine="amd64")
NODE = '{"level":"info","msg":"Node","version":"3.40.0+x","runtime":"go1.26.5"}'
FOUND = (
    '{"level":"info","msg":"Found runtime modules","count":1,"modules":["backend.so"]}'
)
FOUND_OTHER = (
    '{"level":"info","msg":"Found runtime modules","count":1,"modules":["old.so"]}'
)
FOUND_NONE = '{"level":"info","msg":"Found runtime modules","count":0,"modules":[]}'
DONE = '{"level":"info","msg":"Startup done"}'
OWN_DONE = '{"level":"info","msg":"Startup done","runtime":"go"}'


@dataclass(frozen=True, kw_only=True)
class Script:
    """What a program will say and how it ends; None means that it goes on."""

    lines: tuple[str, ...] = ()
    exit_code: int | None = 0
    dies_after_all: bool = False


@dataclass(frozen=True, kw_only=True)
class Served:
    """One call of ``serve``."""

    arguments: tuple[str, ...]
    modules: Mapping[str, Path]
    files: Mapping[str, Path]
    database: bool
    settle: float
    source: EvidenceSource


@dataclass
class ScriptedServers:
    """The serving part of an engine: plays scripts, notes what it was asked."""

    scripts: list[Script]
    served: list[Served] = field(default_factory=list)

    def serve(
        self,
        image: Image,
        arguments: Sequence[str],
        *,
        modules: Mapping[str, Path],
        seconds: float,
        source: EvidenceSource,
        follow: Follow,
        database: bool = False,
        files: Mapping[str, Path] | None = None,
        settle: float = 0.0,
    ) -> Evidence:
        """Play the next script to ``follow``."""
        assert IMAGE == image
        self.served.append(
            Served(
                arguments=tuple(arguments),
                modules=modules,
                files=files or {},
                database=database,
                settle=settle,
                source=source,
            )
        )
        script = self.scripts.pop(0)
        lines = tuple(OutputLine(stream=Stream.STDOUT, text=t) for t in script.lines)
        asked = True in [follow(line) for line in lines]
        goes_on = script.exit_code is None or (asked and not script.dies_after_all)
        return Evidence(
            source=source,
            lines=lines,
            exit_code=None if goes_on else script.exit_code,
            timed_out=goes_on and not asked,
            seconds=seconds if goes_on and not asked else 0.1,
        )


class OneDatabase:
    """A database that numbers its addresses."""

    count = 0

    def fresh(self) -> str:
        """Return the next address."""
        self.count += 1
        return f"postgres:pw@database:5432/autofix_{self.count}"


PLUGIN = Plugin(
    path=Path("build/x.so"),
    name="backend.so",
    siblings={"backend.so": Path("stale.so"), "lib/a.lua": Path("a.lua")},
)
MIGRATED = Script(lines=('{"level":"info","msg":"Successfully applied migration"}',))


def test_check_needs_no_database_and_has_one_flag() -> None:
    """Any other flag would be a usage error; the built plugin wins over a sibling."""
    engine = ScriptedServers([Script(lines=("a line",), exit_code=1)])
    heard: list[str] = []

    evidence = check(
        engine, IMAGE, PLUGIN, seconds=5, hear=lambda line: heard.append(line.text)
    )

    assert (EvidenceSource.CHECK, 1) == (evidence.source, evidence.exit_code)
    assert ["a line"] == heard
    assert [
        Served(
            arguments=("check", "--runtime.path=/nakama/data/modules"),
            modules={"backend.so": Path("build/x.so"), "lib/a.lua": Path("a.lua")},
            files={},
            database=False,
            settle=0.0,
            source=EvidenceSource.CHECK,
        )
    ] == engine.served


def test_a_clean_start_is_done_lists_the_plugin_and_goes_on() -> None:
    """Migration first, on the same fresh database, with the log forced to JSON."""
    engine = ScriptedServers([MIGRATED, Script(lines=(NODE, FOUND, DONE))])

    outcome = start(engine, IMAGE, OneDatabase(), PLUGIN, seconds=5, settle=0.7)

    assert outcome.clean
    assert ("backend.so",) == outcome.modules
    migrate, full = engine.served
    assert (
        "migrate",
        "up",
        "--database.address=postgres:pw@database:5432/autofix_1",
    ) == migrate.arguments
    assert (
        "--logger.level=INFO",
        "--logger.format=json",
        "--logger.stdout=true",
        "--runtime.path=/nakama/data/modules",
        "--database.address=postgres:pw@database:5432/autofix_1",
    ) == full.arguments
    assert (True, True, 0.7) == (migrate.database, full.database, full.settle)


def test_the_users_configuration_comes_before_what_is_forced() -> None:
    """Flags after --config override the file."""
    engine = ScriptedServers([MIGRATED, Script(lines=(FOUND, DONE))])
    config = Path("local.yml")

    start(engine, IMAGE, OneDatabase(), PLUGIN, seconds=5, config_file=config)

    assert "--config=/nakama/autofix/config.yml" == engine.served[1].arguments[0]
    assert {"/nakama/autofix/config.yml": config} == engine.served[1].files


def test_each_start_has_a_database_of_its_own() -> None:
    """A second start does not meet what the first left."""
    database = OneDatabase()
    engine = ScriptedServers([MIGRATED, Script(lines=(FOUND, DONE))] * 2)

    for _ in range(2):
        start(engine, IMAGE, database, PLUGIN, seconds=5)

    assert ["autofix_1", "autofix_1", "autofix_2", "autofix_2"] == [
        served.arguments[-1].rpartition("/")[2] for served in engine.served
    ]


def test_without_migration_there_is_no_start() -> None:
    """The failed migration is the evidence."""
    engine = ScriptedServers([Script(lines=("refused",), exit_code=1)])

    outcome = start(engine, IMAGE, OneDatabase(), PLUGIN, seconds=5)

    assert (False, None, 1) == (outcome.clean, outcome.modules, len(engine.served))
    assert EvidenceSource.MIGRATE is outcome.evidence.source


def unclean(*scripts: Script) -> tuple[bool, bool, tuple[str, ...] | None]:
    """Start with a good migration; return clean, startup done and modules."""
    engine = ScriptedServers([MIGRATED, *scripts])
    outcome = start(engine, IMAGE, OneDatabase(), PLUGIN, seconds=5)
    return outcome.clean, outcome.startup_done, outcome.modules


def test_silence_and_exit_code_0_prove_nothing() -> None:
    """Since 3.23 a panic in InitModule looks like this."""
    assert (False, False, None) == unclean(Script(lines=(NODE,), exit_code=0))


def test_a_start_without_the_plugin_is_not_clean() -> None:
    """Neither no module at all nor another file will do."""
    assert (False, True, ()) == unclean(Script(lines=(FOUND_NONE, DONE)))
    assert (False, True, ("old.so",)) == unclean(Script(lines=(FOUND_OTHER, DONE)))


def test_a_start_that_dies_at_once_is_not_clean() -> None:
    """The end comes while it is still being watched."""
    dying = Script(lines=(FOUND, DONE), exit_code=1, dies_after_all=True)

    assert (False, True, ("backend.so",)) == unclean(dying)


def test_the_plugin_cannot_say_it_for_the_server() -> None:
    """A plugin's own log line is not the server's, so this start never ends."""
    assert (False, False, ("backend.so",)) == unclean(
        Script(lines=(FOUND, OWN_DONE), exit_code=None)
    )
