"""The reporter of a fleet: empty methods that the night calls and each view overrides."""

from __future__ import annotations

from pathlib import Path

from autofix.core.fleet import Job
from autofix.core.fleetledger import Cell
from autofix.fleet.crew import Loss


class FleetReporter:
    """Hear what a night does; every method may be left as it is."""

    def opened(self, *, jobs: int, done: int, crew: str, folder: Path) -> None:
        """A session begins."""

    def cell(self, *, job: Job, cell: Cell, done: int) -> None:
        """A job has its result."""

    def lost(self, *, job: Job, loss: Loss) -> None:
        """A job came back without a result."""

    def alive(self, *, running: int, waiting: int) -> None:
        """Nothing happened for a while, and the night goes on."""

    def note(self, *, text: str) -> None:
        """Something worth a line happened."""
