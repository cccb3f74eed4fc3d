"""
Folders and hints in go.mod and go.work, read before any Go is at hand.

Only to find what belongs to a project: the module's path, the folders that
``replace`` and ``use`` name, one module's required version. Everything that decides
or edits reads ``go mod edit -json`` (``autofix.core.gomod``).
"""

from __future__ import annotations

from autofix.core.modtext import statements


def module_path(text: str) -> str:
    """Return the path of the ``module`` line, or ""."""
    found = (each.words for each in statements(text) if each.verb == "module")
    return next((words[0] for words in found if words), "")


def folder_replaces(text: str) -> tuple[str, ...]:
    """Return the folders that ``replace`` lines name, as written, in order."""
    found: list[str] = []
    for each in statements(text):
        if each.verb != "replace" or "=>" not in each.words:
            continue
        target = each.words[each.words.index("=>") + 1 :]
        # A target without a version is a folder: cmd/go asks for ./, ../ or /.
        if len(target) == 1 and target[0].startswith((".", "/")):
            found.append(target[0])
    return tuple(dict.fromkeys(found))


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
