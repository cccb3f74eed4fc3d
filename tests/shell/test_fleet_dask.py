"""What the crew makes of Dask's errors, and of a scheduler that nobody finds."""

from __future__ import annotations

import socket
from concurrent.futures import CancelledError

import pytest
from distributed import KilledWorker
from distributed.comm.core import CommClosedError

from autofix.errors import DiskFullError, NetworkError
from autofix.fleet.crew import Loss
from autofix.fleet.dask import dask_crew, loss


@pytest.mark.parametrize(
    ("error", "blamed", "hopeless"),
    [
        (KilledWorker("job", None, 3), True, True),  # type: ignore[arg-type]
        (CancelledError(), False, False),
        (CommClosedError("gone"), False, False),
        (ModuleNotFoundError("autofix"), True, False),
        (DiskFullError("No room."), True, False),
    ],
)
def test_a_lost_job_is_blamed_only_for_what_it_may_have_done(
    error: BaseException, *, blamed: bool, hopeless: bool
) -> None:
    """Dask gives up a job itself after it killed several workers."""
    found = loss(error)

    assert isinstance(found, Loss)
    assert (blamed, hopeless) == (found.blamed, found.hopeless)


def test_a_bug_is_no_loss() -> None:
    """It is told as one."""
    assert loss(KeyError("x")) is None


def test_nobody_there_is_said_with_what_to_do() -> None:
    """Within the time that a connection may take."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with (
        pytest.raises(NetworkError, match=f"tcp://127.0.0.1:{port}") as told,
        dask_crew(f"tcp://127.0.0.1:{port}", connect=0.5),
    ):
        pytest.fail("there is no scheduler")

    assert "dask scheduler" in told.value.todo
