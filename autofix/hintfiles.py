"""Finding and reading the files that say which Nakama a project runs on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

from autofix.core.hints import HintFile, Hints, file_kind, read_hints
from autofix.core.model import Finding
from autofix.core.modfolders import required_version
from autofix.core.releases import NAKAMA_COMMON
from autofix.project import Project
from autofix.tree import NOT_SOURCE, EntryKind, Walk, is_file, read_text

_SKIPPED = NOT_SOURCE | {"vendor", "testdata", "__pycache__"}
_HIDDEN_BUT_READ = frozenset({".github", ".gitlab", ".circleci", ".ci", ".docker"})
_MOST_ENTRIES = 20_000
_MOST_FILES = 400
_MOST_OTHERS = 2_000
_LARGEST_FILE = 256 * 1024


def project_hints(project: Project, edits: Mapping[Path, bytes] | None = None) -> Hints:
    """
    Read every file of the repository that may name the target Nakama.

    ``edits`` are files that a run will change, as they will be.
    """
    go_mod = read_text(project.go_mod, 16 * _LARGEST_FILE)
    version, line = required_version(go_mod, NAKAMA_COMMON)
    name = os.path.relpath(project.go_mod, project.repository)
    place = f"{Path(name).as_posix()}:{line}" if line else ""

    unreadable: dict[str, Finding] = {}

    def read(*, others: bool) -> Hints:
        files = read_hint_files(
            project.repository,
            project.module_folder,
            others=others,
            unreadable=unreadable,
        )
        if edits:
            files = tuple(_as_edited(file, project, edits) for file in files)
        return read_hints(files, nakama_common=version, nakama_common_place=place)

    hints = read(others=False)
    if not hints.servers and not hints.builders:
        hints = read(others=True)
    return replace(hints, findings=(*hints.findings, *unreadable.values()))


def hint_paths(project: Project) -> Iterator[Path]:
    """Yield the files that may say something of the target, the nearest first."""
    paths = _candidates(project.repository, project.module_folder, others=True)
    return islice(paths, _MOST_FILES)


def read_hint_files(
    repository: Path,
    module: Path,
    *,
    others: bool,
    unreadable: dict[str, Finding],
) -> tuple[HintFile, ...]:
    """
    Read Dockerfiles, compose files, scripts and CI files, the nearest first.

    What cannot be read is added to ``unreadable``, by its name.

    Searched from the module outwards to ``repository``, so that a bound on entries
    cuts off what is far away. The folders of other Go modules speak of other
    programs, so they are searched only with ``others``.
    """
    found: dict[str, HintFile] = {}
    for path in _candidates(repository, module, others=others):
        name = path.relative_to(repository).as_posix()
        if len(found) >= _MOST_FILES:
            break
        try:
            text = read_text(path, _LARGEST_FILE)
        except OSError as error:
            unreadable[name] = Finding(
                name="hint-unreadable",
                text=f"{name} cannot be read: {error.strerror}.",
                answer="What it says of the server does not count.",
            )
            continue
        distance = _distance(path.parent, module)
        found[name] = HintFile(path=name, text=text, distance=distance)
    return tuple(found.values())


def read_other_files(
    repository: Path, module: Path, wanted: Callable[[str], object]
) -> tuple[HintFile, ...]:
    """
    Read what else may name Nakama, the nearest first: files ``wanted`` by their names.

    Only those in which the word stands; what is long or cannot be read is left out.
    """
    found: dict[str, HintFile] = {}
    looked = 0
    for path in _candidates(repository, module, others=False, wanted=wanted):
        name = path.relative_to(repository).as_posix()
        looked += 1
        if looked > _MOST_OTHERS:
            break
        try:
            if name in found or path.stat().st_size > _LARGEST_FILE:
                continue
            content = path.read_bytes()
        except OSError:
            continue
        if b"nakama" in content.lower():
            text = content.decode("utf-8", "surrogateescape")
            found[name] = HintFile(path=name, text=text)
    return tuple(found.values())


def _as_edited(
    file: HintFile, project: Project, edits: Mapping[Path, bytes]
) -> HintFile:
    content = edits.get(project.repository / file.path)
    return (
        file
        if content is None
        else replace(file, text=content.decode("utf-8", "replace"))
    )


def _candidates(
    repository: Path,
    module: Path,
    *,
    others: bool,
    wanted: Callable[[str], object] = file_kind,
) -> Iterator[Path]:
    done: set[Path] = set()

    def enters(folder: Path) -> bool:
        hidden = folder.name.startswith(".") and folder.name not in _HIDDEN_BUT_READ
        if folder in done or hidden or folder.name in _SKIPPED:
            return False
        if os.path.lexists(folder / ".git"):  # somebody else's repository
            return False
        return others or not is_file(folder / "go.mod")

    walk = Walk(enters=enters, most=_MOST_ENTRIES)
    for base in (module, *module.parents):
        if not base.is_relative_to(repository):
            break
        for entry in walk.below(base):
            name = entry.path.relative_to(repository).as_posix()
            if entry.kind is EntryKind.FILE and wanted(name) is not None:
                yield entry.path
        done.add(base)


def _distance(folder: Path, module: Path) -> int:
    """Count the steps from the module's folder to another one."""
    return len(Path(os.path.relpath(folder, module)).parts)
