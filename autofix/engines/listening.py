"""Listen to a program: bytes to lines, lines to evidence, an end that always comes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Protocol

from autofix.core.model import OutputLine, Stream
from autofix.core.stream import EvidenceKeeper, LineBuffer
from autofix.engines.base import Follow

DYING_SECONDS = 5.0
"""How long a program may take to end once it prints its own crash: machines are busy."""
_CRASH = re.compile(r"panic: |fatal error: |unexpected fault address ")
"""How the Go runtime begins to say that the program ends."""


class Output(Protocol):
    """What a program writes, wherever it runs."""

    def pieces(self, deadline: Callable[[], float]) -> Iterator[tuple[Stream, bytes]]:
        """
        Yield pieces of output until the program writes no more.

        TimeoutError once the clock passes ``deadline``, which is asked again before
        each wait, so that it may move while pieces are read.
        """
        ...


class Stop(StrEnum):
    """Why listening to a program ended."""

    ENDED = "ended"
    """The program writes no more: it ended, or the engine did."""
    ASKED = "asked"
    """``follow`` returned True."""
    DEADLINE = "deadline"


class Listener:
    """
    Reads one program's output until it ends, ``follow`` has enough, or time is up.

    ``keeper`` has the lines for the evidence. With ``data`` stdout goes there in
    pieces instead, and only stderr is lines. What is in ``hidden`` shows in no line.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        follow: Follow | None,
        data: Callable[[bytes], None] | None = None,
        hidden: Iterable[str] = (),
    ) -> None:
        self.keeper = EvidenceKeeper()
        self._clock = clock
        self._follow = follow
        self._data = data
        self._hidden = tuple(hidden)
        self._asked = False
        self._deadline = 0.0
        self._latest = 0.0
        self._settle = 0.0

    def listen(self, output: Output, *, seconds: float, settle: float = 0.0) -> Stop:
        """
        Read until there is a reason to stop, and return it.

        Once ``follow`` has returned True, ``settle`` more seconds are listened to; a
        program that begins to print its own crash by then is heard to its end.
        """
        self._deadline = self._latest = self._clock() + seconds
        self._settle = settle
        buffers = {stream: LineBuffer(stream) for stream in Stream}
        try:
            for stream, piece in output.pieces(lambda: self._deadline):
                if self._data is not None and stream is Stream.STDOUT:
                    self._data(piece)
                    continue
                for line in buffers[stream].feed(piece):
                    self._hear(line)
                if self._asked and not settle:
                    return Stop.ASKED
        except TimeoutError:
            return Stop.ASKED if self._asked else Stop.DEADLINE
        finally:
            for buffer in buffers.values():
                for line in buffer.close():
                    self._hear(line)
        return Stop.ENDED

    def _hear(self, line: OutputLine) -> None:
        for secret in self._hidden:
            if secret in line.text:
                line = replace(line, text=line.text.replace(secret, "***"))
        self.keeper.add(line)
        wanted = self._follow is not None and self._follow(line)
        if wanted and not self._asked:
            self._asked = True
            self._deadline = min(self._latest, self._clock() + self._settle)
        elif self._asked and _CRASH.match(line.text):
            self._deadline = min(self._latest, self._clock() + DYING_SECONDS)
