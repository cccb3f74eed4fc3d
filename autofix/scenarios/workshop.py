"""Where a scenario's user built a plugin: a release's Go, in an engine of this machine."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from autofix.config import Config
from autofix.core.imageref import NakamaImage, official
from autofix.core.model import EvidenceSource, OutputLine
from autofix.engines.archive import Entry, unpack_bytes
from autofix.engines.base import Builder, Engine
from autofix.engines.local.roles import GO
from autofix.engines.opening import Opened, open_engine
from autofix.errors import ScenarioError
from autofix.images import with_kits_own
from autofix.releases import known_release

BUILD_SECONDS = 900.0
LARGEST = 1 << 30
SHOWN_LINES = 20

Note = Callable[[str], None]
"""Hears what a build prints, line by line."""


class Workshop(Protocol):
    """Builds what cannot be committed, with the Go of any release's builder."""

    def built(
        self,
        tag: str,
        script: str,
        project: Path,
        note: Note,
        *,
        database: bool = False,
    ) -> bytes:
        """
        Run a shell script over a copy of a project with the Go of a release's builder.

        Returns the file that it leaves at ``$RESULT``; ScenarioError if it fails.
        Without containers ``$SERVER`` is the server's binary and, if asked for,
        ``$DATABASE`` the address of an empty database.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineWorkshop:
    """Builds in the engine that a run with ``config`` would use."""

    config: Config = field(default_factory=Config)

    def built(
        self,
        tag: str,
        script: str,
        project: Path,
        note: Note,
        *,
        database: bool = False,
    ) -> bytes:
        """See ``Workshop.built``; nothing of it is left in the engine."""
        opened = open_engine(
            self.config,
            run_id=f"scenario-{secrets.token_hex(4)}",
            environment=os.environ,
            progress=note,
        )
        with opened.engine as engine, ExitStack() as stack:
            image = engine.image(_builders(engine, tag), role="builder")
            around = dict(self._around(opened, stack, database=database))
            builder = stack.enter_context(engine.builder(image))
            return _left_by(script, builder, project, note, around)

    def _around(
        self, opened: Opened, stack: ExitStack, *, database: bool
    ) -> Iterator[tuple[str, str]]:
        """Name what a script finds beside the project; containers keep it apart."""
        if opened.engine.name == "local":
            yield "SERVER", str(self.config.server or "")
        if database:
            if opened.engine.name != "local":
                raise ScenarioError("A builder's container reaches no database.")
            image = opened.engine.image(opened.roles.databases(), role="database")
            started = stack.enter_context(opened.engine.database(image))
            yield "DATABASE", started.fresh()


def _left_by(
    script: str,
    builder: Builder,
    project: Path,
    note: Note,
    environment: Mapping[str, str],
) -> bytes:
    """Run a script over a copy of a project and return the file that it leaves."""

    def follow(line: OutputLine) -> bool:
        note(line.text)
        return False

    folder, result = f"{builder.root}/scenario", f"{builder.root}/result"
    builder.put(_entries(project), folder)
    done = builder.run(
        ("sh", "-ec", script),
        folder=folder,
        environment={"RESULT": result, "GOWORK": "off", **environment},
        seconds=BUILD_SECONDS,
        source=EvidenceSource.BUILD,
        follow=follow,
    )
    if not done.succeeded:
        raise ScenarioError(
            f"A scenario could not be prepared in {builder.image.reference}.",
            why="\n".join(each.text for each in done.evidence.lines[-SHOWN_LINES:]),
        )
    return unpack_bytes(builder.fetch(result), size=LARGEST)


def _builders(engine: Engine, tag: str) -> Sequence[str]:
    """Name the builder of a release as its own users have it, whatever the server's Go."""
    if engine.name == "local":
        return (f"{GO}{known_release(tag).builder_go}",)
    return with_kits_own(map(str, official(NakamaImage.BUILDER, tag)))


def _entries(project: Path) -> list[Entry]:
    return [
        Entry(
            name=path.relative_to(project).as_posix(),
            content=path,
            mode=path.stat().st_mode & 0o777,
        )
        for path in sorted(project.rglob("*"))
        if path.is_file()
    ]
