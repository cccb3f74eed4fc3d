"""Unified diffs that ``git apply`` and ``patch -p1`` take."""

from __future__ import annotations

from difflib import unified_diff as _difflib


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
