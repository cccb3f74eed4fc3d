"""The live view of a fleet: what is done above, the jobs that run below."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from rich.console import Group, RenderableType
from rich.spinner import Spinner
from rich.text import Text

from autofix.core.duration import words_of
from autofix.core.fleet import Job
from autofix.core.fleetledger import Cell
from autofix.fleet.crew import Loss
from autofix.report.console import STYLES, MovingLines, plain_console
from autofix.report.fleet_progress import FleetLines, place_of
from autofix.report.terminal import Terminal, Tone
from autofix.report.words import count

SHOWN_JOBS = 8


class FleetConsole(MovingLines, FleetLines):
    """Keep the jobs that run at the bottom of the terminal; a context manager."""

    def __init__(
        self,
        stream: TextIO,
        terminal: Terminal,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(stream, clock=clock)
        self._running: dict[str, tuple[str, float]] = {}
        self._spinner = Spinner("dots")
        self._console = plain_console(stream, terminal)
        self.draw(self._console, self._view)

    def say(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Put a line above the moving ones, for good."""
        self._console.print(Text.assemble(f"{self.stamp} ", (text, STYLES[tone])))

    def begun(self, *, job: Job) -> None:
        """Show the job below."""
        self._running = {**self._running, job.id: (place_of(job), self.clock())}

    def cell(self, *, job: Job, cell: Cell, done: int) -> None:
        """Put what came of it above."""
        self._forget(job)
        super().cell(job=job, cell=cell, done=done)

    def lost(self, *, job: Job, loss: Loss) -> None:
        """Say above that it is begun again."""
        self._forget(job)
        super().lost(job=job, loss=loss)

    def alive(self, *, running: int, waiting: int) -> None:
        """Leave it to the moving lines."""

    def _forget(self, job: Job) -> None:
        # A new dict: the view, which another thread draws, has the old one in hand.
        self._running = {
            name: told for name, told in self._running.items() if name != job.id
        }

    def _view(self) -> RenderableType:
        now = self.clock()
        running = list(self._running.values())
        total = f"  (all: {words_of(now - self.began)})"
        title = f"{count(len(running), 'job')} running" if running else "getting ready"
        self._spinner.update(text=Text.assemble((title, "bold"), (total, "dim")))
        lines = [
            Text(f"  {place}, {words_of(now - since)}", no_wrap=True, style="dim")
            for place, since in running[:SHOWN_JOBS]
        ]
        if len(running) > SHOWN_JOBS:
            lines.append(Text(f"  and {len(running) - SHOWN_JOBS} more", style="dim"))
        return Group(self._spinner, *lines)
