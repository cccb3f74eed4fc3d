"""Unified diffs that ``git apply`` and ``patch -p1`` take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import unified_diff as _difflib

from autofix.core.lockfile import LOCK_FILE

GENERATED = frozenset({LOCK_FILE})
"""Files that nobody reads line by line, by their names without folders."""

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


def unified_diff(name: str, before: bytes | None, after: bytes | None) -> str:
    """
    Return the difference of one file as a patch, "" if there is none.

    None stands for a file that is not there; bytes that are no UTF-8 are kept apart
    by surrogates, so that two different files never look equal.
    """
    lines = _difflib(
        _lines(before),
        _lines(after),
        "/dev/null" if before is None else f"a/{name}",
        "/dev/null" if after is None else f"b/{name}",
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in lines
    )


def _lines(content: bytes | None) -> list[str]:
    text = (content or b"").decode("utf-8", "surrogateescape")
    pieces = text.split("\n")
    # Not splitlines(): a form feed or a U+2028 does not end a line of a patch.
    return [piece + "\n" for piece in pieces[:-1]] + [p for p in pieces[-1:] if p]


def condensed(patch: str) -> str:
    """
    Return a patch for a reader: of GENERATED files only how many lines differ.

    The result cannot be applied.
    """
    return "".join(
        _counted(part) if name.rpartition("/")[2] in GENERATED else part
        for name, part in _parts(patch)
    )


def _counted(part: str) -> str:
    old, new, *body = part.split("\n")
    added, removed = (sum(line[:1] == mark for line in body) for mark in "+-")
    return f"{old}\n{new}\n  (generated: {added} lines added, {removed} removed)\n"


def _parts(patch: str) -> Iterator[tuple[str, str]]:
    """Yield each file's name and part; content that looks like a header is content."""
    name, part = "", ""
    old = new = 0
    for line in _lines(patch.encode("utf-8", "surrogateescape")):
        inside = old > 0 or new > 0
        if not inside and line.startswith("--- "):
            if part:
                yield name, part
            name, part = line[4:].strip().partition("/")[2], ""
        elif (
            not inside and line.startswith("+++ ") and not line.endswith("/dev/null\n")
        ):
            name = line[4:].strip().partition("/")[2]
        elif not inside and (hunk := _HUNK.match(line)):
            old, new = (int(each or "1") for each in hunk.groups())
        elif inside and line[:1] != "\\":
            old -= line[:1] in " -"
            new -= line[:1] in " +"
        part += line
    if part:
        yield name, part
