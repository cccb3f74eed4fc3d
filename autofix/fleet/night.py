"""
The night: jobs are given to the crew as it has room, and what comes back is kept.

One that fails, kills its worker or takes too long never stops the others. Everything
that counts is in the ledger before the next thing happens, so that a night that was
cut off goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autofix import __version__
from autofix.core.fleet import Fleet, Job
from autofix.core.fleetledger import (
    Begun,
    Cell,
    Closed,
    Ended,
    Lost,
    Opened,
    Verdict,
)
from autofix.core.fleetqueue import Queue
from autofix.errors import (
    EnvironmentUnusableError,
    InterruptedRunError,
    UnsafeArchiveError,
)
from autofix.fleet.crew import Crew, Loss, Submitted, carried
from autofix.fleet.homecoming import brought
from autofix.fleet.ledger import Ledger, utc_now
from autofix.fleet.parcel import Delivery, Parcel
from autofix.fleet.reporter import FleetReporter
from autofix.fleet.sources import Sources

SILENCE = 60.0
"""Seconds without a result after which the night says that it goes on."""
LEAST_SECONDS = 60.0
"""A job is not begun in the last minute of a night."""
GONE_FACTOR, GONE_SECONDS = 4, 600.0
"""A job that is not back by then has been forgotten: workers may die three times."""
SIGNALLED = frozenset({129, 130, 143})
"""Exit codes of an autofix that was told to end."""


@dataclass(slots=True, kw_only=True)
class Night:
    """
    One session of a fleet.

    ``jobs`` are those of the matrix whose sources are packed in ``sources``, by id;
    ``timed`` tells whether the command has a time limit of its own. ``clock`` is in
    monotonic seconds.
    """

    fleet: Fleet
    folder: Path
    jobs: tuple[Job, ...]
    sources: Mapping[str, Sources]
    ledger: Ledger
    queue: Queue
    crew: Crew
    reporter: FleetReporter
    timed: bool = True
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], str] = utc_now
    _began: float = field(init=False)
    _running: dict[Submitted, Job] = field(init=False, default_factory=dict)
    _due: dict[Submitted, float] = field(init=False, default_factory=dict)
    _done: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def work(self) -> None:
        """Do the jobs until none is left or the night is over; AutofixError ends it."""
        jobs = {job.id: job for job in self.jobs}
        book = self.ledger.book
        self.ledger.add(Opened(at=self.now(), autofix=__version__, jobs=len(jobs)))
        self._done = len(jobs.keys() & book.ended.keys())
        self.reporter.opened(
            jobs=len(jobs), done=self._done, crew=self.crew.name, folder=self.folder
        )
        try:
            while self._begin() or self._running:
                self._listen()
        except BaseException:
            self._give_back()
            raise
        whole = jobs.keys() <= book.ended.keys()
        self.ledger.add(Closed(at=self.now(), whole=whole))

    def _begin(self) -> int:
        """Begin as many jobs as there is room for; return how many."""
        begun = 0
        room = self.crew.slots() - len(self._running) if len(self.queue) else 0
        while begun < room and (seconds := self._seconds()):
            job = self.queue.take()
            if job is None:
                break
            if self._tries(job) >= self.fleet.tries:
                self._set_aside(job)
                continue
            source = self.sources[job.id]
            parcel = Parcel(
                job=job.id,
                action=job.action,
                arguments=job.arguments,
                sources=carried(source.archive, remote=self.crew.remote),
                folder=job.folder,
                committed=bool(source.commit),
                seconds=seconds,
                timed=self.timed,
            )
            self.ledger.add(Begun(job=job.id, at=self.now()))
            future = self.crew.submit(parcel)
            self._running[future] = job
            self._due[future] = self.clock() + GONE_FACTOR * seconds + GONE_SECONDS
            self.reporter.begun(job=job)
            begun += 1
        return begun

    def _seconds(self) -> float:
        """Return how long a job that begins now may take; 0.0 if none may begin."""
        fleet = self.fleet
        if fleet.night_seconds is None:
            return fleet.job_seconds
        left = fleet.night_seconds - (self.clock() - self._began)
        least = min(LEAST_SECONDS, fleet.job_seconds, fleet.night_seconds)
        return min(fleet.job_seconds, left) if left >= least else 0.0

    def _listen(self) -> None:
        """Wait for results and keep them."""
        if not self._running:
            return
        done = self.crew.wait(self._running.keys(), SILENCE)
        if not done:
            self.reporter.alive(running=len(self._running), waiting=len(self.queue))
        for future in self._forgotten() - done:
            future.cancel()
            self._lost(self._back(future), Loss(why="It never came back."))
        for future in done:
            job = self._back(future)
            try:
                delivery = future.result()
            except InterruptedRunError:
                raise  # a signal came just then
            except Exception as error:  # noqa: BLE001 (see _failed)
                self._failed(job, error)
            else:
                self._delivered(job, delivery)

    def _forgotten(self) -> set[Submitted]:
        """Return the jobs whose worker should have answered long ago."""
        now = self.clock()
        return {future for future, due in self._due.items() if now > due}

    def _back(self, future: Submitted) -> Job:
        del self._due[future]
        return self._running.pop(future)

    def _delivered(self, job: Job, delivery: Delivery) -> None:
        """Keep a result, unless another try may bring a better one."""
        code = delivery.exit_code
        if not delivery.overdue and (code < 0 or code in SIGNALLED):
            self._lost(job, Loss(why=f"The command was ended from outside ({code})."))
            return
        source = self.sources[job.id]
        try:
            cell = brought(
                delivery,
                self.folder,
                job.id,
                home=source.home,
                missing=source.missing,
            )
        except UnsafeArchiveError as error:
            self._lost(job, Loss(why=str(error)))
            return
        if (
            code == EnvironmentUnusableError.exit_code
            and self._tries(job) < self.fleet.tries
        ):
            self._lost(job, Loss(why=cell.headline))
            return
        self._ended(job, cell)
        self.queue.ended(job, cell.seconds)

    def _failed(self, job: Job, error: BaseException) -> None:
        """Take a job back whose future failed: no error of one job ends the night."""
        loss = self.crew.loss(error)
        if loss is not None:
            self._lost(job, loss)
            return
        words = f"autofix has a bug: {type(error).__name__}: {error}"
        self._ended(job, Cell(verdict=Verdict.BUG, headline=words))
        self.queue.aside(job)

    def _lost(self, job: Job, loss: Loss) -> None:
        self.ledger.add(
            Lost(job=job.id, at=self.now(), why=loss.why, blamed=loss.blamed)
        )
        self.reporter.lost(job=job, loss=loss)
        if loss.hopeless:
            self._set_aside(job)
        else:
            self.queue.back(job)

    def _set_aside(self, job: Job) -> None:
        """Give a job up that never came back."""
        died = "autofix, or its machine, ended while it was done"
        why = self.ledger.book.whys.get(job.id, died)
        tries = self._tries(job)
        words = f"Given up after {tries} {'try' if tries == 1 else 'tries'}. {why}"
        self._ended(job, Cell(verdict=Verdict.SET_ASIDE, headline=words))
        self.queue.aside(job)

    def _ended(self, job: Job, cell: Cell) -> None:
        record = Ended(
            job=job.id,
            plugin=job.plugin,
            server=job.server,
            at=self.now(),
            cell=replace(cell, tries=max(1, self._tries(job))),
        )
        if self.ledger.add(record):
            self._done += 1
            self.reporter.cell(job=job, cell=record.cell, done=self._done)

    def _tries(self, job: Job) -> int:
        return self.ledger.book.tries.get(job.id, 0)

    def _give_back(self) -> None:
        """Note that what still runs is not to blame for an end of the night."""
        for job in self._running.values():
            why = "The night was ended."
            self.ledger.add(Lost(job=job.id, at=self.now(), why=why, blamed=False))
