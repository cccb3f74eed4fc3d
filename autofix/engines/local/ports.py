"""Ports of this machine's loopback, reserved among all runs of this machine."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from autofix.errors import EnvironmentUnusableError

LOOPBACK = "127.0.0.1"
SIZE = 8
"""Ports in a block: the one that reserves it, and those that its owner may use."""

# Below the range that systems take ports for outgoing connections from.
_BLOCKS = range(20000, 32000, SIZE)


@contextmanager
def reserved_ports() -> Iterator[range]:
    """
    Hold seven ports in a row that nobody listens on, and that no other run gets.

    What is to listen on a port is another program, which comes to it seconds later,
    so the port itself cannot be held. The one before them is, by a socket that ends
    with this process: a block whose first port is taken is another run's.
    """
    blocks = list(_BLOCKS)
    random.SystemRandom().shuffle(blocks)
    for first in blocks:
        if (guard := _guard(first)) is not None:
            break
    else:
        raise EnvironmentUnusableError(
            f"No {SIZE} ports in a row between {_BLOCKS[0]} and {_BLOCKS[-1] + SIZE} "
            f"are free on {LOOPBACK}.",
            why="A server of the local engine listens there.",
        )
    with guard:
        yield range(first + 1, first + SIZE)


def _guard(first: int) -> socket.socket | None:
    """Return the socket that holds this block; None if one of its ports is taken."""
    guard = _socket()
    rest = range(first + 1, first + SIZE)
    if _bound(guard, first) and all(map(_is_free, rest)):
        return guard
    guard.close()
    return None


def _is_free(port: int) -> bool:
    with _socket() as probe:
        return _bound(probe, port)


def _bound(one: socket.socket, port: int) -> bool:
    try:
        one.bind((LOOPBACK, port))
    except OSError:
        return False
    return True


def _socket() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM)
