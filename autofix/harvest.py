"""What a clean run brings home: the files of the project that changed."""

from __future__ import annotations

import filecmp
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import join, normpath, relpath

from autofix.beside import editable_files
from autofix.core.lockfile import LOCK_FILE
from autofix.core.patch import unified_diff
from autofix.engines.archive import unpack
from autofix.gotool import GO_MOD, PINS_FILE, GoTool
from autofix.project import Project
from autofix.workspace import Changes

GO_SUM = "go.sum"
VENDOR = "vendor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """
    What a run may change; names are relative to ``root``, with slashes.

    ``module`` is the plugin's module below ``root``: "." unless files beside it are
    watched too. ``own`` are the module's own names, relative to it; ``edits`` are the
    new contents of those that change whatever the run finds, ``given`` what others have
    changed before.
    """

    root: Path
    module: str
    own: tuple[str, ...]
    names: tuple[str, ...]
    edits: Mapping[str, bytes] = field(default_factory=dict)
    given: Mapping[str, bytes] = field(default_factory=dict)

    def before(self, name: str) -> bytes | None:
        """Return a file as the run began with it; None where there was none."""
        given = self.given.get(name)
        return _local(self.root / name) if given is None else given


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """
    Changed files, ready to be applied to ``root``, and the same as a patch.

    ``created`` are those that were not there; vendor/ is not in the patch.
    """

    root: Path
    changes: Changes
    names: tuple[str, ...]
    created: tuple[str, ...]
    diff: str


def watched(
    project: Project,
    edits: Mapping[Path, bytes] | None = None,
    *,
    given: Mapping[Path, bytes] | None = None,
    lock: bool = False,
) -> Watch:
    """
    Name what a run may change, and what it changes in any case (``edits``).

    An edited go.mod or go.sum is only where the run begins: what becomes of it is its
    own. The lock file is among it where the run renews it.
    """
    pins = normpath(f"{project.package_dir}/{PINS_FILE}")
    own = (GO_MOD, GO_SUM, pins, *([VENDOR] if project.vendored else []))
    own = (*own, *([LOCK_FILE] if lock else []))
    folder = project.module_folder
    edits = {
        path: content
        for path, content in (edits or {}).items()
        if path not in (folder / GO_MOD, folder / GO_SUM)
    }
    beside = [Path(os.path.normpath(folder / each)) for each in editable_files(project)]
    beside += [each for each in edits if each not in beside]
    root = Path(os.path.commonpath([folder, *(each.parent for each in beside)]))
    module = folder.relative_to(root).as_posix()
    names = (
        *(normpath(join(module, name)) for name in own),
        *(each.relative_to(root).as_posix() for each in beside),
    )
    return Watch(
        root=root,
        module=module,
        own=own,
        names=names,
        edits=_named(edits, root),
        given=_named(given or {}, root),
    )


def _named(files: Mapping[Path, bytes], root: Path) -> Mapping[str, bytes]:
    return {
        path.relative_to(root).as_posix(): content
        for path, content in files.items()
        if path.is_relative_to(root)
    }


def harvest(
    go: GoTool,
    watch: Watch,
    expected: Mapping[str, str],
    scratch: Path,
    *,
    written: Mapping[str, bytes | None],
    revendored: bool,
) -> Harvest:
    """
    Fetch the watched files from the builder and keep those that differ.

    ``expected`` is the snapshot the run began with; ``written`` are own files that are
    not fetched, as they become, None for one that stays. ``scratch`` receives vendor/,
    which counts as changed where it was ``revendored`` and differs, also under a go.mod
    that stayed.
    """
    files: dict[str, bytes | None] = {}
    vendor = normpath(join(watch.module, VENDOR))
    for name in watch.names:
        if name == vendor:
            continue
        before = watch.before(name)
        after = watch.edits.get(name)
        if after is None:
            own = relpath(name, watch.module)
            after = written[own] if own in written else _remote(go, own)
            if before is not None and after is not None:
                after = with_line_ends_of(before, after)
        if after is not None and after != before:
            files[name] = after
    trees: dict[str, Path] = {}
    if revendored and vendor in watch.names:
        folder = Path(tempfile.mkdtemp(dir=scratch, prefix="vendor-"))
        unpack(go.fetch(VENDOR), folder)
        if not _same_tree(watch.root / vendor, folder / VENDOR):
            trees[vendor] = folder / VENDOR
    return _rooted(watch, files, trees, expected)


def _rooted(
    watch: Watch,
    files: Mapping[str, bytes | None],
    trees: Mapping[str, Path],
    expected: Mapping[str, str],
) -> Harvest:
    """Name the changes relative to the module where they are all the module's own."""
    inside = {normpath(join(watch.module, name)): name for name in watch.own}
    root, named = watch.root, {name: name for name in watch.names}
    if {*files, *trees} <= {*inside}:
        root, named = watch.root / watch.module, inside
    changed = {named[name]: content for name, content in files.items()}
    return Harvest(
        root=root,
        changes=Changes(
            files=changed,
            expected={
                named[name]: was for name, was in expected.items() if name in named
            },
            trees={named[name]: tree for name, tree in trees.items()},
        ),
        names=tuple(named[name] for name in (*files, *trees)),
        created=tuple(name for name in changed if not (root / name).exists()),
        diff="".join(
            unified_diff(named[name], watch.before(name), after)
            for name, after in files.items()
        ),
    )


def _same_tree(one: Path, other: Path) -> bool:
    """Tell whether two folders hold the same files with the same content."""
    names = _files_below(one)
    if names != _files_below(other):
        return False
    _, differing, unreadable = filecmp.cmpfiles(one, other, names, shallow=False)
    return not differing and not unreadable


def _files_below(folder: Path) -> Iterable[str]:
    return sorted(
        os.path.relpath(Path(parent, name), folder)
        for parent, _, names in os.walk(folder)
        for name in names
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
