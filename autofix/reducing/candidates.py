"""Candidates on the disk: a project's folder with some files changed or taken away."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from autofix.durable import disk_errors

NO_ROOM = "Make room on the disk and rerun: it goes on where it was."
GIT = ".git"
VENDOR = "vendor"


def files_of(folder: Path) -> tuple[str, ...]:
    """List all files and links below a folder, relative to it, in order; git's left out."""
    found: list[str] = []
    for parent, folders, names in os.walk(folder):
        links = [each for each in folders if Path(parent, each).is_symlink()]
        folders[:] = sorted(each for each in folders if each != GIT)
        below = Path(parent).relative_to(folder)
        found.extend((below / name).as_posix() for name in (*names, *links))
    return tuple(sorted(found))


def with_changes(base: Path, into: Path, changes: Mapping[str, bytes | None]) -> Path:
    """
    Make a candidate: the files of ``base``, with other contents or without (None).

    What is unchanged is the same file on the disk, so nothing may write into either.
    """
    with disk_errors(f"A candidate cannot be written to {into}", todo=NO_ROOM):
        if into.exists():
            shutil.rmtree(into)
        into.mkdir(parents=True)
        if (base / GIT).exists():  # only says where the project ends
            (into / GIT).mkdir()
        for name in files_of(base):
            if name in changes:
                continue
            path = into / name
            path.parent.mkdir(parents=True, exist_ok=True)
            _link(base / name, path)
        for name, content in changes.items():
            if content is not None:
                path = into / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    return into


def without_files(base: Path, gone: Iterable[str]) -> dict[str, bytes | None]:
    """Return the change that takes files away; one that ends with "/" is a folder."""
    gone = tuple(gone)
    folders = tuple(each for each in gone if each.endswith("/"))
    return {
        name: None
        for name in files_of(base)
        if name in gone or (folders and name.startswith(folders))
    }


def digest_of(folder: Path) -> str:
    """Identify a candidate by its files' names and contents."""
    digest = sha256()
    for name in files_of(folder):
        path = folder / name
        digest.update(f"{name}\0".encode())
        if path.is_symlink():
            digest.update(f"link {path.readlink()}\0".encode())
        else:
            digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:24]


def _link(source: Path, path: Path) -> None:
    if source.is_symlink():
        path.symlink_to(source.readlink())
        return
    try:
        os.link(source, path)
    except OSError:  # a file system without hard links, or another one
        shutil.copy2(source, path)
