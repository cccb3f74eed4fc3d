"""
go.mod as text: where its statements, words and trailing comments are.

Only for what the go command does not offer: trailing comments, and lowering the go
line of a file that an old Go refuses to read at all. Content is read with the go
command (``autofix.core.gomod``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WORD = re.compile(
    r"[ \t\r]*(?:"
    r"(?P<comment>//.*)"
    r'|(?P<quoted>"(?:[^"\\]|\\.)*"|`[^`]*`)'
    r"|(?P<mark>[()\[\]{},])"
    r"|(?P<plain>(?:(?!//)[^\s()\[\]{},\"`])(?:(?!//)[^\s()\[\]{},])*)"
    r")"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """
    One statement on one line; ``line`` counts from 0.

    ``words`` are unquoted and leave out the verb; ``end`` is where the last word
    ends and ``comment`` where a trailing comment starts (-1 without one), as
    positions in the line; ``last`` is the position of the last word.
    """

    line: int
    verb: str
    words: tuple[str, ...]
    last: int
    end: int
    comment: int


def lines(text: str) -> list[str]:
    r"""Split at ``\n`` only, as Go does; a ``\r`` stays with its line."""
    return text.split("\n")


def statements(text: str) -> Iterator[Statement]:
    """Yield the statements of a go.mod; a line that cannot be read is passed over."""
    block = ""
    for number, line in enumerate(lines(text)):
        words, last, end, comment = _words(line)
        if not words:
            continue
        if block:
            if words == [")"]:
                block = ""
                continue
            verb = block
        elif words[-1] == "(":
            block = words[0]
            continue
        else:
            verb, *words = words
        yield Statement(
            line=number,
            verb=verb,
            words=tuple(words),
            last=last,
            end=end,
            comment=comment,
        )


def go_lines(text: str) -> tuple[str, str]:
    """Return the versions of the go line and the toolchain line, "" where absent."""
    found = {
        each.verb: each.words[0]
        for each in statements(text)
        if each.verb in ("go", "toolchain") and len(each.words) == 1
    }
    return found.get("go", ""), found.get("toolchain", "")


def with_go_lines(text: str, *, go: str = "", drop_toolchain: bool = False) -> str:
    """
    Set the go line and drop the toolchain line, leaving all else byte for byte.

    For Go before 1.21, whose ``go mod edit`` reads neither ``go 1.23.2`` nor
    ``toolchain`` ("must match format 1.23", "unknown directive", observed).
    """
    split = lines(text)
    dropped = set()
    for each in statements(text):
        if each.verb == "go" and go and len(each.words) == 1:
            line = split[each.line]
            split[each.line] = line[: each.last] + go + line[each.end :]
        elif each.verb == "toolchain" and drop_toolchain:
            dropped.add(each.line)
    return "\n".join(line for at, line in enumerate(split) if at not in dropped)


def _words(line: str) -> tuple[list[str], int, int, int]:
    """Return a line's words, where the last one starts and ends, and its comment."""
    words: list[str] = []
    at = last = end = 0
    comment = -1
    while at < len(line):
        match = _WORD.match(line, at)
        if match is None:
            if line[at:].strip(" \t\r"):
                return [], 0, 0, -1
            break
        if match["comment"] is not None:
            comment = match.start("comment")
            break
        kind = match.lastgroup or ""
        word = match[kind]
        words.append(word[1:-1] if kind == "quoted" else word)
        last, end = match.span(kind)
        at = match.end()
    return words, last, end, comment
