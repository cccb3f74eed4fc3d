"""A go.mod's requirements for display, where no go command need be at hand."""

from __future__ import annotations

from pathlib import Path

from autofix.core.gomod import GoMod, Requirement
from autofix.core.model import ModuleVersion
from autofix.core.modtext import statements
from autofix.durable import disk_errors
from autofix.errors import ProjectError


def displayed_gomod(folder: Path) -> GoMod:
    """
    Read the require lines of the nearest go.mod from ``folder`` upwards, as text.

    Good enough to compare versions for display; whatever edits go.mod reads it with
    the go command. ProjectError if there is no go.mod.
    """
    start = folder.absolute()
    for parent in (start, *start.parents):
        path = parent / "go.mod"
        if path.is_file():
            with disk_errors("go.mod cannot be read"):
                text = path.read_text("utf-8", "replace")
            return GoMod(module="", go="", toolchain="", requires=_requires(text))
    raise ProjectError(
        f"There is no go.mod in {start} or above it.",
        todo="Give the plugin's folder with --project.",
    )


def _requires(text: str) -> tuple[Requirement, ...]:
    return tuple(
        Requirement(module=ModuleVersion(path=each.words[0], version=each.words[1]))
        for each in statements(text)
        if each.verb == "require" and len(each.words) == 2  # noqa: PLR2004 (path, version)
    )
