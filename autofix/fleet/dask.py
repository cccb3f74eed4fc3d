"""
Workers on other machines, by way of Dask: the only file that imports it.

A worker that dies has its job given to another by Dask itself. Where the scheduler is
restarted, its workers leave and what they did is lost; the crew waits for both to come
back, and the jobs are begun again without blame.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Future,
    wait,
)
from contextlib import contextmanager, suppress
from typing import Any

from autofix.errors import EnvironmentUnusableError, NetworkError
from autofix.fleet.crew import Crew, Loss, Submitted, trouble
from autofix.fleet.parcel import Delivery, Parcel
from autofix.fleet.worker import perform

try:
    from distributed import Client, KilledWorker, get_worker
    from distributed.client import ClosedClientError
except ImportError as error:
    raise EnvironmentUnusableError(
        "--scheduler needs Dask, which is not installed.",
        todo="pip install 'autofix[dask]', here and on the workers.",
    ) from error

CONNECT_SECONDS = 10.0
RETURN_SECONDS = 600.0
"""How long a scheduler that went away, or its workers, may take to come back."""
LOOK_SECONDS = 0.5
CLOSE_SECONDS = 5.0
LARGE = ".*Sending large graph.*"
"""Dask's advice for data; sources are meant to travel with each job."""


@contextmanager
def dask_crew(
    address: str,
    *,
    patience: float = RETURN_SECONDS,
    connect: float = CONNECT_SECONDS,
    note: Callable[[str], None] = lambda _text: None,
) -> Iterator[Crew]:
    """
    Open a crew of the workers of a scheduler; NetworkError if none answers.

    ``connect`` are the seconds that it has for that, ``patience`` those that it and its
    workers may be away later.
    """
    client = _connected(address, connect)
    crew = DaskCrew(address, client, patience=patience, note=note)
    try:
        yield crew
    finally:
        crew.close()


class DaskCrew:
    """The workers of one scheduler; each of their threads does one job at a time."""

    remote = True

    def __init__(
        self,
        address: str,
        client: Client,
        *,
        patience: float,
        note: Callable[[str], None],
    ) -> None:
        self._address = address
        self._patience = patience
        self._note = note
        self._client = client

    @property
    def name(self) -> str:
        """Say where they are."""
        return f"the workers of {self._address}"

    def slots(self) -> int:
        """
        Return the threads of all workers; waits while there are none.

        NetworkError if scheduler or workers do not come back in time.
        """
        deadline = time.monotonic() + self._patience
        told = False
        while True:
            if threads := self._threads():
                return threads
            if not told:
                told = True
                self._note(f"{self._address} has no workers now; waiting for them")
            if time.monotonic() > deadline:
                raise NetworkError(
                    f"The Dask scheduler {self._address} had no workers for "
                    f"{self._patience:.0f} s.",
                    todo=f"Start some (dask worker {self._address}) and give the same "
                    "command again: what is done is not done twice.",
                )
            time.sleep(LOOK_SECONDS)

    def submit(self, parcel: Parcel) -> Submitted:
        """Give a job to whichever worker is free; one that cannot be given is lost."""
        executor = self._client.get_executor(pure=False)  # type: ignore[no-untyped-call]
        future: Submitted = Future()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", LARGE)
            try:
                future = executor.submit(perform_in_worker, parcel)
            except (OSError, ClosedClientError) as error:
                future.set_exception(OSError(str(error)))
        return future

    def wait(self, futures: Collection[Submitted], seconds: float) -> set[Submitted]:
        """Wait until a job is done or lost."""
        return wait(futures, timeout=seconds, return_when=FIRST_COMPLETED).done

    def loss(self, error: BaseException) -> Loss | None:
        """Tell a job that kills its workers from a scheduler that went away."""
        return loss(error)

    def close(self) -> None:
        """Let go of the scheduler: what still runs there for us is ended."""
        with suppress(OSError, TimeoutError):
            self._client.close(timeout=CLOSE_SECONDS)  # type: ignore[no-untyped-call]

    def _threads(self) -> int:
        """Return how many threads there are; 0 while the scheduler is away."""
        try:
            if self._client.status not in ("running", "connecting"):
                self._client = _connected(self._address, LOOK_SECONDS * 4)
            threads = self._client.nthreads()  # type: ignore[no-untyped-call]
            return sum(threads.values())
        except (OSError, TimeoutError, NetworkError, CancelledError, RuntimeError):
            return 0


def loss(error: BaseException) -> Loss | None:
    """Say what an error of a job's future means; None if it is autofix's own mistake."""
    match error:
        case KilledWorker():
            return Loss(why="Its workers died, one after the other.", hopeless=True)
        case CancelledError() | OSError():
            return Loss(why="The scheduler was lost.", blamed=False)
        case ImportError():
            return Loss(why=f"The worker has another autofix or none: {error}.")
        case _:
            return trouble(error)


def perform_in_worker(parcel: Parcel) -> Delivery:
    """Do a job in a Dask worker, for as long as its scheduler wants it."""
    worker = get_worker()
    key = worker.get_current_task()

    def wanted() -> bool:
        task: Any = worker.state.tasks.get(key)
        return (
            worker.status.name == "running"
            and task is not None
            and task.state == "executing"
        )

    return perform(parcel, wanted)


def _connected(address: str, seconds: float) -> Client:
    try:
        return Client(  # type: ignore[no-untyped-call]
            address, timeout=seconds, set_as_default=False
        )
    except (OSError, TimeoutError, ValueError) as error:
        raise NetworkError(
            f"No Dask scheduler answers at {address}: {error}.",
            todo="Start one (dask scheduler), or leave --scheduler out.",
        ) from error
