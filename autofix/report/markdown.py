"""Text of programs in Markdown: nothing in it becomes markup, a link or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from autofix.report.escape import escape

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~@&]|^[-+=]|(?<=^\d)[.)])")
_FENCE = re.compile(r"`{3,}")


def plain(text: str) -> str:
    """Return text in which no character has a meaning to Markdown."""
    return _MARKUP.sub(r"\\\1", escape(text))


def code(text: str) -> str:
    """Return text as inline code, verbatim; also in a cell of a table."""
    shown = escape(text).replace("|", "\\|")
    ticks = "`" * (max(map(len, re.findall(r"`+", shown)), default=0) + 1)
    pad = " " if "`" in shown else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}" if shown else ""


def block(text: str, language: str = "") -> str:
    """Return text as a fenced block whose fence it cannot close."""
    longest = max(map(len, _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    lines = ("\t".join(map(_line, line.split("\t"))) for line in text.splitlines())
    return "\n".join((f"{fence}{language}", *lines, fence))


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of a table; the cells are Markdown already."""
    head = tuple(head)
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _line(text: str) -> str:
    return escape(text, longest=10_000)
