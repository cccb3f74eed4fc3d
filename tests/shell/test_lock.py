"""One autofix a project."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autofix.errors import ProjectLockedError
from autofix.lock import intent_path, project_lock

HOLDER = """
import pathlib, sys, time
from autofix.lock import project_lock
with project_lock(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_held_project_names_its_holder(tmp_path: Path) -> None:
    """A second run of the same project, by whatever path, is told who works there."""
    project, link = tmp_path / "project", tmp_path / "link"
    project.mkdir()
    link.symlink_to(project)
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "state"), str(project)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as holder:
        assert holder.stdout is not None
        assert b"held\n" == holder.stdout.readline()
        with (
            pytest.raises(ProjectLockedError, match=f"process {holder.pid}, since 2"),
            project_lock(tmp_path / "state", link),
        ):
            pass
        holder.send_signal(signal.SIGKILL)
    with project_lock(tmp_path / "state", link):
        pass  # kill -9 let go of it


def test_other_projects_are_free(tmp_path: Path) -> None:
    """Two projects can be worked on side by side."""
    with project_lock(tmp_path, Path("/a")), project_lock(tmp_path, Path("/b")):
        assert intent_path(tmp_path, Path("/a")) != intent_path(tmp_path, Path("/b"))


def test_a_damaged_note_is_still_a_lock(tmp_path: Path) -> None:
    """Who holds it may be unknown; that it is held is not."""
    with project_lock(tmp_path, Path("/a")):
        for path in tmp_path.rglob("lock"):
            path.write_text("{")
        with (
            pytest.raises(ProjectLockedError, match="another process"),
            project_lock(tmp_path, Path("/a")),
        ):
            pass


def test_a_path_that_is_no_utf8(tmp_path: Path) -> None:
    """Folders are named in bytes; one with Latin-1 in its name is a project too."""
    project = Path(os.fsdecode(b"/caf\xe9"))

    with project_lock(tmp_path, project):
        assert intent_path(tmp_path, project) != intent_path(tmp_path, Path("/caf"))
