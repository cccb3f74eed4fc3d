"""
A fleet: many plugins times many servers, and one job for each pair.

A job is known by its content: what is built, for which server, by which command. The
same work has the same id tomorrow and on another machine, so that nothing is done twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

Option = str | bool | int | float | tuple[str, ...]
"""The value of an option; several values give the flag several times."""

ID_DIGITS = 16
TRIES = 3
JOB_SECONDS = 3600.0
DETECTED = "detected"
"""What the only column is called where each project says its own Nakama."""


class FleetAction(StrEnum):
    """What is done for each plugin and server; the name of the command that does it."""

    RUN = "run"
    CHECK = "check"
    UPGRADE = "upgrade"


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetServer:
    """A column: ``nakama`` is a tag or image, "" for what each project names."""

    name: str
    nakama: str = ""
    options: Mapping[str, Option] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPlugin:
    """
    A row: a folder (``path``) or a repository (``git``, a URL or a path).

    With ``revision`` it is taken from git as it was committed. ``folder`` is where the
    plugin's module lies in the repository; ``servers`` names the columns it is for,
    none for all of them.
    """

    name: str
    path: str = ""
    git: str = ""
    revision: str = ""
    folder: str = ""
    servers: tuple[str, ...] = ()
    options: Mapping[str, Option] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """
    The whole matrix and what it may cost.

    ``job_seconds`` is the most that one job may take, ``night_seconds`` the most that
    all may, None for no limit; ``tries`` is how often a job is begun that takes its
    worker down. ``workers`` is how many jobs this machine does at a time, 0 to choose.
    """

    plugins: tuple[FleetPlugin, ...]
    servers: tuple[FleetServer, ...]
    action: FleetAction = FleetAction.RUN
    options: Mapping[str, Option] = field(default_factory=dict)
    job_seconds: float = JOB_SECONDS
    night_seconds: float | None = None
    tries: int = TRIES
    workers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """
    One cell of the matrix; ``arguments`` are those of the command, in order.

    ``sources`` identifies what is worked on, ``folder`` where in it.
    """

    id: str
    plugin: str
    server: str
    action: FleetAction
    sources: str
    folder: str = ""
    arguments: tuple[str, ...] = ()


def job_of(
    fleet: Fleet, plugin: FleetPlugin, server: FleetServer, *, sources: str, folder: str
) -> Job:
    """Return the job of a cell, whose sources are identified by ``sources``."""
    options = {**fleet.options, **plugin.options, **server.options}
    if server.nakama:
        options["nakama"] = server.nakama
    given = arguments(options)
    identity = [fleet.action, plugin.name, server.name, sources, folder, *given]
    return Job(
        id=sha256(json.dumps(identity).encode()).hexdigest()[:ID_DIGITS],
        plugin=plugin.name,
        server=server.name,
        action=fleet.action,
        sources=sources,
        folder=folder,
        arguments=given,
    )


def servers_of(fleet: Fleet, plugin: FleetPlugin) -> tuple[FleetServer, ...]:
    """Return the servers that a plugin is for."""
    return tuple(
        each
        for each in fleet.servers
        if not plugin.servers or each.name in plugin.servers
    )


def commits(fleet: Fleet, plugin: FleetPlugin) -> bool:
    """Tell whether a plugin must be taken from git: to be committed, or as it was."""
    asked = {**fleet.options, **plugin.options}.get("commit", False)
    return bool(plugin.git or plugin.revision or asked)


def arguments(options: Mapping[str, Option]) -> tuple[str, ...]:
    """Write options as a command line has them, in order of their names."""
    given: list[str] = []
    for name, value in sorted(options.items()):
        match value:
            case True:
                given.append(f"--{name}")
            case False:
                given.append(f"--no-{name}")
            case tuple():
                given.extend(f"--{name}={each}" for each in value)
            case _:
                given.append(f"--{name}={value}")
    return tuple(given)


def named_apart(paths: Iterable[str]) -> tuple[str, ...]:
    """Return a short name for each path: its end, as long as tells it from the others."""
    parts = [tuple(part for part in path.split("/") if part) for path in paths]
    names = []
    for own in parts:
        length = 1
        while (
            length < len(own) and sum(own[-length:] == o[-length:] for o in parts) > 1
        ):
            length += 1
        names.append("/".join(own[-length:]) or "/")
    return tuple(names)
