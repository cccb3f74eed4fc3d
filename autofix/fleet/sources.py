"""
A plugin's sources, packed so that they can travel to a worker.

A folder is packed as it lies, without what belongs to nobody else: version control,
files named like credentials. What is to be committed, or is asked for by revision,
comes out of git: one commit without its history, from which the worker's branches
can be brought home.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from autofix.core.fleet import FleetPlugin
from autofix.durable import disk_errors
from autofix.engines.archive import CHUNK, Entry, pack_compressed
from autofix.errors import ProjectError
from autofix.fleet.repository import commit_of, fetched, home_of, remote_of
from autofix.fleet.submodules import fetch_submodules
from autofix.inputs import PROJECT, source_entries
from autofix.layers import find_config_file
from autofix.locking import lock_path
from autofix.project import Project, find_projects
from autofix.tree import is_file

MOST_BYTES = 256 << 20
"""Compressed; they are held in memory while they travel."""
BUNDLED = "repository"
"""The folder in the archive in which a plugin from git lies, as its .git."""
LINKS = "links"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """
    What is packed in ``archive``.

    ``identity`` is equal for equal sources. ``folder`` is where the plugin's module is
    looked for, relative to the root. ``commit`` is the one that was taken from git, ""
    for a folder as it lies; ``home`` the repository of this machine that it is from.
    ``missing`` says why submodules of it could not be had.
    """

    identity: str
    archive: Path
    folder: str
    commit: str = ""
    home: Path | None = None
    missing: tuple[str, ...] = ()


def packed(
    plugin: FleetPlugin, *, base: Path, committed: bool, into: Path, scratch: Path
) -> Sources:
    """
    Pack a plugin into the folder ``into``; relative paths are relative to ``base``.

    ProjectError if there is no such folder, repository or revision; an archive of the
    same sources is not written again.
    """
    if committed:
        return _from_git(plugin, base, into, scratch)
    return _as_it_lies(base / plugin.path / plugin.folder, into)


def _as_it_lies(folder: Path, into: Path) -> Sources:
    projects = find_projects(folder)
    start = folder.resolve()
    root = Path(os.path.commonpath([start, *(each.extent for each in projects)]))
    found = {
        entry.name: entry
        for project in projects
        for entry in (*_entries(project, root), *_settings(project, start, root))
    }
    entries = [found[name] for name in sorted(found)]
    identity = _identity(entries)
    return Sources(
        identity=identity,
        archive=_written(into, identity, _plain(entries)),
        folder=start.relative_to(root).as_posix(),
    )


def _entries(project: Project, root: Path) -> Iterator[Entry]:
    """Yield a project's files, named as they lie below ``root``."""
    prefix = project.extent.relative_to(root)
    for entry in source_entries(project.extent, project, project.files()):
        inner = prefix / Path(entry.name).relative_to(PROJECT)
        yield replace(entry, name=inner.as_posix())
    if project.git_root is not None:
        # What a repository is decides how far files are looked for upwards.
        mark = project.git_root.relative_to(root) / ".git"
        yield Entry(name=mark.as_posix(), mode=0o755)


def _settings(project: Project, start: Path, root: Path) -> Iterator[Entry]:
    """Yield what autofix itself reads beside go.mod, and where the search begins."""
    config = find_config_file(start)
    lock = lock_path(project.module_folder)
    for path in (config, lock):
        if path is not None and is_file(path) and path.is_relative_to(root):
            yield Entry(name=path.relative_to(root).as_posix(), content=path)


def _from_git(plugin: FleetPlugin, base: Path, into: Path, scratch: Path) -> Sources:
    where, folder, home = plugin.git, plugin.folder, None
    if plugin.path or (base / plugin.git).exists():
        home, inside = home_of(base / (plugin.path or plugin.git))
        where, folder = str(home), (inside / plugin.folder).as_posix()
    commit = commit_of(where, plugin.revision or "HEAD", local=home is not None)
    archive = into / f"{commit}.tar.gz"
    missing: tuple[str, ...] = ()
    if not archive.is_file():
        clone = fetched(where, commit, scratch, home=home)
        origin = remote_of(home) if home else where
        missing = fetch_submodules(clone, origin, scratch, home=home)
        # What is not whole is fetched again the next time, under the same name.
        name = f"{commit}-{secrets.token_hex(4)}" if missing else commit
        archive = _written(into, name, _below(clone / ".git", BUNDLED))
    return Sources(
        identity=commit,
        archive=archive,
        folder=folder,
        commit=commit,
        home=home,
        missing=missing,
    )


def _below(folder: Path, name: str) -> Iterator[Entry]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        inner = Path(name, Path(parent).relative_to(folder))
        # git finds no repository without its folders, empty or not.
        yield Entry(name=inner.as_posix(), mode=0o755)
        for each in sorted(names):
            yield Entry(name=(inner / each).as_posix(), content=Path(parent, each))


def _plain(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield plain files below PROJECT, and each link as a file of LINKS that names it."""
    for entry in entries:
        if entry.link:
            name = f"{LINKS}/{entry.name}"
            yield Entry(name=name, content=entry.link.encode())
        else:
            name = f"{PROJECT}/{entry.name}"
            yield Entry(name=name, content=entry.content, mode=entry.mode)


def _identity(entries: Iterable[Entry]) -> str:
    """Digest names, modes and contents; when a file was touched does not matter."""
    digest = sha256()
    for entry in entries:
        content = sha256(entry.link.encode())
        if isinstance(entry.content, Path):
            what = f"{entry.content} cannot be read"
            with disk_errors(what), entry.content.open("rb") as file:
                while piece := file.read(CHUNK):
                    content.update(piece)
        executable = "x" if entry.mode & 0o100 else "-"
        digest.update(f"{executable} {content.hexdigest()} {entry.name}\0".encode())
    return digest.hexdigest()


def _written(into: Path, identity: str, entries: Iterable[Entry]) -> Path:
    """Write the archive, whole or not at all; ProjectError if it is too large."""
    path = into / f"{identity}.tar.gz"
    if path.is_file():
        return path
    partial = path.with_suffix(f".{secrets.token_hex(4)}")
    with disk_errors(f"The sources cannot be packed into {into}"):
        into.mkdir(parents=True, exist_ok=True)
        try:
            if not pack_compressed(entries, partial, most=MOST_BYTES):
                raise ProjectError(
                    f"The sources have more than {MOST_BYTES >> 20} MiB, compressed; "
                    "they do not travel."
                )
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    return path
