"""A go.work around the plugin's module."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.gowork import outgrown_findings, workspace_findings
from autofix.project import Project, find_project


def project(folder: Path, work: str | None) -> Project:
    """Make a plugin in a folder below a go.work."""
    (folder / ".git").mkdir()
    server = folder / "server"
    server.mkdir()
    (server / "go.mod").write_text("module example.com/server\n\ngo 1.26\n")
    (server / "main.go").write_text("package main\n\nfunc InitModule() {}\n")
    if work is not None:
        (folder / "go.work").write_text(work)
    return find_project(server)


def test_a_workspace_is_said_to_be_left_out(tmp_path: Path) -> None:
    """The finding names go.work and what to do in the user's own build."""
    (finding,) = workspace_findings(project(tmp_path, "go 1.26\n\nuse ./server\n"))

    assert "(go.work)" in finding.text
    assert "GOWORK=off" in finding.answer


@pytest.mark.parametrize("work", [None, "go 1.26\n\nuse ./tools\n"])
def test_no_workspace_of_the_module(work: str | None, tmp_path: Path) -> None:
    """Nothing is said where there is no go.work, or it does not use the module."""
    found = project(tmp_path, work)

    assert [] == [*workspace_findings(found), *outgrown_findings(found, "1.26.5")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("go 1.22.7\n", ["workspace-go-line-low"]),
        ("", ["workspace-go-line-low"]),
        ("go 1.26.5\n", []),
        ("go 1.27\n", []),
    ],
)
def test_a_lifted_go_line_outgrows_the_workspace(
    line: str, expected: list[str], tmp_path: Path
) -> None:
    """A pin that lifts go.mod's go line above go.work's is told."""
    found = project(tmp_path, f"{line}\nuse ./server\n")

    assert expected == [each.name for each in outgrown_findings(found, "1.26.5")]
