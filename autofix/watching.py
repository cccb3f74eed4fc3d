"""Stop a run in order when something outside it says so: it is told, or a disk fills."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from autofix.core.actions import Action
from autofix.core.model import OutputLine
from autofix.core.observations import Observation
from autofix.core.sizes import words_of_size
from autofix.core.state import Phase
from autofix.errors import CancelledRunError, DiskFullError
from autofix.report.base import Reporter

EVERY = 5.0
"""Seconds between two looks at the disks while a program prints."""
SMALL_PART = 20
"""The part of a disk that is reserve enough, however much was asked for."""


class Watch(Reporter):
    """
    Look at something before and after each phase, at each step and each line.

    What ``look`` raises ends the run as any error does: in order, with everything
    removed and the project as it was.
    """

    def look(self) -> None:
        """Raise an AutofixError if the run must end."""
        raise NotImplementedError

    def phase_began(self, *, phase: Phase, round_: int, action: Action) -> None:
        """Look."""
        super().phase_began(phase=phase, round_=round_, action=action)
        self.look()

    def phase_ended(
        self, *, phase: Phase, round_: int, observation: Observation, seconds: float
    ) -> None:
        """Look."""
        super().phase_ended(
            phase=phase, round_=round_, observation=observation, seconds=seconds
        )
        self.look()

    def output(self, *, phase: Phase, line: OutputLine) -> None:
        """Look."""
        super().output(phase=phase, line=line)
        self.look()

    def note(self, *, text: str) -> None:
        """Look."""
        super().note(text=text)
        self.look()


class Cancellation(Watch):
    """CancelledRunError once the event is set, by another thread."""

    def __init__(self, cancelled: threading.Event) -> None:
        self._cancelled = cancelled

    def look(self) -> None:
        """Raise CancelledRunError if the event is set."""
        if self._cancelled.is_set():
            raise CancelledRunError("The run was cancelled.")


class DiskWatch(Watch):
    """
    DiskFullError while less than ``reserve`` bytes are free where a run writes.

    Of a small disk a twentieth is reserve enough. ``usage`` tells of a path the bytes
    that its disk has and those that this user may still write, None if it cannot.
    """

    def __init__(
        self,
        places: Iterable[Path],
        reserve: int,
        *,
        usage: Callable[[Path], tuple[int, int] | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        every: float = EVERY,
    ) -> None:
        self._places = tuple(dict.fromkeys(places))
        self._reserve = reserve
        self._usage = usage or disk_usage
        self._clock = clock
        self._every = every
        self._next = clock()

    def add(self, places: Iterable[Path]) -> None:
        """Watch these as well."""
        self._places = tuple(dict.fromkeys((*self._places, *places)))

    def output(self, *, phase: Phase, line: OutputLine) -> None:
        """Look, now and then: programs may print thousands of lines a second."""
        if self._clock() >= self._next:
            super().output(phase=phase, line=line)

    def look(self) -> None:
        """Raise DiskFullError if a disk has less than the reserve."""
        self._next = self._clock() + self._every
        for place in self._places:
            found = self._usage(place)
            if found is None:
                continue
            size, free = found
            reserve = min(self._reserve, size // SMALL_PART)
            if free < reserve:
                raise DiskFullError(
                    f"Only {words_of_size(free)} are free on the disk of {place}.",
                    why=f"autofix leaves {words_of_size(reserve)} of it to others.",
                    todo="Make room ('autofix clean --all-runs --caches' helps), or "
                    "give a lower --disk-reserve.",
                )


def disk_usage(place: Path) -> tuple[int, int] | None:
    """Return size and free bytes of the disk that a path is, or will be, on."""
    for folder in (place, *place.parents):
        try:
            found = os.statvfs(folder)
        except OSError:
            continue
        return found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize
    return None
