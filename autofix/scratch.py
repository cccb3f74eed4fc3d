"""
Temporary folders that say whose they are, so that a killed run's can be removed.

The name carries the process and a digest of when it began: a later process of the
same number does not keep the folder alive.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autofix.engines.ownership import process_started

_NAME = re.compile(r"autofix-(?P<pid>\d+)-(?P<began>[0-9a-f]{8})-\w+", re.ASCII)

Started = Callable[[int], str | None]


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder below TMPDIR for this process; OSError if there is no room."""
    pid = os.getpid()
    prefix = f"autofix-{pid}-{_digest(process_started(pid))}-"
    with tempfile.TemporaryDirectory(prefix=prefix) as folder:
        yield Path(folder)


def sweep_scratch(started: Started = process_started) -> tuple[Path, ...]:
    """Remove this user's folders whose process is gone, and return them."""
    removed = []
    for path in sorted(Path(tempfile.gettempdir()).glob("autofix-*")):
        named = _NAME.fullmatch(path.name)
        if named is None or not _is_ours(path):
            continue
        if _digest(started(int(named["pid"]))) != named["began"]:
            shutil.rmtree(path, ignore_errors=True)
            removed.append(path)
    return tuple(removed)


def _is_ours(path: Path) -> bool:
    with suppress(OSError):
        status = path.lstat()
        return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return False


def _digest(began: str | None) -> str:
    return hashlib.sha256((began or "").encode()).hexdigest()[:8]
