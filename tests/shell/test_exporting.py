"""What is dictated, by the go command's own listing of a real plugin."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autofix.config import Config
from autofix.engines.opening import Opened
from autofix.errors import EngineUnavailableError
from autofix.exporting import gathered
from autofix.releases import release_table
from autofix.servercache import ServerCache
from scenarios.catalogue import load

SEPARATE = "golang.org/x/crypto"


def silent() -> Opened:
    """Be a machine without an engine."""
    raise EngineUnavailableError("No engine answers.")


@pytest.mark.go
def test_only_modules_with_a_package_in_both_are_dictated(tmp_path: Path) -> None:
    """One that the server has too, but other packages of it, is the bot's to raise."""
    scenario = load("shares-no-package")
    folder = tmp_path / "plugin"
    shutil.copytree(scenario.path / "plugin", folder)
    found = gathered(
        Config(project=folder, nakama="3.40.0", engine="local"),
        open_engine=silent,
        cache=ServerCache(folder=tmp_path / "cache"),
        offline=False,
    )
    (dictated,) = found.dictated
    versions = {each.path: each.version for each in dictated.modules}

    assert ("Nakama 3.40.0", "1.26.5", "go.mod") == (
        dictated.server,
        dictated.go,
        dictated.go_mod,
    )
    assert "v1.47.0" == versions["github.com/heroiclabs/nakama-common"]
    assert SEPARATE in release_table().newest.modules
    assert SEPARATE not in versions
