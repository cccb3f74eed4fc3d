"""Removing what runs leave behind, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from autofix.engines.leftovers import Kind, Swept, Thing
from autofix.engines.ownership import (
    CACHE,
    KEEP,
    RUN,
    Life,
    owner_of,
    process_started,
    this_host,
)
from autofix.errors import AutofixError, EngineLostError
from autofix.logs import logger

_unfinished: set[str] = set()
"""Runs of this process that are over and could not remove all they had."""


class ThingStore(Protocol):
    """The part of ``Client`` that is used."""

    def labelled(self, label: str) -> tuple[Thing, ...]:
        """Return what carries ``label``, in the order in which it can be removed."""
        ...

    def remove(self, kind: Kind, identity: str) -> None:
        """Remove a thing; one that is gone is fine."""
        ...


def clear(store: ThingStore, run: str) -> None:
    """
    Remove all of a run of this process that is over.

    What cannot be removed now, since the engine was restarted or has no room, the
    next ``sweep`` of this process tries again: to all others it looks alive. AutofixError
    if the engine does not even list it.
    """
    _unfinished.add(run)
    _, failed = remove_all(store, store.labelled(f"{RUN}={run}"))
    if not failed:
        _unfinished.discard(run)


def sweep(
    store: ThingStore,
    *,
    all_runs: bool = False,
    kept: bool = False,
    caches: bool = False,
    dry_run: bool = False,
    host: str = "",
    started: Callable[[int], str | None] = process_started,
) -> Swept:
    """
    Remove what runs of this host left whose process is gone, and see ``clear``.

    ``all_runs`` also takes what no living process of this host owns (runs elsewhere,
    damaged labels), ``kept`` what ``--keep`` left for inspection, ``caches`` the
    volumes with Go's caches. What a living run of this host owns always stays.
    """
    host = host or this_host()
    doomed: list[Thing] = []
    foreign: list[Thing] = []
    for thing in store.labelled(RUN):
        owner = owner_of(thing.labels)
        life = owner.life(host=host, process_started=started) if owner else Life.UNKNOWN
        if owner is not None and owner.run in _unfinished:
            life = Life.GONE
        if life is Life.ALIVE or (KEEP in thing.labels and not kept):
            continue
        if life is Life.UNKNOWN and not all_runs:
            foreign.append(thing)
            continue
        doomed.append(thing)
    if caches:
        doomed += [t for t in store.labelled(CACHE) if t.kind is Kind.VOLUME]
    if dry_run:
        return Swept(removed=tuple(doomed), foreign=tuple(foreign))
    removed, failed = remove_all(store, doomed)
    return Swept(removed=removed, failed=failed, foreign=tuple(foreign))


def remove_all(
    store: ThingStore, things: Iterable[Thing]
) -> tuple[tuple[Thing, ...], tuple[tuple[Thing, str], ...]]:
    """
    Remove things one by one; return the removed, and the others each with why not.

    A failure is a warning, except that a lost engine is not asked for the rest.
    """
    removed: list[Thing] = []
    failed: list[tuple[Thing, str]] = []
    lost = ""
    for thing in things:
        try:
            if not lost:
                store.remove(thing.kind, thing.identity)
                removed.append(thing)
                continue
            reason = lost
        except AutofixError as error:
            reason = error.what
            if isinstance(error, EngineLostError):
                lost = reason
        logger().warning("not removed", kind=thing.kind, name=thing.name, error=reason)
        failed.append((thing, reason))
    return tuple(removed), tuple(failed)
