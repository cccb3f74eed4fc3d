"""Taking turns: of many autofix processes on a machine only one pulls an image."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256

from autofix.logs import logger
from autofix.servercache import cache_home

FOLDER = "pulls"


@contextmanager
def pull_turn(reference: str, waiting: Callable[[], None]) -> Iterator[None]:
    """
    Hold an image's name for this process; the kernel lets go of it on ``kill -9``.

    ``waiting`` is called once if another process holds it. Where no lock file can be
    made nobody waits: the engine itself joins pulls of one image.
    """
    folder = cache_home(os.environ) / FOLDER
    name = sha256(reference.encode()).hexdigest()[:16]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (folder / f"{name}.lock").open("ab")
    except OSError as error:
        logger().info("no turns for pulling", error=str(error))
        yield
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
