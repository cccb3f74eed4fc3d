"""What travels to a worker, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autofix.core.fleet import FleetAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """
    A job with all that a worker needs for it.

    ``sources`` is the packed archive, or its path where the worker is this machine.
    ``committed`` tells that it holds a repository. The command gets ``arguments`` and,
    if it has such an option (``timed``), the ``seconds`` that it may take.
    """

    job: str
    action: FleetAction
    arguments: tuple[str, ...]
    sources: bytes | Path
    folder: str
    committed: bool
    seconds: float
    timed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """
    What a worker made of a parcel; ``worker`` is its machine and process.

    ``exit_code`` is the command's, negative for the signal that killed it. ``result``
    is its JSON document, "" if it wrote none, and ``log`` what it said beside. ``runs``
    are its run folders as a compressed archive, ``bundle`` has the ``branches`` that it
    made, both empty if there are none. ``overdue`` tells that the command had to be
    ended, because its time was over.
    """

    worker: str
    exit_code: int
    result: str
    log: str
    seconds: float
    runs: bytes = b""
    bundle: bytes = b""
    branches: tuple[str, ...] = ()
    overdue: bool = False
