"""The files of a project that name its Nakama, read whole and moved to another one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autofix.core.elsewhere import (
    OtherKind,
    manifest_moves,
    mentions,
    named_elsewhere,
    other_kind,
)
from autofix.core.hints import HintFile, read_hints
from autofix.core.lockfile import LOCK_FILE
from autofix.core.model import Finding
from autofix.core.moves import Nakama, edited
from autofix.core.moving import SETTINGS, Moved, moved
from autofix.core.releases import ReleaseTable
from autofix.core.target import decide_target
from autofix.errors import LockFileError, TargetError
from autofix.hintfiles import project_hints, read_hint_files, read_other_files
from autofix.locking import MOST_BYTES, lock_path, read_lock
from autofix.project import Project
from autofix.result import MovedPlace
from autofix.tree import is_file, read_text

LARGEST = 256 * 1024
"""Bytes; ``hintfiles`` reads no more of a file either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectMoves:
    """
    What an upgrade edits before the loop begins.

    ``before`` is the release that the project names now, "" if nothing tells it;
    ``edits`` map absolute paths to new contents. ``lock`` is the lock file's place,
    where there is one: its content is known once the server was read.
    """

    before: str
    after: str
    places: tuple[MovedPlace, ...]
    edits: Mapping[Path, bytes]
    findings: tuple[Finding, ...]
    lock: MovedPlace | None = None


def named_release(project: Project, table: ReleaseTable) -> str:
    """Return the release that a project names now; "" if nothing tells it."""
    try:
        return decide_target(project_hints(project), table).release
    except TargetError:
        return ""


def project_moves(
    project: Project,
    tag: str,
    table: ReleaseTable,
    before: str,
    given: Mapping[Path, bytes] | None = None,
) -> ProjectMoves:
    """
    Plan the edits that move a project from the release ``before`` to ``tag``.

    ``given`` are files as they are changed already, by the upgrade of another module.
    """
    files, findings = _files(project, given or {})
    old = Nakama.of(table.by_tag(before), before)
    new = Nakama.of(table.by_tag(tag), tag)
    found = moved(files, old, new, table)
    others = _others(project, given or {}) if before != tag else ()
    found = _with_manifests(found, others, old, new)
    now = [
        replace(each, text=found.texts.get(each.path, each.text))
        for each in (*files, *others)
    ]
    left = tuple(mentions(now, old)) if before != tag else ()
    return ProjectMoves(
        before=before,
        after=new.tag,
        places=_places(found),
        edits={
            project.repository / name: text.encode("utf-8", "surrogateescape")
            for name, text in found.texts.items()
        },
        findings=(
            *findings,
            *found.findings,
            *([named_elsewhere(left, old)] if left else ()),
        ),
        lock=_lock(project, new),
    )


def _places(found: Moved) -> tuple[MovedPlace, ...]:
    return tuple(
        MovedPlace(
            file=move.file,
            line=move.line,
            name=move.name,
            before=move.before,
            after=move.after,
            subject=move.subject.value,
            note=move.note,
        )
        for move in sorted(found.moves, key=lambda each: (each.file, each.start))
    )


def _files(
    project: Project, given: Mapping[Path, bytes]
) -> tuple[list[HintFile], list[Finding]]:
    """Read whole files, so that every byte of them can be written back."""
    named = _named(project, others=False)
    hints = read_hints(named)
    if not hints.servers and not hints.builders:
        named = _named(project, others=True)
    settings = project.module_folder / SETTINGS
    if is_file(settings) and settings.is_relative_to(project.repository):
        name = settings.relative_to(project.repository).as_posix()
        named = (*named, HintFile(path=name, text=""))
    files, findings = [], []
    for file in named:
        path = project.repository / file.path
        content = given[path] if path in given else path.read_bytes()
        if len(content) > LARGEST:
            findings.append(_too_long(file.path))
            continue
        text = content.decode("utf-8", "surrogateescape")
        files.append(HintFile(path=file.path, text=text, distance=file.distance))
    return files, findings


def _others(project: Project, given: Mapping[Path, bytes]) -> tuple[HintFile, ...]:
    """Read the manifests and texts of the repository, as changed already."""
    return tuple(
        replace(file, text=given[path].decode("utf-8", "surrogateescape"))
        if (path := project.repository / file.path) in given
        else file
        for file in read_other_files(
            project.repository, project.module_folder, other_kind
        )
    )


def _with_manifests(
    found: Moved, others: Sequence[HintFile], before: Nakama, after: Nakama
) -> Moved:
    """Move the manifests among other files as well."""
    moves, texts = [*found.moves], {**found.texts}
    for file in others:
        if other_kind(file.path) is not OtherKind.MANIFEST:
            continue
        own = list(manifest_moves(file, before, after))
        if own:
            moves += own
            texts[file.path] = edited(file.text, own)
    return Moved(moves=tuple(moves), texts=texts, findings=found.findings)


def _named(project: Project, *, others: bool) -> tuple[HintFile, ...]:
    return read_hint_files(
        project.repository, project.module_folder, others=others, unreadable={}
    )


def _too_long(name: str) -> Finding:
    return Finding(
        name="file-too-long",
        text=f"{name} has more than {LARGEST >> 10} KiB.",
        answer="It was left as it is, whatever it names.",
    )


def _lock(project: Project, after: Nakama) -> MovedPlace | None:
    """Return where the lock file beside go.mod names its Nakama; None without one."""
    path = lock_path(project.module_folder)
    if not is_file(path):
        return None
    before, note = "", ""
    try:
        before = read_lock(path).release or ""
    except LockFileError:
        note = "the old one could not be used"
    lines = read_text(path, MOST_BYTES).splitlines()
    names = (at for at, line in enumerate(lines, 1) if line.startswith("nakama = "))
    return MovedPlace(
        file=Path(os.path.relpath(path, project.repository)).as_posix(),
        line=next(names, 1),
        name=LOCK_FILE,
        before=before,
        after=after.tag,
        subject="lock",
        note=note,
    )
