"""One start of a server: a fresh sandbox, its files, its output, its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from autofix.core.model import Evidence, EvidenceSource
from autofix.engines.archive import Entry, pack
from autofix.engines.base import Follow
from autofix.engines.docker.client import Client
from autofix.engines.docker.specs import ContainerState
from autofix.engines.listening import Listener, Stop

END_SECONDS = 10.0
"""How long the engine may take to notice that a container ended."""


def serve(
    client: Client,
    container: str,
    *,
    files: Mapping[str, Path],
    seconds: float,
    settle: float,
    source: EvidenceSource,
    follow: Follow,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Evidence:
    """
    Run a created container to its end and return what it said.

    ``files`` maps absolute paths in it to local files, put there before it starts.
    It is listened to from before its start, so that no line is lost; the caller
    removes it.
    """
    place(client, container, files)
    listener = Listener(clock=clock, follow=follow)
    connection = client.attach(container)
    started = clock()
    try:
        client.start(container)
        stop = listener.listen(connection, seconds=seconds, settle=settle)
    finally:
        connection.close()
    taken = clock() - started
    if stop is Stop.ENDED:
        # It may have closed its output and run on in silence.
        state = _ended(client, container, max(seconds - taken, 0.0), clock, sleep)
        if state is None:
            stop = Stop.DEADLINE
    if stop is not Stop.ENDED:
        client.kill(container)
        state = _ended(client, container, END_SECONDS, clock, sleep)
    return listener.keeper.evidence(
        source=source,
        exit_code=state.exit_code if state and stop is Stop.ENDED else None,
        timed_out=stop is Stop.DEADLINE,
        out_of_memory=state is not None and state.out_of_memory,
        seconds=clock() - started,
    )


def place(client: Client, container: str, files: Mapping[str, Path]) -> None:
    """Put local files to absolute paths in a container."""
    if files:
        client.put(container, pack(_entries(files)), "/")


def _entries(files: Mapping[str, Path]) -> list[Entry]:
    return [
        Entry(name=str(PurePosixPath(name).relative_to("/")), content=path)
        for name, path in sorted(files.items())
    ]


def _ended(
    client: Client,
    container: str,
    seconds: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> ContainerState | None:
    """Return the state of a container that ended, None if it runs after ``seconds``."""
    deadline = clock() + seconds
    wait = 0.01
    while (state := client.state(container)).running:
        if clock() > deadline:
            return None
        sleep(wait)
        wait = min(wait * 2, 0.5)
    return state
