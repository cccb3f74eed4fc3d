"""A commit that only a build can find is found by builds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autofix.scenarios.staging import stage
from scenarios.catalogue import load
from scenarios.kit import ensure_images
from tests.contract import checked
from tests.shell.test_upgrade_commits import git


def bisected(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Bisect from the first commit on, and return the exit code and the result."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "autofix", "bisect", str(folder), "--kit"),
            *("--good", "HEAD~1", "--output-format", "json", *options),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, checked(done.stdout, "bisect")


@pytest.mark.live
@pytest.mark.usefixtures("kit")
def test_a_commit_that_does_not_compile(tmp_path: Path) -> None:
    """A plan sees no difference, and says what it cannot see; --build names it."""
    scenario = load("healthy")
    ensure_images(scenario.releases)
    folder = stage(scenario, tmp_path)
    (folder / "broken.go").write_text("package main\n\nvar _ int = missing\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Break it")
    by_plan, planned = bisected(folder)
    by_build, built = bisected(folder, "--build")

    assert (1, "never") == (by_plan, planned["outcome"])
    assert (0, "found") == (by_build, built["outcome"])
    assert ["Break it"] == [each["subject"] for each in built["suspects"]]
    assert "missing" in str(built["probes"][0]["findings"])
    assert "" == git(folder, "status", "--porcelain")
