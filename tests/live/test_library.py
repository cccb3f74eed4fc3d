"""autofix as a library with a real engine: a run that another thread cancels."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path

import pytest

import autofix
from autofix.core.actions import Action
from autofix.core.state import Phase
from autofix.engines.ownership import RUN
from autofix.errors import CancelledRunError
from autofix.scenarios.staging import stage
from scenarios.catalogue import load
from scenarios.kit import KitImages
from tests.live.test_interrupted import tree

pytestmark = pytest.mark.live


class AtTheBuild(autofix.Reporter):
    """Cancels when the build begins, from another thread."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.folder = Path()

    def run_began(self, *, project: str, run_folder: str) -> None:
        """Note the run folder."""
        del project
        self.folder = Path(run_folder)

    def phase_began(self, *, phase: Phase, round_: int, action: Action) -> None:
        """Let another thread cancel."""
        del round_, action
        if phase is Phase.BUILD:
            threading.Thread(target=self.cancelled.set).start()
            self.cancelled.wait()


def test_a_cancelled_run_leaves_nothing(
    kit: KitImages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The project is as it was, the engine empty, and the run folder says why."""
    assert kit.releases
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    project = stage(load("healthy"), tmp_path / "work")
    before, hearer = tree(project), AtTheBuild()
    with pytest.raises(CancelledRunError):
        autofix.run(
            autofix.Config(project=project, kit=True, allow_dirty=True),
            reporter=hearer,
            cancelled=hearer.cancelled,
        )
    run = json.loads((hearer.folder / "run.json").read_text())["run_id"]
    left = subprocess.run(
        ["docker", "ps", "-aq", "--filter", f"label={RUN}={run}"],
        capture_output=True,
        check=True,
    )

    assert before == tree(project)
    assert b"" == left.stdout
    result = json.loads((hearer.folder / "result.json").read_text())
    assert "cancelled" == result["error_code"]
