"""Runs side by side get ports of their own, and never one that somebody listens on."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest

from autofix.engines.local import ports
from autofix.engines.local.ports import LOOPBACK, SIZE, reserved_ports
from autofix.errors import EnvironmentUnusableError

BLOCKS = 4
HOLD = """
import sys
from autofix.engines.local.ports import reserved_ports
with reserved_ports() as ports:
    print(*ports, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> range:
    """Leave four blocks, which no run takes; return the first port of each."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 12000 + worker * BLOCKS * SIZE
    blocks = range(first, first + BLOCKS * SIZE, SIZE)
    monkeypatch.setattr(ports, "_BLOCKS", blocks)
    return blocks


def test_what_another_process_holds_is_its_own_until_it_ends() -> None:
    """Runs side by side do not know each other."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        theirs = [int(port) for port in process.stdout.readline().split()]
        assert ports._guard(theirs[0] - 1) is None
        process.communicate()
    assert len(theirs) == SIZE - 1


def test_no_two_hold_the_same(few: range) -> None:
    """All blocks can be had, each once."""
    with ExitStack() as stack:
        found = [stack.enter_context(reserved_ports()) for _ in few]

    assert sorted(found, key=min) == [range(b + 1, b + SIZE) for b in few]


def test_a_block_that_somebody_listens_in_is_left(few: range) -> None:
    """Whoever it is, and whichever port it is: a server would stumble over it."""
    with ExitStack() as stack:
        for first, place in zip(few[1:], (0, 1, SIZE - 1), strict=True):
            other = stack.enter_context(socket.socket())
            other.bind((LOOPBACK, first + place))
            other.listen()
        with reserved_ports() as mine:
            assert range(few[0] + 1, few[0] + SIZE) == mine
            with pytest.raises(EnvironmentUnusableError, match="8 ports in a row"):
                stack.enter_context(reserved_ports())


def test_what_was_held_is_free_again_at_the_end(few: range) -> None:
    """A run that ends, also by an error, leaves nothing behind it."""
    for _ in range(3 * len(few)):
        with pytest.raises(KeyError), reserved_ports():
            raise KeyError
