"""What a go.work around the plugin's module means for the run and for its pins."""

from __future__ import annotations

import os
from collections.abc import Iterator

from autofix.core.model import Finding
from autofix.core.modtext import go_lines
from autofix.core.versions import compare_go
from autofix.project import Project
from autofix.tree import read_text

LARGEST = 1 << 20
WITHOUT_GO_LINE = "1.18"
"""What the go command takes a go.work without a go line for."""


def workspace_findings(project: Project) -> Iterator[Finding]:
    """Say that the workspace is not built in, if the module is in one."""
    if project.workspace is None:
        return
    yield Finding(
        name="workspace-left-out",
        text=f"The module is in a workspace ({_place(project)}): built there, the "
        "highest version that any of its modules asks for counts.",
        answer="autofix pins this module and builds it with GOWORK=off; build the "
        "plugin so as well.",
    )


def outgrown_findings(project: Project, go: str) -> Iterator[Finding]:
    """Say that go.mod's go line, as it is now, is above the workspace's."""
    if project.workspace is None:
        return
    listed = go_lines(read_text(project.workspace, LARGEST))[0] or WITHOUT_GO_LINE
    if compare_go(go, listed) > 0:
        yield Finding(
            name="workspace-go-line-low",
            text=f"go.mod says go {go} now, {_place(project)} go {listed}: in the "
            "workspace the go command refuses that.",
            answer="Run `go work use` there.",
        )


def _place(project: Project) -> str:
    return os.path.relpath(project.workspace or "go.work", project.repository)
