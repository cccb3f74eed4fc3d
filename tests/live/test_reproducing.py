"""A past run is run again from what its folder keeps, and ends the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autofix.report.scenario_text import outcome_text
from autofix.scenarios.running import fresh
from scenarios.catalogue import load
from scenarios.harness import run
from scenarios.kit import ensure_images
from tests.contract import checked


@pytest.mark.live
@pytest.mark.parametrize("name", ["api-changed", "no-trimpath", "vendored"])
def test_a_past_run_is_reproduced_without_its_project(
    name: str, tmp_path: Path
) -> None:
    """Also with a plugin file that was given, and from vendor/; nothing else is read."""
    scenario = load(name)
    ensure_images(scenario.releases)
    outcome = run(scenario, fresh(tmp_path / "work"))
    assert outcome.passed, outcome_text(outcome)
    shutil.move(tmp_path / "work" / "state", tmp_path / "state")
    shutil.rmtree(tmp_path / "work")

    again = subprocess.run(
        [sys.executable, "-m", "autofix", "reproduce", "--output-format", "json"],
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    told = checked(again.stdout, "reproduction")

    assert (0, True) == (again.returncode, told["reproduced"]), again.stderr
    assert all(row["then"] == row["now"] for row in told["rows"])
