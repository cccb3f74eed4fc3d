"""
The go.mod files beside the plugin's own that the go command reads, and may refuse.

They are the targets of the plugin's folder replaces, and the go.work it builds in. One
inside the repository goes into the builder with the plugin and may be lowered there
like the plugin's own; one outside is somebody else's: what is wrong with it is said,
and it is left alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from posixpath import dirname, join, normpath

from autofix.core.golines import GoLineEdit, GoLines, refuses
from autofix.core.model import Finding
from autofix.core.modfolders import folder_replaces
from autofix.core.modtext import go_lines, with_go_lines
from autofix.engines.archive import Entry
from autofix.gotool import GoTool
from autofix.project import Project
from autofix.tree import is_file, read_text

LARGEST = 4 << 20


def replaced_files(project: Project) -> tuple[str, ...]:
    """Name the go.mod files of the project's own folder replaces, inside or not."""
    text = read_text(project.go_mod, LARGEST)
    names = dict.fromkeys(
        PurePath(
            os.path.relpath(project.module_folder / written, project.module_folder),
            "go.mod",
        ).as_posix()
        for written in folder_replaces(text)
        if not written.startswith("/")  # the builder has no such folder
    )
    own = "go.mod"
    return tuple(
        each for each in names if each != own and is_file(project.module_folder / each)
    )


def workspace_file(project: Project) -> str | None:
    """Name the go.work of the project's repository that uses the plugin's module."""
    if project.workspace is None:
        return None
    name = os.path.relpath(project.workspace, project.module_folder)
    return PurePath(name).as_posix() if _inside(project, name) else None


def editable_files(project: Project) -> tuple[str, ...]:
    """Name the files beside the module that lie in the project's repository."""
    inside = (each for each in replaced_files(project) if _inside(project, each))
    work = workspace_file(project)
    return (*inside, *([work] if work else []))


def lines_beside(project: Project, *, workspace: bool) -> Mapping[str, GoLines]:
    """
    Read the go lines of the files that may be changed, from this machine.

    go.work is among them only where the project builds in its ``workspace``.
    """
    work = workspace_file(project)
    return {
        each: _lines(project, each)
        for each in editable_files(project)
        if workspace or each != work
    }


def outside_findings(project: Project, go: str) -> Iterator[Finding]:
    """Say which file outside the repository a builder's Go refuses to read."""
    for each in replaced_files(project):
        lines = _lines(project, each)
        if not _inside(project, each) and refuses(go, lines.go):
            yield Finding(
                name="replaced-folder-go-line-high",
                text=f"{each}, which go.mod's replace leads to, says go {lines.go}; "
                f"the builder has Go {go} and refuses to read it.",
                answer="It lies outside the project, so it is left alone: lower its "
                "go line there.",
            )


def lower(go: GoTool, edits: tuple[GoLineEdit, ...]) -> Mapping[str, GoLines]:
    """Edit go lines in the builder and return them as they are now."""
    found = {}
    for each in edits:
        before = go.file(normpath(each.file)).decode("utf-8", "surrogateescape")
        after = with_go_lines(before, go=each.go, drop_toolchain=each.drop_toolchain)
        folder, name = dirname(each.file), each.file.rpartition("/")[2]
        content = after.encode("utf-8", "surrogateescape")
        entries = [Entry(name=name, content=content)]
        go.builder.put(entries, normpath(join(go.folder, folder)))
        found[each.file] = _of(after)
    return found


def _lines(project: Project, name: str) -> GoLines:
    return _of(read_text(project.module_folder / name, LARGEST))


def _of(text: str) -> GoLines:
    go, toolchain = go_lines(text)
    return GoLines(go=go, toolchain=toolchain)


def _inside(project: Project, name: str) -> bool:
    place = Path(os.path.normpath(project.module_folder / name))
    return place.is_relative_to(project.boundary)
