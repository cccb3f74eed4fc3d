"""The intent file: what a change of the project is about to do, should it be killed."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

from autofix.durable import write_durably
from autofix.errors import EnvironmentUnusableError


class Stage(StrEnum):
    """How far a change has come."""

    PREPARING = "preparing"
    """New files are written beside their places; nothing of the user's has moved."""
    SWAPPING = "swapping"
    """All new files are complete; some may be in their places."""
    DONE = "done"
    """All new files are in their places; the old ones may still be beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """
    One file or folder to be changed.

    ``real`` is its place after following links, ``new`` and ``old`` are neighbours
    on the same file system, ``digest`` is of the new content (files only).
    """

    name: str
    real: Path
    new: Path
    old: Path
    existed: bool
    tree: bool
    deleted: bool
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A whole change and the stage it has reached."""

    project: Path
    stage: Stage
    swaps: tuple[Swap, ...]

    def at(self, stage: Stage) -> Intent:
        """Return the same change at another stage."""
        return replace(self, stage=stage)


def write_intent(path: Path, intent: Intent) -> None:
    """Write the intent durably; its folder is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, json.dumps(asdict(intent), default=str).encode())


def read_intent(path: Path) -> Intent | None:
    """Return the intent, or None if nothing is under way."""
    try:
        raw = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _unreadable(path) from error
    try:
        return Intent(
            project=Path(raw["project"]),
            stage=Stage(raw["stage"]),
            swaps=tuple(_swap(swap) for swap in raw["swaps"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> EnvironmentUnusableError:
    return EnvironmentUnusableError(
        f"An interrupted change was noted in {path}, but the note cannot be read.",
        why="The file was damaged or written by another version of autofix.",
        todo="Check the project with git, then delete that file.",
    )


def _swap(raw: dict[str, str | bool]) -> Swap:
    return Swap(
        name=str(raw["name"]),
        real=Path(str(raw["real"])),
        new=Path(str(raw["new"])),
        old=Path(str(raw["old"])),
        existed=bool(raw["existed"]),
        tree=bool(raw["tree"]),
        deleted=bool(raw["deleted"]),
        digest=str(raw["digest"]),
    )


def remove(path: Path) -> None:
    """Remove a file, link or folder if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
