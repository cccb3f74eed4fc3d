"""A go.work around the plugin's module."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.beside import editable_files, lines_beside
from autofix.core.buildline import BuildLine
from autofix.core.golines import GoLines
from autofix.core.gomod import ModEdit
from autofix.core.model import Pin
from autofix.core.observations import Edited
from autofix.core.state import Policy, State
from autofix.engines.archive import Entry
from autofix.gotool import GoTool
from autofix.gowork import builds_in_workspace, in_step, workspace_findings
from autofix.project import Project, find_project
from tests.core.test_decisions import SERVER
from tests.local_builder import LocalBuilder

MAKE = BuildLine(file="Makefile", line=3)
MULTIERR = "go.uber.org/multierr"


def project(folder: Path, work: str | None, **files: str) -> Project:
    """Make a plugin in a folder below a go.work, with ``files`` beside it."""
    (folder / ".git").mkdir(parents=True)
    written = {
        "server/go.mod": "module example.com/server\n\ngo 1.26\n",
        "server/main.go": "package main\n\nfunc InitModule() {}\n\nfunc main() {}\n",
        **({} if work is None else {"go.work": work}),
        **files,
    }
    for name, text in written.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return find_project(folder / "server")


def in_builder(found: Project, folder: Path, go: str = "1.26.5") -> GoTool:
    """Bring a project into a builder."""
    builder = LocalBuilder(folder / "builder", go)
    files = [
        Entry(name=each.path, content=found.root / each.path) for each in found.files()
    ]
    source = f"{builder.root}/src"
    builder.put(files, source)
    module = f"{source}/{found.module_dir}"
    return GoTool(builder=builder, folder=module, environment={})


def ended(tool: GoTool, *pins: Pin) -> State:
    """Be at the end of a run that left go.mod as it is in the builder."""
    seen = tool.edit(ModEdit(), pins)
    assert isinstance(seen, Edited), seen
    return State(policy=Policy(), gomod=seen.gomod, pins=pins, server=SERVER)


def test_a_workspace_is_said_to_be_left_out(tmp_path: Path) -> None:
    """The finding names go.work and what to do in the user's own build."""
    found = project(tmp_path, "go 1.26\n\nuse ./server\n")
    (finding,) = workspace_findings(found, BuildLine())
    (other,) = workspace_findings(found, MAKE)

    assert "(go.work)" in finding.text
    assert "GOWORK=off" in finding.answer
    assert "as Makefile:3 does" in other.text


@pytest.mark.parametrize("work", [None, "go 1.26\n\nuse ./tools\n"])
def test_no_workspace_of_the_module(work: str | None, tmp_path: Path) -> None:
    """Nothing is said where there is no go.work, or it does not use the module."""
    found = project(tmp_path, work)

    assert [] == [*workspace_findings(found, MAKE)]
    assert () == editable_files(found)


@pytest.mark.parametrize(
    ("build", "dockerfile", "expected"),
    [
        (BuildLine(), "", False),
        (MAKE, "", True),
        (BuildLine(file="Makefile", line=1, gowork="off"), "", False),
        (BuildLine(file="Dockerfile", line=3), "COPY server .\n", False),
        (BuildLine(file="Dockerfile", line=3), "COPY  .  .\n", True),
        (BuildLine(file="Dockerfile", line=3), "COPY go.work server ./\n", True),
        (BuildLine(file="server/Dockerfile", line=3), "COPY . .\n", False),
    ],
)
def test_what_a_build_line_sees(
    build: BuildLine, dockerfile: str, expected: bool, tmp_path: Path
) -> None:
    """A script runs in the workspace; a Dockerfile where go.work is copied too."""
    places = {"Dockerfile": dockerfile, "server/Dockerfile": dockerfile}
    found = project(tmp_path, "go 1.26\n\nuse ./server\n", **places)

    assert expected == builds_in_workspace(found, build)


@pytest.mark.go
@pytest.mark.parametrize(
    ("line", "build", "expected"),
    [
        ("go 1.22.7\n", BuildLine(), ["workspace-go-line-low"]),
        ("", BuildLine(), ["workspace-go-line-low"]),
        ("go 1.22.7\n", MAKE, ["workspace-go-line-lifted"]),
        ("go 1.26\n", MAKE, []),
        ("go 1.27\n", BuildLine(), []),
    ],
)
def test_a_lifted_go_line_outgrows_the_workspace(
    line: str, build: BuildLine, expected: list[str], tmp_path: Path
) -> None:
    """It is lifted where the project builds there, and said where it does not."""
    found = project(tmp_path / "game", f"{line}\nuse ./server\n")
    tool = in_builder(found, tmp_path)
    findings = in_step(tool, found, build, ended(tool))

    assert expected == [each.name for each in findings]
    lifted = "go 1.26\n" in tool.file("../go.work").decode()
    assert lifted == (expected == ["workspace-go-line-lifted"] or line == "go 1.26\n")


@pytest.mark.go
def test_a_high_line_is_lowered_only_where_it_is_built_in(tmp_path: Path) -> None:
    """The plugin alone is built without go.work."""
    found = project(tmp_path, "go 1.99.1\n\nuse ./server\n")

    assert {"../go.work": GoLines(go="1.99.1")} == lines_beside(found, workspace=True)
    assert {} == lines_beside(found, workspace=False)


@pytest.mark.go
def test_another_module_of_the_workspace_asks_for_more(tmp_path: Path) -> None:
    """The plugin alone has the pinned version, the workspace has not."""
    pin = Pin(module=MULTIERR, version="v1.6.0", package="", quoted="", round=1)
    code = f'package main\n\nimport _ "{MULTIERR}"\n\nfunc main() {{}}\n'
    files = {
        "server/go.mod": "module example.com/server\n\ngo 1.26\n\n"
        f"require {MULTIERR} v1.6.0\n",
        "server/main.go": f"{code}\nfunc InitModule() {{}}\n",
        "tools/go.mod": "module example.com/tools\n\ngo 1.26\n\n"
        f"require {MULTIERR} v1.11.0\n",
        "tools/main.go": code,
    }
    work = "go 1.26\n\nuse (\n\t./server\n\t./tools\n)\n"
    found = project(tmp_path / "game", work, **files)
    tool = in_builder(found, tmp_path)
    state = ended(tool, pin)

    (finding,) = in_step(tool, found, MAKE, state)
    assert "workspace-versions-differ" == finding.name
    assert f"{MULTIERR} v1.11.0 instead of v1.6.0" in finding.text
    assert () == in_step(tool, found, BuildLine(), state)
