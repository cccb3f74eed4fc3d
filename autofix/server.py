"""
What a server is asked, on any engine: check a plugin, migrate, start in full.

Flags and order hold for every Nakama v3: ``check`` knows only ``--runtime.path``,
``migrate up`` up to 3.21 only ``--database.address`` of those used here (read in
source), and flags after ``--config`` override the file (observed on 3.40.0).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autofix.core.model import Evidence, EvidenceSource, OutputLine
from autofix.core.nakama import StartWatch
from autofix.engines.base import Database, Follow, Image, Servers

CONFIG_FILE = "autofix/config.yml"
"""Where a configuration file is put, below the folder that the server runs in."""

SETTLE_SECONDS = 0.5
"""
How long a started server is watched for a fatal line that comes after all.

A plugin that ends the process from a goroutine does so within milliseconds.
"""

Hear = Callable[[OutputLine], None]
"""Called for each whole line as it comes."""


def _deaf(_line: OutputLine) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """
    The plugin file to load and what lies beside it in the module folder.

    ``name`` is its file name there; ``others`` maps the names of plugins that belong
    to it to local files, ``siblings`` those of anything else.
    """

    path: Path
    name: str
    others: Mapping[str, Path] = field(default_factory=dict)
    siblings: Mapping[str, Path] = field(default_factory=dict)

    @property
    def built(self) -> dict[str, Path]:
        """Return the plugin files in the order in which the server opens them."""
        return dict(sorted({**self.others, self.name: self.path}.items()))

    @property
    def modules(self) -> dict[str, Path]:
        """Return every file of the module folder; a plugin wins over a sibling."""
        return {**self.siblings, **self.built}


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOutcome:
    """
    How a full start went.

    ``evidence`` is the migration's if that failed, else the server's. ``modules``
    are the files the server listed as found, None if it never came to that.
    ``clean`` means that it logged ``Startup done``, listed every plugin, and still
    ran afterwards: exit codes and silence prove nothing.
    """

    evidence: Evidence
    migration: Evidence
    modules: tuple[str, ...] | None = None
    startup_done: bool = False
    clean: bool = False


def check(
    engine: Servers,
    image: Image,
    plugin: Plugin,
    *,
    seconds: float,
    hear: Hear = _deaf,
) -> Evidence:
    """
    Load the plugin with ``nakama check``: no database, InitModule is not called.

    Exit code 0 and silence is what success looks like, and also what a panic in a
    package's init looks like from 3.23 on (observed on 3.40.0): start it in full
    afterwards.
    """
    return engine.serve(
        image,
        ("check", f"--runtime.path={image.modules}"),
        modules=plugin.modules,
        seconds=seconds,
        source=EvidenceSource.CHECK,
        follow=follow_all(hear),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """A database of its own, and how ``migrate up`` went on it."""

    address: str
    evidence: Evidence


def migrate(
    engine: Servers, image: Image, database: Database, *, seconds: float
) -> Migration:
    """Make a fresh database and migrate it; DatabaseUnavailableError if none comes."""
    address = f"--database.address={database.fresh()}"
    evidence = engine.serve(
        image,
        ("migrate", "up", address),
        modules={},
        seconds=seconds,
        source=EvidenceSource.MIGRATE,
        follow=lambda _line: False,
        database=True,
    )
    return Migration(address=address, evidence=evidence)


def start(
    engine: Servers,
    image: Image,
    database: Database,
    plugin: Plugin,
    *,
    seconds: float,
    config_file: Path | None = None,
    settle: float = SETTLE_SECONDS,
    hear: Hear = _deaf,
    migrated: Migration | None = None,
) -> StartOutcome:
    """
    Migrate a fresh database and start the server in full, until it is up or fails.

    ``migrated`` is one that was made before and that no server has seen. ``seconds``
    is for each of the two. DatabaseUnavailableError if there is no database; what the
    server says is in the outcome.
    """
    done = migrated or migrate(engine, image, database, seconds=seconds)
    address, migration = done.address, done.evidence
    config = f"{image.folder}/{CONFIG_FILE}"
    for line in migration.lines:
        hear(line)
    if migration.exit_code != 0:
        return StartOutcome(evidence=migration, migration=migration)
    watch = StartWatch()

    def follow(line: OutputLine) -> bool:
        hear(line)
        watch.feed(line)
        return watch.startup_done

    evidence = engine.serve(
        image,
        (
            *((f"--config={config}",) if config_file else ()),
            "--logger.level=INFO",
            "--logger.format=json",
            "--logger.stdout=true",
            f"--runtime.path={image.modules}",
            *image.start_flags,
            address,
        ),
        modules=plugin.modules,
        files={config: config_file} if config_file else None,
        seconds=seconds,
        settle=settle,
        source=EvidenceSource.SERVER,
        follow=follow,
        database=True,
    )
    # With an exit code it ended by itself while it was still watched.
    still_ran = evidence.exit_code is None and not evidence.timed_out
    return StartOutcome(
        evidence=evidence,
        migration=migration,
        modules=watch.modules_found,
        startup_done=watch.startup_done,
        clean=all(watch.is_clean(name) for name in plugin.built) and still_ran,
    )


def follow_all(hear: Hear) -> Follow:
    """Return a follower that hears every line and never has enough."""

    def follow(line: OutputLine) -> bool:
        hear(line)
        return False

    return follow
