"""When listening to a program ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from autofix.core.model import Stream
from autofix.engines.listening import DYING_SECONDS, Listener, Stop

UP = b"Startup done\n"


class Script:
    """A program that writes at given seconds, and ends at the last of them."""

    def __init__(self, *writes: tuple[float, bytes], ends: float) -> None:
        self.now = 0.0
        self._writes = writes
        self._ends = ends

    def clock(self) -> float:
        """Return the time of the script."""
        return self.now

    def pieces(self, deadline: Callable[[], float]) -> Iterator[tuple[Stream, bytes]]:
        """Write what is due before the deadline."""
        for at, piece in (*self._writes, (self._ends, b"")):
            if at > deadline():
                self.now = deadline()
                raise TimeoutError
            self.now = at
            if piece:
                yield Stream.STDERR, piece


def listened(script: Script) -> Stop:
    """Listen until half a second after the program is up, ten seconds at most."""
    listener = Listener(clock=script.clock, follow=lambda line: "done" in line.text)
    return listener.listen(script, seconds=10.0, settle=0.5)


def test_a_program_that_stays_up_is_left() -> None:
    """Half a second after it said what was waited for."""
    script = Script((1.0, UP), ends=9.0)

    assert (Stop.ASKED, 1.5) == (listened(script), script.now)


@pytest.mark.parametrize(
    "crash",
    [
        b"panic: late\n",
        b"fatal error: stack overflow\n",
        b"unexpected fault address 0x1\n",
    ],
)
def test_a_program_that_prints_its_crash_is_heard_to_its_end(crash: bytes) -> None:
    """On a busy machine it takes longer than that to be gone."""
    script = Script((1.0, UP), (1.4, crash), ends=1.4 + DYING_SECONDS - 0.1)

    assert Stop.ENDED is listened(script)


def test_a_program_that_survives_what_it_prints_is_left() -> None:
    """A panic that was recovered, and logged, is not the end."""
    script = Script((1.0, UP), (1.4, b"panic: recovered\n"), ends=99.0)

    assert (Stop.ASKED, 1.4 + DYING_SECONDS) == (listened(script), script.now)


def test_time_is_bounded_whatever_is_printed() -> None:
    """A program that prints one crash after the other does not extend it for ever."""
    crashes = [(1.2 + n / 5, b"panic: again\n") for n in range(60)]
    script = Script((1.0, UP), *crashes, ends=99.0)

    assert (Stop.ASKED, 10.0) == (listened(script), script.now)
