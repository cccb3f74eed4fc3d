"""What runs can leave behind, wherever they ran, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of things that a run can leave behind."""

    CONTAINER = "container"
    VOLUME = "volume"
    PROCESS = "process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that carries our labels, in an engine or on this machine."""

    kind: Kind
    identity: str
    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """
    What a sweep removed (or with ``dry_run`` would remove) and what it could not.

    ``foreign`` are things of runs on other hosts, which only ``all_runs`` removes.
    """

    removed: tuple[Thing, ...] = ()
    failed: tuple[tuple[Thing, str], ...] = ()
    foreign: tuple[Thing, ...] = ()

    def __add__(self, other: Swept) -> Swept:
        return Swept(
            removed=self.removed + other.removed,
            failed=self.failed + other.failed,
            foreign=self.foreign + other.foreign,
        )
