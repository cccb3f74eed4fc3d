"""Writing so that a power cut or a full disk leaves the old content or the new."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autofix.errors import (
    DiskFullError,
    EnvironmentUnusableError,
    ReadOnlyError,
)

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FULL_WORDS = ("no space left on device", "disk quota exceeded")
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def is_disk_full(text: str) -> bool:
    """Tell whether a program or an engine says that there is no room left."""
    return any(words in text.lower() for words in _FULL_WORDS)


@contextmanager
def disk_errors(what: str, *, todo: str = "") -> Iterator[None]:
    """
    Translate OSError: ``what`` says what could not be done, as a clause.

    DiskFullError when there is no room, ReadOnlyError when it is forbidden,
    EnvironmentUnusableError otherwise.
    """
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        if error.errno in _FULL:
            raise DiskFullError(
                f"{what}: no space left on the disk{where}.",
                todo=todo or "Make room ('autofix clean --all-runs' helps) and rerun.",
            ) from error
        if error.errno in _FORBIDDEN:
            raise ReadOnlyError(
                f"{what}: {error.strerror}{where}.",
                todo=todo or "Give this user the right to write there and rerun.",
            ) from error
        reason = error.strerror or str(error)
        raise EnvironmentUnusableError(
            f"{what}: {reason}{where}.", todo=todo
        ) from error


def write_durably(path: Path, data: bytes) -> None:
    """Replace a file of autofix's own by new content, on the disk when it returns."""
    neighbour = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with neighbour.open("wb") as stream:
            stream.write(data)
            sync(stream.fileno())
        neighbour.replace(path)
    except BaseException:
        neighbour.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def copy_tree(source: Path, target: Path) -> None:
    """
    Copy a folder with modes, times and links as links, on the disk when it returns.

    Unlike ``shutil.copytree`` it stops at the first OSError and raises that one.
    """
    target.mkdir(parents=True)
    with os.scandir(source) as found:
        entries = tuple(found)
    for entry in entries:
        copy = target / entry.name
        if entry.is_dir(follow_symlinks=False):
            copy_tree(Path(entry.path), copy)
            continue
        shutil.copy2(entry.path, copy, follow_symlinks=False)
        if not entry.is_symlink():
            with copy.open("rb") as stream:
                sync(stream.fileno())
    shutil.copystat(source, target)
    sync_folder(target)


def sync(descriptor: int) -> None:
    """Bring a file to the disk, where its file system can."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise


def sync_folder(folder: Path) -> None:
    """Bring a folder's entries to the disk, where its file system can."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)
