"""Forty-two mismatches are reduced to the one that the server names."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autofix.scenarios.scenario import load as load_folder
from scenarios.catalogue import load
from scenarios.kit import local_server

MOST_STEPS = 40


@pytest.mark.live
def test_forty_mismatches_are_reduced_to_one(tmp_path: Path) -> None:
    """One requirement and one import besides nakama-common's; the words are the same."""
    plugin, into = tmp_path / "plugin", tmp_path / "reduced"
    shutil.copytree(load("forty-mismatches").path / "plugin", plugin)
    server = str(local_server("3.40.0"))
    words = ["--engine", "local", "--server", server, "--output-format", "json"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "autofix", "reproduce", "--reduce", str(plugin)),
            *(*words, "--into", str(into)),
        ],
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    told = json.loads(done.stdout)
    scenario = load_folder(into)
    sources = {path.name: path.read_text() for path in (into / "plugin").glob("*.go")}
    imports = [
        line
        for text in sources.values()
        for line in text.splitlines()
        if "." in line and '"' in line
    ]

    assert told["reduced"]
    assert told["steps"] <= MOST_STEPS
    assert 2 == told["after"]["requirements"]
    assert 2 == len(imports)
    assert 1 == len(scenario.expect.pins)
    assert told["facts"]["package"] in told["quoted"]
    assert told["facts"]["package"] == scenario.expect.diagnoses[0].package
