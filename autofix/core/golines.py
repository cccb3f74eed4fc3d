"""
The go lines beside the plugin's own go.mod: of folders that it is replaced by.

The go command refuses a go.mod whose go line is above its own release wherever it
reads one: the plugin's, and that of each folder a ``replace`` points to. All of them
are read as text before the first ``go list``, because after it only one is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autofix.core.model import Finding
from autofix.core.versions import compare_go, go_line

FIRST_TO_REFUSE = "1.21"
"""Earlier releases build a module of a newer go line as well as they can."""
FIRST_LENIENT = "1.17"
"""Earlier releases cannot read ``go 1.21.0`` in a replaced folder either (observed)."""
_TWO_NUMBERS = re.compile(r"\d+\.\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoLines:
    """The go line and the toolchain line of one file, "" where absent."""

    go: str
    toolchain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoLineEdit:
    """
    A go line to set, and whether to drop the toolchain line.

    ``file`` is relative to the plugin's module, with slashes: ``../sign/go.mod``.
    """

    file: str
    go: str = ""
    drop_toolchain: bool = False


def lowered(beside: Mapping[str, GoLines], go: str) -> tuple[GoLineEdit, ...]:
    """Return the edits without which a builder's Go refuses to read a file."""
    return tuple(
        GoLineEdit(file=file, go=go_line(go))
        for file, lines in sorted(beside.items())
        if refuses(go, lines.go)
    )


def lowered_findings(
    before: Mapping[str, GoLines], after: Mapping[str, GoLines]
) -> Iterator[Finding]:
    """Say which files beside go.mod have another go line now."""
    for file, lines in after.items():
        was = before.get(file, lines)
        if was.go != lines.go:
            yield Finding(
                name="go-line-lowered-beside",
                text=f"{file} says go {was.go}, more than the server's Go can read.",
                answer=f"Set to go {lines.go}.",
            )


def refuses(go: str, line: str) -> bool:
    """
    Tell whether a Go release refuses to read another module with this go line.

    Observed with 1.15.15 to 1.26.5: since 1.21 a line above the release; up to 1.16
    one that it cannot read (``1.21.0``); between them none.
    """
    if not line:
        return False
    if compare_go(go, FIRST_TO_REFUSE) >= 0:
        return compare_go(line, go) > 0
    unreadable = _TWO_NUMBERS.fullmatch(line) is None
    return compare_go(go, FIRST_LENIENT) < 0 and unreadable
