"""
Temporary folders that say whose they are, so that a killed run's can be removed.

The name carries the process and a digest of when it began: a later process of the
same number does not keep the folder alive.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autofix.engines.ownership import process_started, started_digest

_NAME = re.compile(r"autofix-(?P<pid>\d+)-(?P<began>[0-9a-f]{8})-\w+", re.ASCII)

SHARED = Path("/tmp")  # noqa: S108 (the folders made there are this user's own)
"""Where every account can reach a folder of its own, whatever TMPDIR is."""

Started = Callable[[int], str | None]


@contextmanager
def scratch_folder(below: Path | None = None) -> Iterator[Path]:
    """
    Make a folder for this process, by default below TMPDIR.

    OSError if there is no room. ``sweep_scratch`` looks below ``SHARED`` as well.
    """
    pid = os.getpid()
    prefix = f"autofix-{pid}-{started_digest(process_started(pid))}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=below) as folder:
        yield Path(folder)


def sweep_scratch(
    started: Started = process_started, *, shared: Path = SHARED
) -> tuple[Path, ...]:
    """Remove this user's folders whose process is gone, and return them."""
    removed = []
    places = dict.fromkeys((Path(tempfile.gettempdir()), shared))
    for path in (path for place in places for path in sorted(place.glob("autofix-*"))):
        named = _NAME.fullmatch(path.name)
        if named is None or not _is_ours(path):
            continue
        if started_digest(started(int(named["pid"]))) != named["began"]:
            shutil.rmtree(path, ignore_errors=True)
            removed.append(path)
    return tuple(removed)


def _is_ours(path: Path) -> bool:
    with suppress(OSError):
        status = path.lstat()
        return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return False
