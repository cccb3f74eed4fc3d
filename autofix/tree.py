"""
Walking folders that are not ours: in order, bounded, never through links.

A tree may be huge, unreadable in places or changing under our feet; a walk ends
after a number of entries and reports what it could not read.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".jj"})
NOT_SOURCE = VERSION_CONTROL | {"node_modules"}
MOST_ENTRIES = 200_000
_EFFECTIVE_IDS = os.access in os.supports_effective_ids


class EntryKind(StrEnum):
    """What an entry of a folder is, without following links."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    SPECIAL = "special file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry; ``size`` in bytes and ``mode`` are those of a regular file, else 0."""

    path: Path
    kind: EntryKind
    size: int = 0
    mode: int = 0


@dataclass(slots=True)
class Walk:
    """
    One walk; after it ``unreadable`` and ``stopped_early`` tell what was not seen.

    ``enters`` decides by a folder's path whether to go into it.
    """

    enters: Callable[[Path], bool]
    most: int = MOST_ENTRIES
    unreadable: list[tuple[Path, str]] = field(default_factory=list)
    stopped_early: bool = False
    _seen: int = 0

    def below(self, folder: Path) -> Iterator[Entry]:
        """Yield everything below ``folder``, names in order, folders before their own."""
        pending = [folder]
        while pending:
            current = pending.pop()
            inner: list[Path] = []
            for entry in self._entries(current):
                self._seen += 1
                if self._seen > self.most:
                    self.stopped_early = True
                    return
                if entry.kind is EntryKind.FOLDER:
                    if not self.enters(entry.path):
                        continue
                    inner.append(entry.path)
                yield entry
            pending.extend(reversed(inner))

    def _entries(self, folder: Path) -> list[Entry]:
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda each: each.name)
        except OSError as error:
            self.unreadable.append((folder, error.strerror or str(error)))
            return []
        return [self._entry(each) for each in entries]

    def _entry(self, found: os.DirEntry[str]) -> Entry:
        path = Path(found.path)
        try:
            if found.is_symlink():
                return Entry(path=path, kind=EntryKind.LINK)
            if found.is_dir(follow_symlinks=False):
                return Entry(path=path, kind=EntryKind.FOLDER)
            if found.is_file(follow_symlinks=False):
                status = found.stat(follow_symlinks=False)
                return Entry(
                    path=path,
                    kind=EntryKind.FILE,
                    size=status.st_size,
                    mode=status.st_mode & 0o777,
                )
        except OSError as error:
            self.unreadable.append((path, error.strerror or str(error)))
        return Entry(path=path, kind=EntryKind.SPECIAL)


def is_file(path: Path) -> bool:
    """Tell whether a path is a regular file; False also where nobody may look."""
    try:
        return path.is_file()
    except PermissionError:
        return False


def may(path: Path, right: int) -> bool:
    """Tell whether the user has a right (``os.R_OK | os.X_OK``) to a path."""
    return os.access(path, right, effective_ids=_EFFECTIVE_IDS)


def read_text(path: Path, most: int) -> str:
    """
    Read up to ``most`` bytes of a regular file as UTF-8, bad bytes replaced.

    OSError for anything else: opening a pipe would wait for ever.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:  # noqa: PTH123 (it is no path)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return file.read(most).decode("utf-8", errors="replace")
