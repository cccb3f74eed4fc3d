"""Who owns what, and whether the owner lives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from autofix.engines.ownership import (
    HOST,
    PID,
    RUN,
    Life,
    Owner,
    owner_of,
    process_started,
    this_host,
    this_owner,
)

OWNER = Owner(run="r1", host="here", pid=7, started="boot:100", created="2026-11-22")


def test_labels_name_their_owner_again() -> None:
    """An owner survives being written as labels."""
    assert OWNER == owner_of(OWNER.labels)


@pytest.mark.parametrize(
    "labels",
    [{}, {RUN: "r1"}, OWNER.labels | {PID: "seven"}, {HOST: "here", PID: "7"}],
    ids=["none", "run only", "no number", "no run"],
)
def test_incomplete_labels_name_nobody(labels: dict[str, str]) -> None:
    """Labels that are not wholly ours never lead to a removal."""
    assert owner_of(labels) is None


@pytest.mark.parametrize(
    ("host", "started", "life"),
    [
        ("here", "boot:100", Life.ALIVE),
        ("here", None, Life.GONE),
        ("here", "boot:999", Life.GONE),
        ("here", "later:100", Life.GONE),
        ("elsewhere", None, Life.UNKNOWN),
        ("elsewhere", "boot:100", Life.UNKNOWN),
    ],
    ids=["alive", "ended", "pid used again", "rebooted", "elsewhere", "same pid there"],
)
def test_life_is_told_only_for_this_host(
    host: str, started: str | None, life: Life
) -> None:
    """A pid says something only with its start, its boot and its host."""
    assert life is OWNER.life(host=host, process_started=lambda _pid: started)


def test_this_process_lives() -> None:
    """The running process owns what it makes, as seen by itself."""
    owner = this_owner("r2")

    assert os.getpid() == owner.pid
    assert Life.ALIVE is owner.life(host=this_host(), process_started=process_started)


def test_a_pid_used_again_is_another_process() -> None:
    """The same pid with another start is not the owner."""
    owner = replace(this_owner("r2"), started="0:1")

    assert Life.GONE is owner.life(host=this_host(), process_started=process_started)


def test_a_killed_process_is_gone_even_before_it_is_reaped() -> None:
    """A zombie has a pid and a start time, and is gone all the same."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    alive = process_started(child.pid)
    child.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    zombie = process_started(child.pid)
    child.wait()

    assert alive is not None
    assert zombie is None
    assert process_started(child.pid) is None


def test_the_host_is_named_the_same_each_time_and_tells_nothing() -> None:
    """The name is stable, short, and not the machine's own."""
    assert this_host() == this_host()
    assert os.uname().nodename not in this_host()
