"""The lock file on the disk: read with its trouble named, written only if it differs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from autofix.core.lockfile import LOCK_FILE, LockError, lock_text, parse_lock
from autofix.core.serverrecord import ServerRecord
from autofix.durable import disk_errors, write_durably
from autofix.errors import LockFileError
from autofix.tree import is_file

MOST_BYTES = 4 << 20
"""That of Nakama 3.40.0 has 32 KB."""


def lock_path(module_folder: Path) -> Path:
    """Return where the lock file of a project lies: beside go.mod."""
    return module_folder / LOCK_FILE


def read_lock(path: Path) -> ServerRecord:
    """Read a lock file; LockFileError if it is damaged, edited or foreign."""
    with disk_errors(f"{path} cannot be read"), path.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _unusable(path, "it is too long")
    try:
        return parse_lock(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _unusable(path, "it is no text") from error
    except LockError as error:
        raise _unusable(path, str(error)) from error


def write_lock(module_folder: Path, record: ServerRecord) -> Path | None:
    """
    Write a server's lock file beside go.mod, and return its path if it changed.

    One whose content is the same stays as it is, whatever its comments and line ends.
    """
    path = lock_path(module_folder)
    wanted = replace(record, identity="", read="")
    try:
        if is_file(path) and lock_text(read_lock(path)) == lock_text(wanted):
            return None
    except LockFileError:
        pass  # it is written anew
    with disk_errors(f"{path} cannot be written"):
        write_durably(path, lock_text(wanted).encode())
    return path


def _unusable(path: Path, why: str) -> LockFileError:
    return LockFileError(
        f"{path} cannot be used: {why}.",
        todo="Write it anew with: autofix check --lock",
    )
