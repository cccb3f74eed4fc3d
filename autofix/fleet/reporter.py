"""The reporter of a fleet: empty methods that the night calls and each view overrides."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from autofix.core.fleet import Job
from autofix.core.fleetledger import Cell
from autofix.fleet.crew import Loss


class FleetReporter:
    """Hear what a night does, as a context; every method may be left as it is."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of what shows it."""

    def opened(self, *, jobs: int, done: int, crew: str, folder: Path) -> None:
        """A session begins."""

    def begun(self, *, job: Job) -> None:
        """A job was given to a worker."""

    def cell(self, *, job: Job, cell: Cell, done: int) -> None:
        """A job has its result."""

    def lost(self, *, job: Job, loss: Loss) -> None:
        """A job came back without a result."""

    def alive(self, *, running: int, waiting: int) -> None:
        """Nothing happened for a while, and the night goes on."""

    def note(self, *, text: str) -> None:
        """Something worth a line happened."""
