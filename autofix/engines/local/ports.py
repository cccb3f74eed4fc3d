"""Ports of this machine's loopback that nobody listens on."""

from __future__ import annotations

import random
import socket
from collections.abc import Sequence

from autofix.errors import EnvironmentUnusableError

LOOPBACK = "127.0.0.1"
# Below the range that systems take ports for outgoing connections from.
_FIRST, _LAST = 20000, 31999
_TRIES = 200


def free_ports(offsets: Sequence[int]) -> int:
    """Return a port for which it and its neighbours at these offsets are free."""
    dice = random.SystemRandom()
    for _ in range(_TRIES):
        port = dice.randint(_FIRST, _LAST)
        if all(_is_free(port + offset) for offset in (0, *offsets)):
            return port
    raise EnvironmentUnusableError(
        f"No ports between {_FIRST} and {_LAST} are free on {LOOPBACK}.",
        why="A server of the local engine listens there.",
    )


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
