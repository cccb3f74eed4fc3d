"""A disk that others need: a run does not begin on the last of it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import autofix
from autofix.errors import DiskFullError
from autofix.runfolder import runs_folder
from autofix.watching import disk_usage
from tests.shell.test_api import game

pytestmark = pytest.mark.live

SIZE = 8 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 8 MB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    subprocess.run(mount, check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_run_does_not_begin_on_a_disk_that_is_nearly_full(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says which disk and what to do; with room, or no reserve, it goes on."""
    monkeypatch.setenv("XDG_STATE_HOME", str(disk))
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    config = autofix.Config(project=game(tmp_path / "game"), engine="docker")
    careless = autofix.Config(project=config.project, engine="docker", disk_reserve=0)
    _, free = disk_usage(disk) or (0, 0)
    (disk / "others").write_bytes(bytes(free - SIZE // 40))
    with pytest.raises(DiskFullError, match="kB are free on the disk of"):
        autofix.run(config)
    assert not runs_folder(disk / "autofix").exists()

    with pytest.raises(autofix.AutofixError, match="No container engine answers"):
        autofix.run(careless)
    (disk / "others").unlink()
    with pytest.raises(autofix.AutofixError, match="No container engine answers"):
        autofix.run(config)
