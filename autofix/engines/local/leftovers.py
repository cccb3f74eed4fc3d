"""
Processes that a dead run of the local engine left, found by their environment.

The lifeline ends what a killed run started; this is for what it did not reach: a
program that made itself a group of its own, or one started in the same instant.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from autofix.engines.leftovers import Kind, Swept, Thing
from autofix.engines.ownership import (
    Life,
    Owner,
    owner_of,
    process_started,
    this_host,
)

MARK = "_AUTOFIX_OWNER"
_PROCESSES = Path("/proc")


def marks(owner: Owner) -> dict[str, str]:
    """Return the variables that everything of this owner carries."""
    return {MARK: json.dumps(owner.labels)}


def sweep_processes(
    *,
    ending: Owner | None = None,
    dry_run: bool = False,
    host: str = "",
    started: Callable[[int], str | None] = process_started,
) -> Swept:
    """
    Kill what carries the mark of a run of this host that is over.

    Also what is left of a run that is ``ending``. Processes of other users are not
    seen, except by root.
    """
    host = host or this_host()
    doomed = []
    for thing in _marked():
        owner = owner_of(thing.labels)
        life = owner.life(host=host, process_started=started) if owner else Life.UNKNOWN
        if life is Life.GONE or (owner is not None and owner == ending):
            doomed.append(thing)
            if not dry_run:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(int(thing.identity), signal.SIGKILL)
    return Swept(removed=tuple(doomed))


def _marked() -> Iterator[Thing]:
    prefix = f"{MARK}=".encode()
    own = str(os.getpid())
    for folder in _PROCESSES.glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            name = (folder / "comm").read_text("utf-8", "replace").strip()
        except OSError:
            continue
        for variable in variables:
            if variable.startswith(prefix) and folder.name != own:
                yield Thing(
                    kind=Kind.PROCESS,
                    identity=folder.name,
                    name=f"{name} ({folder.name})",
                    labels=_labels(variable[len(prefix) :]),
                )


def _labels(content: bytes) -> Mapping[str, str]:
    with suppress(ValueError):
        found = json.loads(content)
        if isinstance(found, dict):
            return {str(key): str(value) for key, value in found.items()}
    return {}
