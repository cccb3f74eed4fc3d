"""A run that was made a scenario ends the same when that scenario is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.inputs import read_inputs
from autofix.report.scenario_text import outcome_text
from autofix.runs import read_run
from autofix.scenarios.foresight import run_folders
from autofix.scenarios.recording import record_run
from autofix.scenarios.running import fresh
from scenarios.catalogue import load
from scenarios.harness import run


@pytest.mark.live
@pytest.mark.parametrize("name", ["platform-macho", "subfolder-replace-outside"])
def test_a_recorded_run_ends_the_same(name: str, tmp_path: Path) -> None:
    """With a plugin file that was given, and from a folder below; as its file says."""
    first = run(load(name), fresh(tmp_path / "first"), strategy="first", engine="local")
    (folder,) = run_folders(tmp_path / "first" / "state")
    into = fresh(tmp_path / "into")
    made = record_run(
        read_run(folder),
        read_inputs(folder),
        catalogue=tmp_path / "catalogue",
        name=name,
        into=into,
    )
    again = run(
        made.scenario, fresh(tmp_path / "again"), strategy="first", engine="local"
    )

    assert first.passed, outcome_text(first)
    assert again.passed, outcome_text(again)
    assert [each.name for each in first.diagnoses] == [
        each.name for each in made.scenario.expect.diagnoses
    ]
    assert first.scenario.expect.pins == made.scenario.expect.pins
