"""Temporary folders of living and dead processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autofix.scratch import scratch_folder, sweep_scratch


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_folder_goes_with_its_context(tmp_path: Path) -> None:
    """Nothing stays after a proper end, and a living process keeps its own."""
    with scratch_folder() as folder:
        (folder / "plugin.so").write_bytes(b"x")

        assert () == sweep_scratch(shared=tmp_path)
        assert [folder] == list(tmp_path.iterdir())

    assert [] == list(tmp_path.iterdir())


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    """Kill -9 skips every clean-up; the next sweep does it."""
    program = (
        "import os, tempfile; from autofix.scratch import scratch_folder\n"
        f"tempfile.tempdir = {str(tmp_path)!r}\n"
        "with scratch_folder() as folder:\n"
        "    (folder / 'plugin.so').write_bytes(b'x')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    left = list(tmp_path.iterdir())

    assert -9 == killed.returncode
    assert 1 == len(left)
    assert tuple(left) == sweep_scratch(shared=tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_a_reused_process_number_does_not_keep_a_folder(tmp_path: Path) -> None:
    """The folder says when its process began."""
    with scratch_folder() as folder:
        assert (folder,) == sweep_scratch(started=lambda _pid: "later", shared=tmp_path)
        folder.mkdir()  # for the context's own clean-up

    assert [] == list(tmp_path.iterdir())


def test_folders_of_others_are_left(tmp_path: Path) -> None:
    """Only names of exactly our form are looked at."""
    for name in ("autofix-notes", "autofix-12-zz-x", "other-1-00000000-x"):
        (tmp_path / name).mkdir()

    assert () == sweep_scratch(shared=tmp_path)
    assert 3 == len(list(tmp_path.iterdir()))
