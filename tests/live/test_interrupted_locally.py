"""A run without containers that is ended in the middle: what it leaves is nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autofix.config import Config
from autofix.engines.local.leftovers import MARK
from autofix.engines.ownership import PID
from autofix.scenarios.staging import stage
from autofix.scenarios.workshop import EngineWorkshop
from autofix.scratch import SHARED
from scenarios.catalogue import load
from scenarios.kit import local_server
from tests.contract import checked
from tests.live.test_interrupted import ENOUGH, autofix, tree, until

LOCAL = EngineWorkshop(config=Config(engine="local"))
pytestmark = pytest.mark.live


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Lay out a vendored plugin that needs a pin, so that every phase is passed."""
    return stage(load("vendored"), tmp_path / "work", LOCAL)


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Give the run a state folder and a temporary folder of its own."""
    (tmp_path / "tmp").mkdir()
    return {
        **os.environ,
        "AUTOFIX_ENGINE": "local",
        "AUTOFIX_SERVER": str(local_server("3.40.0")),
        "TMPDIR": str(tmp_path / "tmp"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }


def processes_of(pid: int) -> list[str]:
    """Name the living processes that one run of autofix started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            name = (folder / "comm").read_text().strip()
        except OSError:
            continue
        for variable in variables:
            key, _, value = variable.partition(b"=")
            if key == MARK.encode() and json.loads(value)[PID] == str(pid):
                found.append(name)
    return found


def folders_of(pid: int, home: dict[str, str]) -> list[Path]:
    """List the temporary folders of one run."""
    places = (Path(home["TMPDIR"]), SHARED)
    return [path for place in places for path in place.glob(f"autofix-{pid}-*")]


def none_left(pid: int, seconds: float = 60.0) -> bool:
    """Tell whether all processes of a run end in time."""
    deadline = time.monotonic() + seconds
    while processes_of(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not processes_of(pid)


@pytest.mark.parametrize("phase", ["prepare", "build", "load", "start"])
def test_kill_9_ends_every_process_and_the_next_command_clears_up(
    phase: str, project: Path, home: dict[str, str]
) -> None:
    """Go, its compilers, server and database die at once; folders go with clean."""
    before = tree(project)
    run = autofix(project, home)
    assert until(run, phase), run.communicate()
    time.sleep(random.Random(phase).uniform(0, 1.0))
    run.kill()
    run.communicate()

    assert none_left(run.pid)
    assert before == tree(project)

    clean = [sys.executable, "-m", "autofix", "clean", "--engine", "local"]
    subprocess.run(clean, env=home, check=True)

    assert [] == folders_of(run.pid, home)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("phase", ["prepare", "build", "start"])
def test_a_signal_is_obeyed_and_cleaned_up_after(
    phase: str, number: signal.Signals, project: Path, home: dict[str, str]
) -> None:
    """The exit status is the shell's, and neither process nor folder is left."""
    before = tree(project)
    run = autofix(project, home)
    assert until(run, phase), run.communicate()
    run.send_signal(number)
    stdout, _ = run.communicate(timeout=ENOUGH)

    assert 128 + number == run.returncode
    assert "interrupted" == checked(stdout, "run")["error_code"]
    assert [] == processes_of(run.pid)
    assert [] == folders_of(run.pid, home)
    assert before == tree(project)
