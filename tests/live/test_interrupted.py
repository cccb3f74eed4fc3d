"""
A run that is ended in the middle, in every phase: the tree and the engine after it.

``KILLS_PER_PHASE`` sets how often each phase is killed (1 in CI; ten times each were
seen when this was written).
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autofix.engines.ownership import PID
from autofix.scenarios.staging import stage
from scenarios.catalogue import load
from scenarios.kit import KitImages
from tests.contract import checked

pytestmark = pytest.mark.live

PHASES = ("prepare", "build", "load", "pin", "vendor", "start")
KILLS = int(os.environ.get("KILLS_PER_PHASE", "1"))
ENOUGH = 300.0


@pytest.fixture
def project(kit: KitImages, tmp_path: Path) -> Path:
    """Lay out a vendored plugin that needs a pin, so that every phase is passed."""
    assert kit.releases
    return stage(load("vendored"), tmp_path / "work")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Give the run a state folder of its own."""
    return {
        **os.environ,
        "AUTOFIX_KIT": "1",
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }


def left_by(run: subprocess.Popen[str]) -> list[str]:
    """List the containers, networks and volumes of one process in the engine."""
    label = f"label={PID}={run.pid}"
    commands = (
        ["ps", "-aq", "--filter", label],
        ["network", "ls", "-q", "--filter", label],
        ["volume", "ls", "-q", "--filter", label],
    )
    return [line for command in commands for line in docker(*command)]


def unnamed_volumes() -> set[str]:
    """List the volumes that a container made and nobody uses any more."""
    names = docker("volume", "ls", "-q", "--filter", "dangling=true")
    return {name for name in names if re.fullmatch("[0-9a-f]{64}", name)}


def docker(*arguments: str) -> list[str]:
    """Run the docker command and return its lines."""
    done = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def tree(folder: Path) -> dict[str, str]:
    """Hash every file of a tree, with its mode."""
    return {
        str(path.relative_to(folder)): f"{path.lstat().st_mode:o} "
        + hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


def autofix(
    project: Path, home: dict[str, str], *options: str
) -> subprocess.Popen[str]:
    """Start ``autofix run``; its events come as JSON lines on stderr."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "autofix", "run", str(project)),
            *("--log-format", "json", "--output-format", "json", *options),
        ],
        env=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(run: subprocess.Popen[str], phase: str) -> bool:
    """Wait until a phase begins; False if the run ended before."""
    assert run.stderr is not None
    for line in run.stderr:
        event = checked(line, "events")
        if event["event"] == "phase began" and event["phase"] == phase:
            return True
    return False


def delays(phase: str) -> Iterator[float]:
    """Yield the moments within a phase at which it is killed."""
    dice = random.Random(phase)
    for _ in range(KILLS):
        yield dice.uniform(0, 1.5)


@pytest.mark.parametrize("phase", PHASES)
def test_kill_9_leaves_the_tree_and_the_next_run_clears_the_engine(
    phase: str, project: Path, home: dict[str, str]
) -> None:
    """Byte for byte as before; what was left is gone after the next command."""
    before, volumes = tree(project), unnamed_volumes()
    for delay in delays(phase):
        run = autofix(project, home)
        assert until(run, phase), run.communicate()
        time.sleep(delay)
        run.kill()
        run.communicate()

        assert before == tree(project)

        subprocess.run([sys.executable, "-m", "autofix", "clean"], env=home, check=True)

        assert [] == left_by(run)
        assert volumes >= unnamed_volumes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("phase", ["prepare", "build", "start"])
def test_a_signal_is_obeyed_cleaned_up_after_and_told(
    phase: str, number: signal.Signals, project: Path, home: dict[str, str]
) -> None:
    """The exit status is the shell's, the result says so, and nothing is left."""
    before = tree(project)
    run = autofix(project, home)
    assert until(run, phase), run.communicate()
    run.send_signal(number)
    stdout, _ = run.communicate(timeout=ENOUGH)

    assert 128 + number == run.returncode
    assert before == tree(project)
    assert [] == left_by(run)
    assert "interrupted" == checked(stdout, "run")["error_code"]


def test_a_run_after_a_killed_one_clears_up_by_itself(
    project: Path, home: dict[str, str]
) -> None:
    """No command in between: the next run removes what the killed one left."""
    run = autofix(project, home)
    assert until(run, "build")
    run.kill()
    run.communicate()
    assert left_by(run)
    again = autofix(project, home)
    stdout, _ = again.communicate(timeout=ENOUGH)

    assert "clean" == checked(stdout, "run")["ending"]["kind"]
    assert [] == left_by(run)


def test_a_full_disk_at_the_end_leaves_the_tree(
    project: Path, home: dict[str, str], tmp_path: Path
) -> None:
    """Applying needs room; without it nothing changes and the message says so."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    small = tmp_path / "small"
    small.mkdir()
    size = sum(path.stat().st_size for path in project.rglob("*") if path.is_file())
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size + (3 << 20)}", "tmpfs"]
    subprocess.run([*mount, str(small)], check=True)
    try:
        copy = small / "plugin"
        shutil.copytree(project, copy, symlinks=True)
        filler = small / "filler"
        with filler.open("wb") as file:
            try:
                while True:
                    file.write(bytes(65536))
            except OSError:
                pass
        before = tree(copy)
        run = autofix(copy, home)
        stdout, _ = run.communicate(timeout=ENOUGH)

        assert 3 == run.returncode
        assert "disk-full" == checked(stdout, "run")["error_code"]
        assert before == tree(copy)
    finally:
        subprocess.run(["umount", str(small)], check=True)
