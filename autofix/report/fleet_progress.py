"""What a fleet does while it does it: a line an event, with its time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from autofix.core.fleet import Job
from autofix.core.fleetledger import Cell
from autofix.core.fleetsummary import CellResult
from autofix.fleet.crew import Loss
from autofix.fleet.reporter import FleetReporter
from autofix.report import fleet_words as words
from autofix.report.escape import escape
from autofix.report.plain import unpainted
from autofix.report.terminal import Paint, Tone
from autofix.report.words import count


def place_of(job: Job) -> str:
    """Name a job by its plugin and its server, escaped."""
    return f"{escape(job.plugin)} for {escape(job.server)}"


class FleetLines(FleetReporter):
    """Write one line an event, with its time."""

    def __init__(
        self,
        stream: TextIO,
        *,
        clock: Callable[[], float] = time.monotonic,
        paint: Paint = unpainted,
    ) -> None:
        self._stream = stream
        self.clock = clock
        self._paint = paint
        self.began = clock()
        self._jobs = 0

    def opened(self, *, jobs: int, done: int, crew: str, folder: Path) -> None:
        """Say what there is to do, and who does it."""
        self._jobs = jobs
        before = f", {done} done before" if done else ""
        self.say(f"{count(jobs, 'job')}{before}; {escape(crew)}")
        self.say(f"folder {escape(str(folder))}", Tone.FAINT)

    def cell(self, *, job: Job, cell: Cell, done: int) -> None:
        """Say what came of a job."""
        result = CellResult(plugin=job.plugin, server=job.server, job=job.id, cell=cell)
        told = escape(words.reason(result), longest=100)
        parts = [escape(words.label(result)), escape(words.notes(result)), told]
        text = ", ".join(filter(None, parts))
        tone = words.TONES[result.verdict]
        self.say(f"{done}/{self._jobs} {place_of(job)}: {text}", tone)

    def lost(self, *, job: Job, loss: Loss) -> None:
        """Say that a job is begun again."""
        self.say(f"{place_of(job)} came back undone: {escape(loss.why)}", Tone.CARE)

    def alive(self, *, running: int, waiting: int) -> None:
        """Say that the night goes on."""
        self.say(f"still at work: {count(running, 'job')} running, {waiting} waiting")

    def note(self, *, text: str) -> None:
        """Say it."""
        self.say(escape(text), Tone.FAINT)

    @property
    def stamp(self) -> str:
        """Return the time since the fleet began, as lines begin with it."""
        return f"[{self.clock() - self.began:7.1f}s]"

    def say(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Write one line at once; ``text`` is escaped already."""
        stamp = self.stamp
        # Whoever read this may have gone; the night goes on without them.
        with contextlib.suppress(BrokenPipeError):
            self._stream.write(f"{stamp} {self._paint(text, tone)}\n")
            self._stream.flush()
