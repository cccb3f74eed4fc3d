"""
Folders and hints in go.mod and go.work, read before any Go is at hand.

Only to find what belongs to a project: the module's path, the folders that
``replace`` and ``use`` name, one module's required version. Everything that decides
or edits reads ``go mod edit -json`` (``autofix.core.gomod``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autofix.core.modtext import statements

_SUBMODULE_PATH = re.compile(r"^[ \t]*path[ \t]*=[ \t]*(.+?)[ \t\r]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderReplace:
    """A ``replace`` by a folder: the folder as written, its line from 1."""

    module: str
    folder: str
    line: int


def module_path(text: str) -> str:
    """Return the path of the ``module`` line, or ""."""
    found = (each.words for each in statements(text) if each.verb == "module")
    return next((words[0] for words in found if words), "")


def folder_replaces(text: str) -> tuple[str, ...]:
    """Return the folders that ``replace`` lines name, as written, in order."""
    return tuple(dict.fromkeys(each.folder for each in folder_replacements(text)))


def folder_replacements(text: str) -> Iterator[FolderReplace]:
    """Yield the ``replace`` lines that name a folder."""
    for each in statements(text):
        if each.verb != "replace" or "=>" not in each.words:
            continue
        target = each.words[each.words.index("=>") + 1 :]
        # A target without a version is a folder: cmd/go asks for ./, ../ or /.
        if len(target) == 1 and target[0].startswith((".", "/")):
            yield FolderReplace(
                module=each.words[0], folder=target[0], line=each.line + 1
            )


def submodule_folders(text: str) -> tuple[str, ...]:
    """Return the folders that a .gitmodules names, relative to the repository."""
    return tuple(_SUBMODULE_PATH.findall(text))


def workspace_uses(text: str) -> tuple[str, ...]:
    """Return the folders that go.work's ``use`` lines name, as written, in order."""
    uses = (each.words for each in statements(text) if each.verb == "use")
    return tuple(dict.fromkeys(words[0] for words in uses if words))


def required_version(text: str, module: str) -> tuple[str, int]:
    """Return the version required of ``module`` and its line from 1; or "" and 0."""
    for each in statements(text):
        if each.verb == "require" and each.words[:1] == (module,) and each.words[1:]:
            return each.words[1], each.line + 1
    return "", 0
