"""``autofix schedule`` from outside: what it prints and what it refuses."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_main import environment


def schedule(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "autofix", "schedule", *arguments],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_line_runs_the_command(tmp_path: Path) -> None:
    """What cron would give to a shell does what was asked for, in this folder."""
    folder = tmp_path / "my game"
    folder.mkdir()
    done = schedule(folder, "--as", "cron", "--at", "3:05", "config", "--tags", "a b")
    path, line = done.stdout.splitlines()[1:3]
    ran = subprocess.run(
        ["/bin/sh", "-c", line.removeprefix("5 3 * * * ").replace("\\%", "%")],
        env={**environment(tmp_path), "PATH": path.removeprefix("PATH=")},
        timeout=60,
        check=False,
    )
    (log,) = tmp_path.glob("*.log")

    assert (0, 0) == (done.returncode, ran.returncode)
    assert "autofix-config-my-game.log" == log.name
    assert 'tags = "a b"' in log.read_text()


def test_without_options_it_is_systemds(tmp_path: Path) -> None:
    """Two files and what to do with them; options after the command are its own."""
    done = schedule(tmp_path, "run", "./plugin", "--max-time", "2h")
    (start,) = (x for x in done.stdout.splitlines() if x.startswith("ExecStart="))
    files = [x for x in done.stdout.splitlines() if x.startswith("# ~/")]

    assert ["run", "./plugin", "--max-time", "2h"] == shlex.split(start)[-4:]
    assert [".service", ".timer"] == [Path(each).suffix for each in files]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("rum",), "no command 'rum'"),
        (("run", "--max-tim", "2h"), "No such option"),
        (("--at", "25:00", "run"), "--at cannot be '25:00'"),
        (("run", "a\nb"), "cannot be scheduled"),
        (("--as", "windows", "run"), "windows"),
        ((), "COMMAND"),
    ],
)
def test_what_would_fail_at_night_is_refused_now(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    """Nobody sees a usage error at half past two."""
    done = schedule(tmp_path, *arguments)

    assert 2 == done.returncode
    assert told in done.stderr
    assert "" == done.stdout
