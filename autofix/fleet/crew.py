"""
Who does the jobs: workers behind the standard ``Executor`` interface.

A crew says how many jobs it can take at a time, and what a future that failed means:
whether the job is to blame for it, or may simply be given to another worker.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from autofix.errors import AutofixError
from autofix.fleet.parcel import Delivery, Parcel
from autofix.fleet.worker import perform

Submitted = Future[Delivery]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """
    Why a job came back without a result.

    ``blamed`` counts it as one of the job's tries; ``hopeless`` says that workers died
    of it again and again already.
    """

    why: str
    blamed: bool = True
    hopeless: bool = False


class Crew(Protocol):
    """The workers of one night."""

    @property
    def name(self) -> str:
        """Say in a few words who they are."""
        ...

    @property
    def remote(self) -> bool:
        """Tell whether sources must travel to them."""
        ...

    def slots(self) -> int:
        """Return how many jobs they can do at a time, now."""
        ...

    def submit(self, parcel: Parcel) -> Submitted:
        """Give them a job; AutofixError if they cannot be reached for long."""
        ...

    def wait(self, futures: Collection[Submitted], seconds: float) -> set[Submitted]:
        """Wait until a job is done, at most so long; return those that are."""
        ...

    def loss(self, error: BaseException) -> Loss | None:
        """Say what a future's error means; None if it is autofix's own mistake."""
        ...


class ExecutorCrew:
    """A crew behind any executor whose workers are this process's own."""

    remote = False

    def __init__(self, executor: Executor, workers: int) -> None:
        self._executor = executor
        self._workers = workers
        self._over = threading.Event()

    @property
    def name(self) -> str:
        """Say how many jobs run at a time."""
        plural = "" if self._workers == 1 else "s"
        return f"{self._workers} worker{plural} on this machine"

    def slots(self) -> int:
        """Return how many jobs run at a time."""
        return self._workers

    def submit(self, parcel: Parcel) -> Submitted:
        """Begin a job as soon as a thread is free."""
        return self._executor.submit(perform, parcel, lambda: not self._over.is_set())

    def wait(self, futures: Collection[Submitted], seconds: float) -> set[Submitted]:
        """Wait until a job is done."""
        return wait(futures, timeout=seconds, return_when=FIRST_COMPLETED).done

    def loss(self, error: BaseException) -> Loss | None:
        """Say that a job could not be begun here."""
        return trouble(error)

    def dismiss(self) -> None:
        """End what still runs, in order."""
        self._over.set()


@contextmanager
def local_crew(workers: int = 0) -> Iterator[Crew]:
    """Open a crew of threads, each with one autofix process at a time."""
    count = workers or usual_workers()
    with ThreadPoolExecutor(count, thread_name_prefix="autofix-fleet") as executor:
        crew = ExecutorCrew(executor, count)
        try:
            yield crew
        finally:
            crew.dismiss()


def usual_workers() -> int:
    """Return how many jobs this machine does at a time if nobody says it."""
    return max(1, (os.cpu_count() or 1) // 2)


def trouble(error: BaseException) -> Loss | None:
    """Return what an error of ``perform`` itself means: its worker could not do it."""
    return Loss(why=str(error)) if isinstance(error, AutofixError) else None


def carried(sources: Path, *, remote: bool) -> bytes | Path:
    """Return the sources as they go to a crew."""
    return sources.read_bytes() if remote else sources
