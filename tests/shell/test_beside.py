"""Go lines of the folders that a plugin's replaces lead to, on real Go."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from autofix.beside import (
    editable_files,
    lines_beside,
    lower,
    outside_findings,
    replaced_files,
)
from autofix.core.golines import GoLineEdit, GoLines, lowered, refuses
from autofix.core.gomod import ModEdit
from autofix.core.observations import Edited, Failed
from autofix.engines.archive import Entry
from autofix.git import is_dirty
from autofix.gotool import GoTool
from autofix.harvest import harvest, watched
from autofix.project import Project, find_project
from autofix.workspace import apply, snapshot
from tests.local_builder import LocalBuilder

PLUGIN = {
    "server/go.mod": "module example.com/game/server\n\ngo 1.15\n\n"
    "require example.com/game/sign v0.0.0\n\n"
    "replace example.com/game/sign => ../sign\n",
    "server/main.go": 'package main\n\nimport "example.com/game/sign"\n\n'
    "func InitModule() { sign.Sign() }\n\nfunc main() {}\n",
    "sign/go.mod": "module example.com/game/sign // ours\n\ngo 1.99.1 // the editor\n",
    "sign/sign.go": "package sign\n\nfunc Sign() {}\n",
}
SIGN = "../sign/go.mod"


def project_in(folder: Path, *, git: bool = True, **files: str) -> Project:
    """Write the plugin, with ``files`` beside it, and find it."""
    for name, text in {**PLUGIN, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if git:
        subprocess.run(["git", "init", "-q", str(folder)], check=True, timeout=30)
    return find_project(folder / "server")


def in_builder(project: Project, tmp_path: Path, go: str) -> GoTool:
    """Bring the project into a builder with an exact Go."""
    builder = LocalBuilder(tmp_path / "builder", go)
    builder.put(
        (
            Entry(name=each.path, content=project.root / each.path)
            for each in project.files()
        ),
        "/src",
    )
    return GoTool(builder=builder, folder=f"/src/{project.module_dir}", environment={})


@pytest.mark.go
@pytest.mark.parametrize(
    ("go", "refused", "line"),
    [
        ("1.15.15", True, "1.15"),
        ("1.16.3", True, "1.16"),
        ("1.19.13", False, ""),
        ("1.20.14", False, ""),
        ("1.21.13", True, "1.21.13"),
        ("1.26.5", True, "1.26.5"),
    ],
)
def test_is_lowered_exactly_where_go_refuses_it(
    go: str, refused: bool, line: str, tmp_path: Path
) -> None:
    """A line is touched where the go command says no, and then it says yes."""
    project = project_in(tmp_path / "game")
    tool = in_builder(project, tmp_path, go)
    beside = lines_beside(project, workspace=False)

    assert refused == isinstance(tool.edit(ModEdit()), Failed)
    edits = lowered(beside, go)
    assert ([GoLineEdit(file=SIGN, go=line)] if refused else []) == [*edits]
    assert {each.file: GoLines(go=line) for each in edits} == lower(tool, edits)
    assert isinstance(tool.edit(ModEdit()), Edited)


@pytest.mark.go
def test_the_change_is_brought_home_and_can_be_undone(tmp_path: Path) -> None:
    """Only the number changes in the other file; the backup holds what it was."""
    project = project_in(tmp_path / "game")
    watch = watched(project)
    expected = snapshot(watch.root, watch.names)
    tool = in_builder(project, tmp_path, "1.26.5")
    lower(tool, lowered(lines_beside(project, workspace=False), "1.26.5"))
    gomod = tool.file("go.mod")
    found = harvest(
        tool, watch, expected, tmp_path, written={"go.mod": gomod}, revendored=False
    )

    assert ("sign/go.mod",) == found.names
    assert tmp_path / "game" == found.root
    assert "-go 1.99.1 // the editor\n+go 1.26.5 // the editor\n" in found.diff
    apply(
        found.root,
        found.changes,
        backup=tmp_path / "backup",
        intent=tmp_path / "intent",
    )
    text = PLUGIN["sign/go.mod"]
    assert text.replace("1.99.1", "1.26.5") == (found.root / "sign/go.mod").read_text()
    assert text == (tmp_path / "backup" / "sign" / "go.mod").read_text()


def test_a_change_of_the_module_alone_is_named_from_the_module(tmp_path: Path) -> None:
    """What lies beside is watched, but does not show where it stays as it is."""
    project = project_in(tmp_path / "game")
    watch = watched(project)
    tool = in_builder(project, tmp_path, "")
    entries = [Entry(name="go.mod", content=b"module example.com/other\n")]
    tool.builder.put(entries, tool.folder)
    expected = snapshot(watch.root, watch.names)
    gomod = tool.file("go.mod")
    found = harvest(
        tool, watch, expected, tmp_path, written={"go.mod": gomod}, revendored=False
    )

    assert (("go.mod",), ()) == (found.names, found.created)
    assert project.module_folder == found.root
    assert {"go.mod", "go.sum", "autofix_pins.go"} == set(found.changes.expected)


def test_a_folder_outside_the_repository_is_left_alone(tmp_path: Path) -> None:
    """It is somebody else's: the finding says what to do there."""
    for name in ("sign/go.mod", "sign/sign.go"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(PLUGIN[name])
    project = project_in(tmp_path / "game")
    (tmp_path / "game" / "server" / "go.mod").write_text(
        PLUGIN["server/go.mod"].replace("../sign", "../../sign")
    )

    assert ("../../sign/go.mod",) == replaced_files(project)
    assert () == editable_files(project)
    assert {} == lines_beside(project, workspace=False)
    assert ["replaced-folder-go-line-high"] == [
        each.name for each in outside_findings(project, "1.26.5")
    ]
    assert [] == [*outside_findings(project, "1.99.1")]
    assert ("go.mod",) == watched(project).names[:1]


def test_uncommitted_changes_beside_are_seen(tmp_path: Path) -> None:
    """A file that a run may change is not mixed with what nobody committed."""
    project = project_in(tmp_path / "game")
    git = ("git", "-C", str(tmp_path / "game"), "-c", "user.name=a", "-c")
    for words in (["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, "user.email=a@example.com", *words], check=True)

    assert () == is_dirty(project.module_folder, editable_files(project))
    with (tmp_path / "game" / "sign" / "go.mod").open("a") as file:
        file.write("// more\n")
    assert (SIGN,) == is_dirty(project.module_folder, editable_files(project))


@pytest.mark.parametrize(
    ("go", "line", "expected"),
    [
        ("1.26.5", "", False),
        ("1.26.5", "1.26", False),
        ("1.26.5", "1.26.5", False),
        ("1.26.5", "1.26.6", True),
        ("1.20.14", "1.26.6", False),
        ("1.16.3", "1.26", False),
        ("1.16.3", "1.26.6", True),
    ],
)
def test_refuses(go: str, line: str, expected: bool) -> None:
    """The table that was observed."""
    assert expected == refuses(go, line)
