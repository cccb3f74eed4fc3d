"""A run that failed is packed, and reproduced where nothing but the file is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autofix.config import Config
from autofix.scenarios.staging import stage
from autofix.scenarios.workshop import EngineWorkshop
from scenarios.catalogue import load
from scenarios.kit import local_server
from tests.contract import checked

pytestmark = pytest.mark.live


def autofix(*words: str, state: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run autofix with a state folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "autofix", *words],
        cwd=folder,
        env={
            **os.environ,
            "XDG_STATE_HOME": str(state),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_failed_run_is_reproduced_from_its_bundle_alone(tmp_path: Path) -> None:
    """Run, replayed, compared and entered again, after its project and state are gone."""
    work, state, elsewhere = (tmp_path / each for each in ("work", "state", "new"))
    elsewhere.mkdir()
    server = str(local_server("3.40.0"))
    here = ("--engine", "local", "--server", server)
    local = EngineWorkshop(config=Config(engine="local"))
    plugin = stage(load("api-changed"), work, local)
    failed = autofix(
        *("run", *here, "--strategy", "first", "-q"), state=state, folder=plugin
    )
    file = str(tmp_path / "failure.tar.gz")
    written = autofix(
        *("reproduce", "--bundle", "latest", file, "--output-format", "json"),
        state=state,
        folder=tmp_path,
    )
    shutil.rmtree(work)
    shutil.rmtree(state)

    def again(command: str, *options: str) -> subprocess.CompletedProcess[str]:
        return autofix(
            command, file, *options, state=elsewhere / "state", folder=elsewhere
        )

    replayed = again("reproduce", "--replay", "--output-format", "json")
    compared = again("compare", "--round", "1", "--output-format", "json")
    reproduced = again("reproduce", *here, "--output-format", "json")
    entered = again("reproduce", *here, "--at", "1", "--max-time", "1s")

    assert 1 == failed.returncode, failed.stderr
    assert checked(written.stdout, "bundle")["manifest"]["sources"] is True
    assert checked(replayed.stdout, "replay")["same"] is True
    assert 1 == compared.returncode, compared.stderr
    assert checked(compared.stdout, "compare")["groups"]
    told = checked(reproduced.stdout, "reproduction")
    assert (0, True, "digest") == (
        reproduced.returncode,
        told["reproduced"],
        told["server_by"],
    ), reproduced.stderr
    assert all(row["then"] == row["now"] for row in told["rows"])
    assert 0 == entered.returncode, entered.stderr
    assert "Standing still after round 1." in entered.stderr
    assert f"{server} check --runtime.path=" in entered.stderr
