"""
A program's two output streams as they come over one connection of the engine.

docker-py's own streams are not used: they lose what arrives together with the HTTP
header (observed with docker-py 7.2.0: 44 of 150 short commands, on a busy machine),
and a silent program makes them wait for ever. Here nothing is written before
``begin`` and every wait has a deadline.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Protocol

from autofix.core.model import Stream
from autofix.engines.docker.failures import lost

HEADER = struct.Struct(">BxxxL")
RECEIVE = 1 << 16
STREAMS = {1: Stream.STDOUT, 2: Stream.STDERR}


class Socket(Protocol):
    """The part of a socket that is used; TLS and ssh sockets have it as well."""

    def recv(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes, b"" at the end; TimeoutError if none came."""
        ...

    def sendall(self, data: bytes, /) -> object:
        """Send all of ``data``."""
        ...

    def settimeout(self, seconds: float | None, /) -> object:
        """Let ``recv`` wait no longer than ``seconds``."""
        ...


class FrameReader:
    """
    Split the engine's multiplexed stream into pieces of stdout and stderr.

    A piece is handed on as it comes, so a frame of any length takes no memory.
    """

    def __init__(self) -> None:
        self._header = bytearray()
        self._stream = Stream.STDOUT
        self._left = 0

    def feed(self, data: bytes) -> Iterator[tuple[Stream, bytes]]:
        """Yield what ``data`` holds; an unknown stream's frames count as stderr."""
        rest = memoryview(data)
        while rest:
            if not self._left:
                missing = HEADER.size - len(self._header)
                self._header += rest[:missing]
                rest = rest[missing:]
                if len(self._header) == HEADER.size:
                    number, self._left = HEADER.unpack(self._header)
                    self._stream = STREAMS.get(number, Stream.STDERR)
                    self._header.clear()
                continue
            piece, rest = rest[: self._left], rest[self._left :]
            self._left -= len(piece)
            yield self._stream, bytes(piece)


class Connection:
    """A connection on which a program's output comes; close it when done."""

    def __init__(
        self,
        socket: Socket,
        *,
        clock: Callable[[], float],
        release: Callable[[], None],
        ask: Callable[[], object],
        silence: float,
    ) -> None:
        """Let ``ask`` raise if the engine is gone, after ``silence`` seconds of none."""
        self._socket = socket
        self._clock = clock
        self._release = release
        self._ask = ask
        self._silence = silence

    def begin(self) -> None:
        """
        Tell a program that waits for a line on its stdin to begin.

        EngineLostError if the connection broke: no program ends before it began.
        """
        try:
            self._socket.sendall(b"\n")
        except OSError as error:
            raise lost("begin a command", str(error)) from error

    def pieces(self, deadline: Callable[[], float]) -> Iterator[tuple[Stream, bytes]]:
        """
        Yield pieces of output until the program closes both streams.

        TimeoutError once the clock passes ``deadline``, which is asked again before
        each wait, so that it may move while pieces are read. A connection that
        breaks ends the pieces like a program that ends: ask the engine which it was.
        EngineLostError if all is silent because the engine hangs.
        """
        reader = FrameReader()
        while True:
            left = deadline() - self._clock()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(min(left, self._silence))
            try:
                data = self._socket.recv(RECEIVE)
            except TimeoutError:
                if left > self._silence:
                    self._ask()
                continue
            except OSError:
                return
            if not data:
                return
            yield from reader.feed(data)

    def close(self) -> None:
        """Close it; what the program still writes is lost."""
        self._release()
