"""What is left behind by a bug in autofix: a report, never a raw traceback."""

from __future__ import annotations

import platform
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from autofix import __version__
from autofix.errors import InternalError

KEEP = 20
"""How many reports stay in a folder: a bug may show itself every night."""


def as_internal_error(error: Exception, folder: Path) -> InternalError:
    """Write a report of the bug to ``folder`` and return the error that names it."""
    what = f"autofix has a bug: {type(error).__name__}: {error}"
    try:
        path = _write(error, folder)
    except OSError as failure:
        return InternalError(
            what, todo=f"Its report could not be written either ({failure})."
        )
    return InternalError(
        what,
        why="The project is as it was.",
        todo=f"Please report it with this file: {path}",
    )


def _write(error: Exception, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("crash-*.txt"))[: -KEEP + 1]:
        old.unlink(missing_ok=True)
    now = datetime.now(UTC)
    path = folder / f"crash-{now:%Y%m%dT%H%M%SZ}.txt"
    # No environment, no local variables, no arguments: they may hold secrets.
    lines = (
        f"autofix {__version__}, Python {platform.python_version()}",
        f"{platform.platform()}, {now.isoformat(timespec='seconds')}",
        f"command: {' '.join(sys.argv[1:2])}",
        "",
        "".join(traceback.format_exception(error)),
    )
    path.write_text("\n".join(lines), encoding="utf-8")
    return path
