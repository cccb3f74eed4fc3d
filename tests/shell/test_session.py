"""What a session does before there is anything to run."""

from __future__ import annotations

from pathlib import Path

from autofix.config import Config
from autofix.intent import Intent, Stage, Swap, write_intent
from autofix.lock import intent_path
from autofix.session import held_project


def test_a_half_made_change_is_taken_back_before_the_project_is_described(
    tmp_path: Path,
) -> None:
    """A run killed while vendor/ was on its way leaves a vendored project."""
    project, state = tmp_path / "project", tmp_path / "state"
    old, new = project / ".autofix-1-vendor.old", project / ".autofix-1-vendor.new"
    for path, text in (
        (project / "go.mod", "module example.com/plugin\n\ngo 1.26\n"),
        (project / "main.go", "package main\n\nfunc InitModule() {}\n"),
        (old / "modules.txt", "# old\n"),
        (new / "modules.txt", "# new\n"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    swap = Swap(
        name="vendor",
        real=project / "vendor",
        new=new,
        old=old,
        existed=True,
        tree=True,
        deleted=False,
        digest="",
    )
    write_intent(
        intent_path(state, project),
        Intent(project=project, stage=Stage.SWAPPING, swaps=(swap,)),
    )

    with held_project(Config(project=project), state) as (found, recovery):
        assert recovery is not None
        assert ("vendor",) == recovery.restored
        assert found.vendored
        assert "# old\n" == (project / "vendor" / "modules.txt").read_text()
