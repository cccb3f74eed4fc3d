"""What a clean run brings home: the files of the module that changed."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from posixpath import normpath

from autofix.core.patch import unified_diff
from autofix.engines.archive import unpack
from autofix.gotool import GO_MOD, PINS_FILE, GoTool
from autofix.project import Project
from autofix.workspace import Changes

GO_SUM = "go.sum"
VENDOR = "vendor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """Changed files, ready to be applied, and the same as a patch (without vendor/)."""

    changes: Changes
    names: tuple[str, ...]
    diff: str


def watched(project: Project) -> tuple[str, ...]:
    """Name what a run may change, relative to the module's folder."""
    pins = normpath(f"{project.package_dir}/{PINS_FILE}")
    return (GO_MOD, GO_SUM, pins, *([VENDOR] if project.vendored else []))


def harvest(
    go: GoTool,
    project: Project,
    expected: dict[str, str],
    scratch: Path,
    *,
    revendored: bool,
) -> Harvest:
    """
    Fetch the module's files from the builder and keep those that differ.

    ``expected`` is the snapshot the run began with; ``scratch`` receives vendor/,
    which counts as changed where it was ``revendored``, also under a go.mod that
    stayed.
    """
    files: dict[str, bytes | None] = {}
    for name in watched(project):
        if name == VENDOR:
            continue
        before, after = _local(project.module_folder / name), _remote(go, name)
        if before is not None and after is not None:
            after = with_line_ends_of(before, after)
        if after is not None and after != before:
            files[name] = after
    trees: dict[str, Path] = {}
    if project.vendored and revendored:
        folder = Path(tempfile.mkdtemp(dir=scratch, prefix="vendor-"))
        unpack(go.fetch(VENDOR), folder)
        trees[VENDOR] = folder / VENDOR
    diff = "".join(
        unified_diff(name, _local(project.module_folder / name), after)
        for name, after in files.items()
    )
    return Harvest(
        changes=Changes(files=files, expected=expected, trees=trees),
        names=(*files, *trees),
        diff=diff,
    )


def with_line_ends_of(before: bytes, after: bytes) -> bytes:
    """
    Give a file back the CRLF that most of its lines had: the go command writes LF.

    Go reads both alike (observed with Go 1.26.5).
    """
    if 2 * before.count(b"\r\n") <= before.count(b"\n"):
        return after
    return after.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _local(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _remote(go: GoTool, name: str) -> bytes | None:
    try:
        return go.file(name)
    except FileNotFoundError:
        return None
