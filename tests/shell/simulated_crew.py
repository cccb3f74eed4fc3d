"""A crew that only pretends: its clock jumps from one result to the next."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from autofix.core.fleet import Fleet, FleetAction, FleetPlugin, FleetServer, Job
from autofix.core.fleetledger import Cell, Past
from autofix.core.fleetqueue import Queue
from autofix.fleet.crew import Loss, Submitted, trouble
from autofix.fleet.ledger import Ledger
from autofix.fleet.night import Night
from autofix.fleet.parcel import Delivery, Parcel
from autofix.fleet.reporter import FleetReporter
from autofix.fleet.sources import Sources


class SchedulerLostError(Exception):
    """The crew's own way to say that a scheduler went away."""


class WorkersDiedError(Exception):
    """The crew's own way to say that a job killed its workers."""


Outcome = Delivery | BaseException
Act = Callable[[Parcel, int], Outcome]
"""Decides what comes of a parcel at its nth try."""


def delivery(code: int = 0, seconds: float = 10.0, **more: object) -> Delivery:
    """Return what a command with this exit code leaves."""
    ending = {"kind": "clean" if code == 0 else "unfixable", "words": f"exit {code}"}
    values: dict[str, object] = {
        "worker": "w:1",
        "exit_code": code,
        "result": json.dumps({"ending": ending}),
        "log": "",
        "seconds": seconds,
    }
    return Delivery(**{**values, **more})  # type: ignore[arg-type]


@dataclass(slots=True)
class SimulatedCrew:
    """
    Workers of a virtual clock; ``act`` says what comes of each job, and when.

    ``seconds`` is how long a job takes, ``begun`` counts how often each was given out.
    """

    workers: int
    act: Act = lambda _parcel, _count: delivery()
    seconds: Callable[[Parcel], float] = lambda _parcel: 10.0
    time: float = 0.0
    begun: dict[str, int] = field(default_factory=dict)
    most: int = 0
    on_submit: Callable[[Parcel], None] = lambda _parcel: None
    name: str = "a simulation"
    remote: bool = True
    _pending: list[tuple[float, int, Submitted, Parcel]] = field(default_factory=list)

    def clock(self) -> float:
        """Return the virtual time."""
        return self.time

    def slots(self) -> int:
        """Return the number of workers."""
        return self.workers

    def submit(self, parcel: Parcel) -> Submitted:
        """Plan when the job will end."""
        self.on_submit(parcel)
        self.begun[parcel.job] = self.begun.get(parcel.job, 0) + 1
        future: Submitted = Future()
        end = self.time + self.seconds(parcel)
        number = sum(self.begun.values())
        heapq.heappush(self._pending, (end, number, future, parcel))
        self.most = max(self.most, len(self._pending))
        return future

    def wait(self, futures: Collection[Submitted], seconds: float) -> set[Submitted]:
        """Let the clock jump to the next end, or by ``seconds`` if that is later."""
        self._pending = [each for each in self._pending if not each[2].cancelled()]
        heapq.heapify(self._pending)
        assert len(futures) == len(self._pending)
        if self._pending[0][0] > self.time + seconds:
            self.time += seconds
            return set()
        self.time, _, future, parcel = heapq.heappop(self._pending)
        outcome = self.act(parcel, self.begun[parcel.job])
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
        return {future}

    def loss(self, error: BaseException) -> Loss | None:
        """Translate the simulation's own errors."""
        match error:
            case SchedulerLostError():
                return Loss(why="The scheduler was lost.", blamed=False)
            case WorkersDiedError():
                return Loss(why="They died.", hopeless=True)
            case _:
                return trouble(error)


@dataclass(slots=True)
class Heard(FleetReporter):
    """Remembers what a night says."""

    cells: dict[str, Cell] = field(default_factory=dict)
    losses: list[tuple[str, str]] = field(default_factory=list)
    signs: int = 0

    def cell(self, *, job: Job, cell: Cell, done: int) -> None:
        """Remember a result; each job has one."""
        assert job.id not in self.cells
        assert done > len(self.cells)
        self.cells[job.id] = cell

    def lost(self, *, job: Job, loss: Loss) -> None:
        """Remember a loss."""
        self.losses.append((job.id, loss.why))

    def alive(self, *, running: int, waiting: int) -> None:
        """Count the signs of life."""
        assert running
        assert waiting >= 0
        self.signs += 1


def fleet(plugins: int, *servers: str, **more: object) -> Fleet:
    """Return a fleet of so many plugins."""
    return Fleet(
        plugins=tuple(FleetPlugin(name=f"p{n}", path=f"p{n}") for n in range(plugins)),
        servers=tuple(FleetServer(name=name, nakama=name) for name in servers),
        **more,  # type: ignore[arg-type]
    )


def jobs_of(wished: Fleet) -> tuple[Job, ...]:
    """Return its jobs, named by plugin and server."""
    return tuple(
        Job(
            id=f"{plugin.name}-{server.name}",
            plugin=plugin.name,
            server=server.name,
            action=FleetAction.RUN,
            sources=plugin.name,
        )
        for plugin in wished.plugins
        for server in wished.servers
    )


def work(
    wished: Fleet,
    crew: SimulatedCrew,
    folder: Path,
    past: Mapping[tuple[str, str], Past] = MappingProxyType({}),
) -> tuple[Heard, Ledger]:
    """Do one session of a night in a folder; its ledger is closed."""
    jobs = jobs_of(wished)
    archive = folder / "sources"
    folder.mkdir(exist_ok=True)
    archive.write_bytes(b"packed")
    sources = Sources(identity="", archive=archive, folder="")
    heard = Heard()
    with Ledger(folder) as ledger:
        left = [job for job in jobs if job.id not in ledger.book.ended]
        Night(
            fleet=wished,
            folder=folder,
            jobs=jobs,
            sources=dict.fromkeys((job.id for job in jobs), sources),
            ledger=ledger,
            queue=Queue(left, past),
            crew=crew,
            reporter=heard,
            clock=crew.clock,
        ).work()
    return heard, ledger
