"""
The folders of this machine that go.mod's ``replace`` lines lead to.

Those that are there go along into the builder; those that cannot are said, at their
line. A submodule that git did not check out is an empty folder, or none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from autofix.core.model import Finding
from autofix.core.modfolders import (
    folder_replacements,
    folder_replaces,
    required_version,
    submodule_folders,
)
from autofix.errors import ProjectError
from autofix.tree import is_file, read_text

LARGEST_GO_MOD = 4 * 1024 * 1024
_CHECK_OUT = "It is a git submodule that is not checked out: run `git submodule update"
_CHECK_OUT += " --init`."
_FAILS = "Every go command fails while it is missing, unless vendor/ is used."


def replaced_folders(module: Path, text: str, git_root: Path | None) -> list[Path]:
    """
    Return the existing folders that replaces name, those of the replaced ones too.

    ``text`` is the go.mod of the folder ``module``.
    """
    found: dict[Path, None] = {}
    pending = [(module, text)]
    while pending:
        owner, content = pending.pop(0)
        for written in folder_replaces(content):
            target = Path(os.path.normpath(owner / written))
            if target in found or target == module or not target.is_dir():
                continue
            outside = git_root is not None and not target.is_relative_to(git_root)
            if outside and owner != module:
                continue  # Go does not follow a dependency's own replaces
            found[target] = None
            if is_file(target / "go.mod"):
                pending.append((target, read_go_file(target / "go.mod")))
    return list(found)


def unusable_replaces(module: Path, text: str, repository: Path) -> Iterator[Finding]:
    """Say of each replace of a go.mod why the builder cannot follow it, if so."""
    name = Path(os.path.relpath(module / "go.mod", repository)).as_posix()
    for each in folder_replacements(text):
        if not required_version(text, each.module)[0]:
            continue  # Go looks only at the replaces of what is required
        target = Path(os.path.normpath(module / each.folder))
        start = f"{name}:{each.line} replaces {each.module} by {each.folder}"
        if not is_file(target / "go.mod"):
            lack = "has no go.mod" if target.is_dir() else "does not exist"
            yield Finding(
                name="replace-folder-missing",
                text=f"{start}, which {lack}.",
                answer=_CHECK_OUT if _is_submodule(target, repository) else _FAILS,
            )
        elif each.folder.startswith("/"):
            yield Finding(
                name="replace-folder-absolute",
                text=f"{start}, a path of this machine only.",
                answer="Write it relative to go.mod: the builder has no such folder.",
            )


def read_go_file(path: Path) -> str:
    """Read a go.mod or go.work; ProjectError if it cannot be read."""
    try:
        return read_text(path, LARGEST_GO_MOD)
    except OSError as error:
        raise ProjectError(
            f"{path} cannot be read: {error.strerror}.",
            todo="Make it readable for the user who runs autofix.",
        ) from error


def _is_submodule(folder: Path, repository: Path) -> bool:
    """Tell whether a folder is, or lies in, one that .gitmodules names."""
    listed = repository / ".gitmodules"
    if not is_file(listed):
        return False
    names = submodule_folders(read_go_file(listed))
    return any(folder.is_relative_to(repository / name) for name in names)
