"""The lock file on the disk: read with its trouble named, written only if it differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from autofix.core.lockfile import LOCK_FILE, LockError, lock_text, parse_lock
from autofix.core.model import Finding
from autofix.core.serverrecord import ServerRecord
from autofix.core.target import Target
from autofix.durable import disk_errors, write_durably
from autofix.engines.base import Image
from autofix.errors import LockFileError
from autofix.tree import is_file
from autofix.truth import Reading

MOST_BYTES = 4 << 20
"""That of Nakama 3.40.0 has 32 KB."""

RENEW = "Write it anew with: autofix check --lock"


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
    """Write a server's lock file beside go.mod, and return its path if it changed."""
    path = lock_path(module_folder)
    content = renewed_lock(module_folder, record)
    if content is None:
        return None
    with disk_errors(f"{path} cannot be written"):
        write_durably(path, content)
    return path


def renewed_lock(module_folder: Path, record: ServerRecord) -> bytes | None:
    """
    Return a server's lock file; None if the one beside go.mod says the same.

    Its comments and line ends do not matter; one that cannot be used says nothing.
    """
    path = lock_path(module_folder)
    wanted = lock_text(replace(record, identity="", read=""))
    try:
        if is_file(path) and lock_text(read_lock(path)) == wanted:
            return None
    except LockFileError:
        pass  # it is written anew
    return wanted.encode()


def lock_findings(module_folder: Path, record: ServerRecord) -> Iterator[Finding]:
    """Say why the lock file beside go.mod, if there is one, is not of a server."""
    path = lock_path(module_folder)
    if not is_file(path):
        return
    try:
        lock = read_lock(path)
    except LockFileError as error:
        text = why_unusable(path, error)
        yield Finding(name="lock-unusable", text=text, answer=RENEW)
        return
    if (lock.release or lock.reference) != (record.release or record.reference):
        yield Finding(
            name="lock-stale",
            text=f"{LOCK_FILE} is of {lock.called}; the server that started is "
            f"{record.called}.",
            answer=RENEW,
        )
    elif record.digest and is_of_another_image(lock, record.digest, record.identity):
        text = another_image(record.reference)
        yield Finding(name="lock-of-another-image", text=text, answer=RENEW)


def why_unusable(path: Path, error: LockFileError) -> str:
    """Say why a lock file counts for nothing, by its name alone."""
    return f"{LOCK_FILE} {error.what.removeprefix(f'{path} ')}"


def is_of_another_image(lock: ServerRecord, digest: str, identity: str) -> bool:
    """Tell whether a lock file was written from another image than this one."""
    return lock.digest not in {"", digest, identity}


def another_image(reference: str) -> str:
    """Say that a lock file was written from another image of this name."""
    return f"{LOCK_FILE} was written from another image than {reference} is now."


def image_record(image: Image, found: Reading, target: Target) -> ServerRecord:
    """
    Return what a lock file says of a server that was read in an image.

    A program of this machine is called by the target's image: its path means nothing
    to others, nor does its digest.
    """
    local = Path(image.reference).is_absolute()
    return ServerRecord(
        reference=target.server_images[0] if local else image.reference,
        machine=image.machine,
        linked=found.linked,
        identity=image.identity,
        digest="" if local else image.digest,
        release=found.facts.release,
        stand_in=found.facts.stand_in,
    )


def _unusable(path: Path, why: str) -> LockFileError:
    return LockFileError(
        f"{path} cannot be used: {why}.",
        todo=RENEW,
    )
