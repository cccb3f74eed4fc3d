"""No line that a run writes into go.mod can be left out: tried with the go command."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autofix.core.gomod import GoMod, ModEdit
from autofix.core.model import ModuleVersion
from autofix.core.observations import Edited, Failed
from autofix.engines.archive import Entry
from autofix.gotool import GO_MOD, GoTool
from autofix.report.scenario_text import outcome_text
from autofix.scenarios.scenario import PLUGIN
from scenarios.catalogue import load
from scenarios.harness import run
from tests.local_builder import LocalBuilder

NAMES = (
    "five-mismatches",
    "transitive-too-new",
    "dependant-too-new",
    "test-raises-pins",
)
"""Requirements, excludes that hold them, a library moved, and what tidy would raise."""

GO_SUM = "go.sum"
NOBODY = ModuleVersion(path="example.com/nobody", version="v1.0.0")


@pytest.mark.live
@pytest.mark.parametrize("name", NAMES)
def test_every_line_is_needed(name: str, tmp_path: Path) -> None:
    """Without any one of them the plugin links, or tidy brings it, another version."""
    outcome = run(load(name), tmp_path, engine="local")
    assert outcome.passed, outcome_text(outcome)
    project = tmp_path / PLUGIN
    tool = _tool(tmp_path / "try", outcome.result["builder"]["go"], project)
    ended = _read(tool)
    tool.put(GO_MOD, _as_committed(project))
    began = _read(tool)
    edits = list(_left_out(began, ended))

    assert not _is_needed(tool, project, ModEdit(excludes=(NOBODY,)))
    assert edits
    assert [] == [edit for edit in edits if not _is_needed(tool, project, edit)]


def _tool(root: Path, go: str, project: Path) -> GoTool:
    builder = LocalBuilder(root, go)
    files = [path for path in project.rglob("*") if path.is_file()]
    entries = (
        Entry(name=path.relative_to(project).as_posix(), content=path)
        for path in files
        if ".git" not in path.parts
    )
    builder.put(entries, "/src")
    return GoTool(builder=builder, folder="/src", environment={})


def _as_committed(project: Path) -> bytes:
    command = ["git", "-C", str(project), "show", f"HEAD:{GO_MOD}"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def _read(tool: GoTool) -> GoMod:
    found = tool.read()
    assert not isinstance(found, Failed)
    return found


def _left_out(began: GoMod, ended: GoMod) -> Iterator[ModEdit]:
    """Yield the edits that each take one change of go.mod back."""
    before = {each.module.path: each.module for each in began.requires}
    for each in ended.excludes:
        if each not in began.excludes:
            yield ModEdit(drop_excludes=(each,))
    for requirement in ended.requires:
        module = requirement.module
        was = before.get(module.path)
        if was is None:
            yield ModEdit(drop_requires=(module.path,))
        elif was != module:
            yield ModEdit(requires=(was,))


def _is_needed(tool: GoTool, project: Path, edit: ModEdit) -> bool:
    for name in (GO_MOD, GO_SUM):
        tool.put(name, (project / name).read_bytes())
    wanted = _linked(tool, ModEdit())
    if _linked(tool, edit) != wanted:
        return True
    tidied = tool.ask("go mod tidy")
    return not tidied.succeeded or _linked(tool, ModEdit()) != wanted


def _linked(tool: GoTool, edit: ModEdit) -> dict[str, str] | None:
    """Return the linked modules' versions after an edit; None if go refuses it."""
    seen = tool.edit(edit)
    if not isinstance(seen, Edited):
        return None
    return {path: each.version for path, each in seen.linked.items()}
