"""A fleet's events for machines: one JSON object a line."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TextIO, TypedDict

from autofix.core.fleet import Job
from autofix.core.fleetledger import Cell
from autofix.fleet.crew import Loss
from autofix.fleet.reporter import FleetReporter
from autofix.report.json import bare
from autofix.result import SCHEMA_VERSION


class FleetBegan(TypedDict):
    """A session began; ``done`` of the ``jobs`` were done by an earlier one."""

    event: Literal["fleet began"]
    schema_version: int
    jobs: int
    done: int
    crew: str
    folder: str


class JobEnded(TypedDict):
    """A job has its result; ``done`` counts those that have."""

    event: Literal["job ended"]
    plugin: str
    server: str
    job: str
    done: int
    cell: Cell


class JobLost(TypedDict):
    """A job came back without a result; ``blamed`` says that it counts as a try."""

    event: Literal["job lost"]
    plugin: str
    server: str
    job: str
    why: str
    blamed: bool


class StillAtWork(TypedDict):
    """Nothing ended for a minute, and the fleet goes on."""

    event: Literal["still at work"]
    running: int
    waiting: int


class FleetNoted(TypedDict):
    """Something worth a line happened to the workers."""

    event: Literal["fleet noted"]
    text: str


FleetEvent = FleetBegan | JobEnded | JobLost | StillAtWork | FleetNoted


class FleetEvents(FleetReporter):
    """Write one JSON object an event; ``now`` gives the time in ISO 8601."""

    def __init__(self, stream: TextIO, *, now: Callable[[], str]) -> None:
        self._stream = stream
        self._now = now

    def opened(self, *, jobs: int, done: int, crew: str, folder: Path) -> None:
        """Write ``fleet began`` with the version of the events' schema."""
        self._write(
            FleetBegan(
                event="fleet began",
                schema_version=SCHEMA_VERSION,
                jobs=jobs,
                done=done,
                crew=crew,
                folder=str(folder),
            )
        )

    def cell(self, *, job: Job, cell: Cell, done: int) -> None:
        """Write ``job ended``."""
        self._write(
            JobEnded(
                event="job ended",
                plugin=job.plugin,
                server=job.server,
                job=job.id,
                done=done,
                cell=cell,
            )
        )

    def lost(self, *, job: Job, loss: Loss) -> None:
        """Write ``job lost``."""
        self._write(
            JobLost(
                event="job lost",
                plugin=job.plugin,
                server=job.server,
                job=job.id,
                why=loss.why,
                blamed=loss.blamed,
            )
        )

    def alive(self, *, running: int, waiting: int) -> None:
        """Write ``still at work``."""
        self._write(
            StillAtWork(event="still at work", running=running, waiting=waiting)
        )

    def note(self, *, text: str) -> None:
        """Write ``fleet noted``."""
        self._write(FleetNoted(event="fleet noted", text=text))

    def _write(self, event: FleetEvent) -> None:
        line = {**event, "level": "info", "time": self._now()}
        # Whoever read this may have gone; the night goes on without them.
        with contextlib.suppress(BrokenPipeError):
            self._stream.write(json.dumps(bare(line)) + "\n")
            self._stream.flush()
