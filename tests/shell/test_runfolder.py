"""The run folder: made, filled line by line, linked, bounded, pruned."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autofix.core.actions import Prepare
from autofix.core.journal import Entry, Header, read
from autofix.core.observations import Began
from autofix.core.state import Policy
from autofix.errors import EnvironmentUnusableError, UsageError
from autofix.runfolder import (
    BoundedLog,
    RunFolder,
    past_runs,
    prune,
    state_home,
    write_result,
)

NOW = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)


def made(state: Path, number: int = 0, at: Path | None = None) -> RunFolder:
    """Make the folder of the run with this number."""
    return RunFolder.create(
        state=state,
        project=Path("/plugin"),
        run_id=f"id{number}",
        now=NOW + timedelta(minutes=number),
        at=at,
    )


def test_a_folder_is_named_by_time_and_linked(tmp_path: Path) -> None:
    """The newest run is ``latest``, and run.json says whose it is."""
    with made(tmp_path), made(tmp_path, 1) as folder:
        about = json.loads((folder.path / "run.json").read_text())

    assert "20261122T010303Z-id1" == folder.path.name
    assert folder.path == (tmp_path / "runs" / "latest").resolve()
    assert ("id1", os.getpid(), "/plugin") == (
        about["run_id"],
        about["pid"],
        about["project"],
    )


def test_a_chosen_folder_is_used_as_it_is(tmp_path: Path) -> None:
    """--run-dir names the folder itself; it may exist but not have content."""
    chosen = tmp_path / "artifacts"
    with made(tmp_path, at=chosen) as folder:
        pass

    assert chosen == folder.path
    assert not (tmp_path / "runs").exists()
    with pytest.raises(UsageError, match="not empty"):
        made(tmp_path, at=chosen)


def test_a_journal_survives_a_kill(tmp_path: Path) -> None:
    """What was kept is on the disk although the process never closed the file."""
    script = (
        "import os, pathlib, sys, test_runfolder as t\n"
        "folder = t.made(pathlib.Path(sys.argv[1]))\n"
        "folder.begin(t.Header(autofix='1', policy=t.Policy()))\n"
        "folder.keep(t.Entry(observation=t.Began(), action=t.Prepare()))\n"
        f"os.kill(os.getpid(), {int(signal.SIGKILL)})\n"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    text = (tmp_path / "runs" / "latest" / "journal.jsonl").read_text()
    header, entries = read(text.splitlines())

    assert Header(autofix="1", policy=Policy()) == header
    assert (Entry(observation=Began(), action=Prepare()),) == tuple(entries)
    assert [False] == [run.live for run in past_runs(tmp_path)]


def test_logs_are_bounded(tmp_path: Path) -> None:
    """A log stops at its limit and says so once."""
    path = tmp_path / "round-01" / "server.log"
    log = BoundedLog(path, limit=40)
    for _ in range(1000):
        log.write("a megabyte a second")
    log.close()

    assert "a megabyte a second\n[autofix: log cut here]\n" == path.read_text()


def test_old_runs_are_pruned_but_never_living_ones(tmp_path: Path) -> None:
    """The newest stay, the others go, a run that still works stays whatever."""
    with made(tmp_path) as living:
        for number in range(1, 6):
            made(tmp_path, number).close()
        removed = prune(tmp_path, keep=2)
        left = [run.path.name[-3:] for run in past_runs(tmp_path)]

    assert ["id3", "id2", "id1"] == [run.path.name[-3:] for run in removed]
    assert ["id5", "id4", "id0"] == left
    assert living.path.exists()


def test_large_runs_are_pruned_by_size(tmp_path: Path) -> None:
    """The newest runs within the budget stay."""
    for number in range(3):
        with made(tmp_path, number) as folder:
            (folder.path / "server.log").write_bytes(b"x" * 10_000)
    prune(tmp_path, keep_bytes=25_000)

    assert ["id2", "id1"] == [run.path.name[-3:] for run in past_runs(tmp_path)]


def test_a_state_folder_that_cannot_be_made_is_an_environment_error(
    tmp_path: Path,
) -> None:
    """A file in the way ends with exit code 3, not with a traceback."""
    (tmp_path / "state").write_text("in the way")

    with pytest.raises(EnvironmentUnusableError) as caught:
        made(tmp_path / "state")
    assert 3 == caught.value.exit_code


def test_the_result_is_written_whole(tmp_path: Path) -> None:
    """A second result replaces the first one; nothing else is left."""
    write_result(tmp_path, "{}")
    write_result(tmp_path, '{"a": 1}')

    assert ["result.json"] == [path.name for path in tmp_path.iterdir()]
    assert '{"a": 1}' == (tmp_path / "result.json").read_text()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"XDG_STATE_HOME": "/s", "HOME": "/h"}, "/s/autofix"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/autofix"),
        ({"HOME": "/h"}, "/h/.local/state/autofix"),
    ],
)
def test_where_the_state_lies(environment: dict[str, str], expected: str) -> None:
    """XDG's rule: an absolute path counts, a relative one is ignored."""
    assert Path(expected) == state_home(environment)
