"""Where scenarios are prepared and run: in the kit's containers, or on this machine."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from autofix.core.model import EvidenceSource, OutputLine
from autofix.engines.archive import Entry
from autofix.engines.local.builder import local_builder
from autofix.engines.local.embedded import embedded_database
from autofix.engines.local.lifeline import Lifeline
from autofix.engines.local.postgres import server_programs
from autofix.engines.local.toolchain import any_go
from autofix.scenarios.scenario import Scenario
from scenarios.images import builder_image
from scenarios.kit import KitError, ensure_images, local_server, release
from scenarios.kit.build import machine_ca_bundle
from scenarios.kit.engine import ContextFile, file_from, open_engine

Note = Callable[[str], None]

BUILD_SECONDS = 900.0
_BUILD_FOLDER = "/builder"
_CACHE = "/var/cache/autofix-scenarios"
_CACHE_VOLUME = "autofix-scenarios-go"
_PASSED_ON = ("GOPROXY", "GONOSUMDB", "GONOSUMCHECK", "GOPRIVATE", "GOSUMDB")


class Workshop(Protocol):
    """One of the engines, as scenarios need it."""

    def ensure(self, tags: Iterable[str]) -> None:
        """Make what is missing for these releases."""
        ...

    def options(self, scenario: Scenario) -> tuple[str, ...]:
        """Return the options that let autofix run a scenario here."""
        ...

    def variables(self, home: Path) -> Mapping[str, str]:
        """Return the environment of a user whose home this is."""
        ...

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

        Returns the file that it leaves at ``$RESULT``. ``$SERVER`` and, if asked for,
        ``$DATABASE`` are there without containers only.
        """
        ...


class Containers:
    """The kit's images, or Nakama's own where the engine has them."""

    def ensure(self, tags: Iterable[str]) -> None:
        """Make the images that are missing."""
        ensure_images(tags)

    def options(self, _scenario: Scenario) -> tuple[str, ...]:
        """Return the option that allows the kit's server."""
        return ("--engine", "docker", "--kit")

    def variables(self, _home: Path) -> Mapping[str, str]:
        """Return nothing: a builder has a home of its own."""
        return {}

    def built(
        self,
        tag: str,
        script: str,
        project: Path,
        note: Note,
        *,
        database: bool = False,
    ) -> bytes:
        """Run a script in a release's builder image."""
        if database:
            raise KitError("A builder image has no database beside it.")
        given = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        files = [
            ContextFile(path=str(path.relative_to(project)), content=path.read_bytes())
            for path in _files(project)
        ]
        with open_engine() as engine:
            container = engine.compile(
                builder_image(tag),
                script,
                name=f"autofix-scenario-{uuid.uuid4().hex[:12]}",
                files=files,
                folder=_BUILD_FOLDER,
                environment={
                    **given,
                    "RESULT": "/result",
                    "CGO_ENABLED": "1",
                    "GOFLAGS": "",
                    "GOWORK": "off",
                    "GOTOOLCHAIN": "local",
                    "GOCACHE": f"{_CACHE}/build",
                    "GOMODCACHE": f"{_CACHE}/mod",
                },
                cache={_CACHE_VOLUME: _CACHE},
                ca_bundle=machine_ca_bundle(),
                note=note,
            )
            try:
                return file_from(container, "/result")
            finally:
                container.remove(force=True, v=True)


class ThisMachine:
    """The machine's own Go and the kit's server as a program of it: no engine."""

    def ensure(self, tags: Iterable[str]) -> None:
        """Build the servers that are missing."""
        for tag in tags:
            local_server(tag)

    def options(self, scenario: Scenario) -> tuple[str, ...]:
        """Return the options that name the server."""
        return ("--engine", "local", "--server", str(local_server(scenario.nakama)))

    def variables(self, home: Path) -> Mapping[str, str]:
        """Let git and Go find what is in the home, with the machine's own caches."""
        names = ("GOMODCACHE", "GOCACHE")
        go = any_go(os.environ)
        if go is None:
            raise KitError("There is no Go on this machine.")
        found = subprocess.run(
            [go.go, "env", *names],
            cwd="/",
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout.splitlines()
        return {"HOME": str(home), **dict(zip(names, found, strict=True))}

    def built(
        self,
        tag: str,
        script: str,
        project: Path,
        note: Note,
        *,
        database: bool = False,
    ) -> bytes:
        """Run a script with the Go of a release's builder."""

        def follow(line: OutputLine) -> bool:
            note(line.text)
            return False

        with (
            local_builder(release(tag).builder_go, note=note) as builder,
            _database(wanted=database) as address,
        ):
            folder, result = f"{builder.root}/project", f"{builder.root}/result"
            files = _files(project)
            builder.put(
                [Entry(name=str(f.relative_to(project)), content=f) for f in files],
                folder,
            )
            done = builder.run(
                ("sh", "-ec", script),
                folder=folder,
                environment={
                    "RESULT": result,
                    "SERVER": str(local_server(tag)),
                    "DATABASE": address,
                },
                seconds=BUILD_SECONDS,
                source=EvidenceSource.BUILD,
                follow=follow,
            )
            if not done.succeeded:
                lines = "\n".join(line.text for line in done.evidence.lines[-20:])
                raise KitError("A scenario could not be prepared.", why=lines)
            return Path(result).read_bytes()


@contextmanager
def _database(*, wanted: bool) -> Iterator[str]:
    """Yield the address of a database that does not exist yet, "" if none is wanted."""
    programs = server_programs(os.environ) if wanted else None
    if programs is None:
        if wanted:
            raise KitError("There is no PostgreSQL on this machine.")
        yield ""
        return
    with (
        Lifeline() as lifeline,
        embedded_database(programs, lifeline, environment=os.environ) as database,
    ):
        yield database.fresh()


def _files(project: Path) -> list[Path]:
    return [path for path in sorted(project.rglob("*")) if path.is_file()]


WORKSHOPS: Mapping[str, Workshop] = MappingProxyType(
    {"docker": Containers(), "local": ThisMachine()}
)
