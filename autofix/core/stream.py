"""
From a program's bytes to whole lines, and from its lines to bounded evidence.

Programs are not trusted to be brief: one endless line, a megabyte a second and bytes
that are no UTF-8 all cost a bounded amount of memory and little time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from autofix.core.credentials import without_credentials
from autofix.core.model import Evidence, EvidenceSource, OutputLine, Stream

LINE_LIMIT = 65536
"""Bytes kept of one line."""

TELLING = (
    '"level":"error"',
    '"level":"fatal"',
    '"level":"panic"',
    '"severity":"ERROR"',
    '"severity":"CRITICAL"',
    '"msg":"Node"',
    '"message":"Node"',
    "Found runtime modules",
    "Startup done",
    "fatal error:",
    "panic:",
    "SIGSEGV",
    "SIGBUS",
    "flag provided but not defined",
)
"""What a line that may decide a diagnosis contains; plain substrings, for speed."""

PLUGIN_OWN = '"runtime":"go"'
"""Marks a line of the plugin's own logger: loud, and never a load failure."""


class LineBuffer:
    """
    Cut one stream's chunks into whole lines.

    Lines end with LF or CRLF, which are removed; a line of more than ``limit`` bytes
    is cut there and marked ``truncated``; bytes that are no UTF-8 become U+FFFD, and
    credentials in URLs are hidden. How the bytes are spread over chunks makes no
    difference.
    """

    def __init__(self, stream: Stream, limit: int = LINE_LIMIT) -> None:
        self._stream = stream
        self._limit = limit
        self._pending = bytearray()
        self._overlong = False

    def feed(self, chunk: bytes) -> list[OutputLine]:
        """Return the lines that ``chunk`` completes, in order."""
        first, *rest = chunk.split(b"\n")
        if not rest:
            self._append(first)
            return []
        self._append(first)
        lines = [self._take()]
        for piece in rest[:-1]:
            self._append(piece)
            lines.append(self._take())
        self._append(rest[-1])
        return lines

    def close(self) -> list[OutputLine]:
        """Return the last line if the stream ended without a newline, else nothing."""
        return [self._take()] if self._pending else []

    def _append(self, piece: bytes) -> None:
        # One byte more than the limit is kept: it may be the CR of a CRLF.
        room = self._limit + 1 - len(self._pending)
        if len(piece) > room:
            self._overlong = True
            piece = piece[:room]
        self._pending += piece

    def _take(self) -> OutputLine:
        content = bytes(self._pending)
        if not self._overlong:
            content = content.removesuffix(b"\r")
        truncated = len(content) > self._limit
        self._pending.clear()
        self._overlong = False
        return OutputLine(
            stream=self._stream,
            text=without_credentials(content[: self._limit].decode("utf-8", "replace")),
            truncated=truncated,
        )


@dataclass(slots=True)
class EvidenceKeeper:
    """
    Keep the lines of a program that could matter, in order, and count the others.

    Kept are the ``first`` lines, the ``last`` lines, and between them up to
    ``telling`` lines that look like a failure or a milestone of the server
    (``TELLING``). Lines kept for their place only are cut at ``width`` characters,
    those others at four times as many.
    """

    first: int = 200
    last: int = 200
    telling: int = 200
    width: int = 4096
    _seen: int = 0
    _head: list[tuple[int, OutputLine]] = field(default_factory=list)
    _middle: list[tuple[int, OutputLine]] = field(default_factory=list)
    _tail: deque[tuple[int, OutputLine]] = field(default_factory=deque)

    def add(self, line: OutputLine) -> None:
        """Take the next line."""
        number = self._seen
        self._seen += 1
        text = line.text
        if any(mark in text for mark in TELLING) and PLUGIN_OWN not in text:
            kept = _narrow(line, 4 * self.width)
            if number >= self.first and len(self._middle) < self.telling:
                self._middle.append((number, kept))
        else:
            kept = _narrow(line, self.width)
        if number < self.first:
            self._head.append((number, kept))
            return
        self._tail.append((number, kept))
        if len(self._tail) > self.last:
            self._tail.popleft()

    def evidence(
        self,
        *,
        source: EvidenceSource,
        exit_code: int | None,
        timed_out: bool = False,
        out_of_memory: bool = False,
        seconds: float = 0.0,
    ) -> Evidence:
        """Return what was kept, with how the program ended."""
        kept = dict(self._head) | dict(self._middle) | dict(self._tail)
        return Evidence(
            source=source,
            lines=tuple(kept[number] for number in sorted(kept)),
            exit_code=exit_code,
            timed_out=timed_out,
            out_of_memory=out_of_memory,
            omitted=self._seen - len(kept),
            seconds=seconds,
        )


def _narrow(line: OutputLine, width: int) -> OutputLine:
    if len(line.text) <= width:
        return line
    return replace(line, text=line.text[:width], truncated=True)
