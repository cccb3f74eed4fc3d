"""
The user's tree: changed once, at a clean end, all of it or nothing.

Rule 1: every new file is complete beside its place before the first one is put there.
Rule 2: the old file stays beside its place until the last new one is there, so going
back needs no room on the disk and restores the very same file.
Rule 3: an intent file says what is under way. Whoever finds one (the next run, after
``kill -9``) goes back with ``recover``; when it is gone, the change is whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from autofix.durable import copy_tree, disk_errors, sync, sync_folder
from autofix.errors import InternalError, ProjectChangedError, ReadOnlyError
from autofix.intent import Intent, Stage, Swap, read_intent, remove, write_intent
from autofix.tree import may

ABSENT = "absent"
_ANY_WRITE = 0o222
Step = Callable[[str], None]
"""Called with a step's name before it is taken; tests end the process there."""

Backups = Callable[[str], Iterable[Path]]
"""Says where the original of a name is kept, in one place or several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """
    What a clean end changes; names are relative to the project, with slashes.

    ``files`` maps a name to its new content, or None to delete it; ``trees`` maps a
    folder's name (``vendor``) to a folder that holds its whole new content;
    ``expected`` is the ``snapshot`` the changes were made from.
    """

    files: Mapping[str, bytes | None]
    expected: Mapping[str, str]
    trees: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What ``recover`` found: names put back, and names somebody has edited since."""

    project: Path
    restored: tuple[str, ...]
    kept: tuple[str, ...]


def snapshot(project: Path, names: Iterable[str]) -> dict[str, str]:
    """
    Fingerprint files by content and folders by their entries' sizes and times.

    A name that is not there is ``absent``. ReadOnlyError if one cannot be read.
    """
    todo = "Make it readable for the user who runs autofix."
    with disk_errors("The project cannot be read", todo=todo):
        return {name: _fingerprint(project / name) for name in names}


def apply(
    project: Path,
    changes: Changes,
    *,
    backup: Path | Backups,
    intent: Path,
    step: Step = lambda _name: None,
) -> tuple[str, ...]:
    """
    Change the project as a whole and return the names that really changed.

    The originals are in ``backup`` first, or where it says for each name. On any error everything is as it was, byte
    for byte: ProjectChangedError if somebody else changed a file since the snapshot,
    DiskFullError, ReadOnlyError or another EnvironmentUnusableError. ``intent`` is
    where ``recover`` looks after a crash: one path per project.
    """
    todo = "The project is as it was; the result is in the run folder."
    with disk_errors("The project could not be changed", todo=todo):
        _require_unchanged(project, changes)
        swaps = _swaps(project, changes)
        if not swaps:
            return ()
        plan = Intent(project=project.absolute(), stage=Stage.PREPARING, swaps=swaps)
        step("intent")
        write_intent(intent, plan)
        try:
            backups = backup if callable(backup) else _within(backup)
            _prepare(plan, changes, backups, step)
            _require_unchanged(project, changes)
            step("swapping")
            write_intent(intent, plan.at(Stage.SWAPPING))
            for swap in swaps:
                _swap(swap, step)
            for folder in {swap.real.parent for swap in swaps}:
                sync_folder(folder)
            step("done")
            write_intent(intent, plan.at(Stage.DONE))
        except BaseException:
            recover(intent)
            raise
        _clear(swaps, step)
        step("forget")
        intent.unlink()
    return tuple(swap.name for swap in swaps)


def recover(intent: Path) -> Recovery | None:
    """
    Finish what a killed ``apply`` left: go back, or clear up if it was whole.

    Returns None if there is nothing to do. A file that somebody has edited since is
    left as it is and named in ``kept``; its original is in the backup. The intent of
    several projects is a link to a file that they share.
    """
    link, intent = intent, Path(os.path.realpath(intent))
    plan = read_intent(intent)
    if plan is None:
        if link.is_symlink():  # another of those projects has recovered it
            link.unlink()
        return None
    restored: list[str] = []
    kept: list[str] = []
    with disk_errors(f"An interrupted change of {plan.project} could not be undone"):
        if plan.stage is Stage.SWAPPING:
            for swap in reversed(plan.swaps):
                undone = _undo_tree(swap) if swap.tree else _undo_file(swap)
                if undone is not None:
                    (restored if undone else kept).append(swap.name)
        else:
            _clear(plan.swaps)
        for each in {link, intent}:
            each.unlink(missing_ok=True)
    return Recovery(project=plan.project, restored=tuple(restored), kept=tuple(kept))


def require_writable(project: Path, names: Iterable[str]) -> None:
    """
    Raise ReadOnlyError now if ``apply`` could not write these names at the end.

    Only asks: a probe file would change the folder's time, and a kill would leave it.
    A file that its owner has made read-only (as Perforce does until it is checked
    out) is not replaced, although its folder would allow it.
    """
    reals = [_real(project, name) for name in names]
    for folder in dict.fromkeys(real.parent for real in reals):
        if not may(folder, os.W_OK | os.X_OK):
            raise ReadOnlyError(
                f"The project cannot be changed: {folder} is read-only for this user.",
                todo="Give this user the right to write there, or see with --dry-run "
                "what a run would change.",
            )
    for real in reals:
        if real.is_file() and not stat.S_IMODE(real.stat().st_mode) & _ANY_WRITE:
            raise ReadOnlyError(
                f"The project cannot be changed: {real} is read-only.",
                why="It may have to be checked out first.",
                todo="Make it writable, or see with --dry-run what a run would change.",
            )


def _real(project: Path, name: str) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts:
        raise InternalError(f"{name!r} is not a name inside the project.")
    # A symlinked go.mod stays a symlink: its target is what changes.
    return Path(os.path.realpath(project / name))


def _swaps(project: Path, changes: Changes) -> tuple[Swap, ...]:
    swaps = []
    for name, content in changes.files.items():
        real = _real(project, name)
        before = real.read_bytes() if real.exists() else None
        if before != content:
            digest = _digest(content) if content is not None else ""
            swaps.append(_swap_of(name, real, digest=digest, tree=False))
    swaps += (
        _swap_of(name, _real(project, name), digest="", tree=True)
        for name in changes.trees
    )
    # go.mod last: with the old go.mod, the new go.sum is merely too long.
    swaps.sort(key=lambda swap: (swap.real.name == "go.mod", swap.name))
    return tuple(swaps)


def _swap_of(name: str, real: Path, *, digest: str, tree: bool) -> Swap:
    beside = real.with_name(f".autofix-{os.getpid()}-{real.name}")
    return Swap(
        name=name,
        real=real,
        new=beside.with_name(beside.name + ".new"),
        old=beside.with_name(beside.name + ".old"),
        existed=os.path.lexists(real),
        tree=tree,
        deleted=not tree and not digest,
        digest=digest,
    )


def _require_unchanged(project: Path, changes: Changes) -> None:
    now = snapshot(project, changes.expected)
    changed = sorted(name for name, was in changes.expected.items() if now[name] != was)
    if changed:
        raise ProjectChangedError(
            f"{', '.join(changed)} changed while autofix worked.",
            why="Somebody, or an editor, wrote there during the run.",
            todo="Nothing of yours was touched. Run autofix again.",
        )


def _within(folder: Path) -> Backups:
    return lambda name: (folder / name,)


def _prepare(plan: Intent, changes: Changes, backups: Backups, step: Step) -> None:
    for swap in plan.swaps:
        step(f"backup {swap.name}")
        for copy in backups(swap.name):
            _back_up(swap, copy)
    for swap in plan.swaps:
        step(f"write {swap.name}")
        if swap.tree:
            _copy_tree(changes.trees[swap.name], swap)
        elif not swap.deleted:
            _write_new(swap, changes.files[swap.name] or b"")
    for swap in plan.swaps:
        if swap.existed and not swap.tree and not swap.deleted:
            step(f"keep {swap.name}")
            _keep_old(swap)


def _back_up(swap: Swap, copy: Path) -> None:
    if not swap.existed:
        return
    copy.parent.mkdir(parents=True, exist_ok=True)
    if swap.tree:
        copy_tree(swap.real, copy)
        return
    shutil.copy2(swap.real, copy)
    with copy.open("rb") as stream:
        sync(stream.fileno())
    sync_folder(copy.parent)


def _write_new(swap: Swap, content: bytes) -> None:
    with swap.new.open("xb") as stream:
        stream.write(content)
        if swap.existed:
            os.fchmod(stream.fileno(), stat.S_IMODE(swap.real.stat().st_mode))
        _give_to_owner(stream.fileno(), swap)
        stream.flush()
        sync(stream.fileno())


def _copy_tree(source: Path, swap: Swap) -> None:
    copy_tree(source, swap.new)
    for folder, _, names in os.walk(swap.new):
        for path in (Path(folder), *(Path(folder, name) for name in names)):
            _give_to_owner(path, swap)


def _give_to_owner(target: int | Path, swap: Swap) -> None:
    """Root working in somebody's tree must not leave root's files there."""
    if os.geteuid() == 0:
        owner = (swap.real if swap.existed else swap.real.parent).stat()
        follow = {} if isinstance(target, int) else {"follow_symlinks": False}
        os.chown(target, owner.st_uid, owner.st_gid, **follow)


def _keep_old(swap: Swap) -> None:
    try:
        os.link(swap.real, swap.old)
    except OSError:  # a file system without hard links
        shutil.copy2(swap.real, swap.old)


def _swap(swap: Swap, step: Step) -> None:
    step(f"swap {swap.name}")
    if swap.existed and (swap.tree or swap.deleted):
        swap.real.rename(swap.old)
    if swap.tree:
        step(f"swap in {swap.name}")
        swap.new.rename(swap.real)
    elif not swap.deleted:
        swap.new.replace(swap.real)


def _clear(swaps: Iterable[Swap], step: Step = lambda _name: None) -> None:
    for swap in swaps:
        step(f"clear {swap.name}")
        remove(swap.old)
        remove(swap.new)


def _undo_file(swap: Swap) -> bool | None:
    """Return True if it was put back, False if an edit was kept, None if untouched."""
    undone: bool | None = None
    if os.path.lexists(swap.old):
        if not swap.real.exists():
            swap.old.rename(swap.real)
            undone = True
        elif _digest(swap.real.read_bytes()) == swap.digest:
            swap.old.replace(swap.real)
            undone = True
        else:
            undone = None if _equal(swap.real, swap.old) else False
            swap.old.unlink()
    elif not swap.existed and not swap.new.exists() and swap.real.exists():
        undone = _digest(swap.real.read_bytes()) == swap.digest
        if undone:
            swap.real.unlink()
    remove(swap.new)
    return undone


def _undo_tree(swap: Swap) -> bool | None:
    moved = os.path.lexists(swap.old)
    placed = not os.path.lexists(swap.new) and swap.real.exists()
    if placed and (moved or not swap.existed):
        swap.real.rename(swap.new)
    if moved:
        swap.old.rename(swap.real)
    remove(swap.new)
    return True if moved or (placed and not swap.existed) else None


def _fingerprint(path: Path) -> str:
    if path.is_dir():
        return f"folder:{_tree_digest(path)}"
    return _digest(path.read_bytes()) if path.exists() else ABSENT


def _tree_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            about = path.lstat()
            entry = (path.relative_to(folder), about.st_mode, about.st_size)
            digest.update(repr((*map(str, entry), about.st_mtime_ns)).encode())
    return digest.hexdigest()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _equal(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()
