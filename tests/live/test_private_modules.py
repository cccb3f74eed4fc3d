"""A private module is fetched with the user's credentials, which stay nowhere."""

from __future__ import annotations

from pathlib import Path

import docker
import pytest

from autofix.engines.docker.builder import MODULE_CACHE_VOLUME
from autofix.report.scenario_text import outcome_text
from autofix.scenarios.running import fresh
from scenarios.catalogue import load
from scenarios.harness import run
from scenarios.kit import KitImages

pytestmark = pytest.mark.live

_HOST = "git.studio.example"


def _in_module_cache(image: str, script: str) -> str:
    """Run a script in the folder of the engine's module cache."""
    client = docker.from_env()
    try:
        output: bytes = client.containers.run(
            image,
            [script],
            entrypoint=["sh", "-c"],
            working_dir="/cache",
            volumes={MODULE_CACHE_VOLUME: {"bind": "/cache", "mode": "rw"}},
            remove=True,
        )
    finally:
        client.close()
    return output.decode()


def test_credentials_are_used_and_kept_nowhere(kit: KitImages, tmp_path: Path) -> None:
    """Neither run folder nor project nor the engine's caches hold the password."""
    builder = kit.releases["3.40.0"].builder
    _in_module_cache(
        builder,
        f"chmod -R u+w {_HOST} 2>/dev/null; rm -rf {_HOST} cache/download/{_HOST}"
        f" $(grep -l {_HOST} cache/vcs/*.info 2>/dev/null | sed 's/.info$//')",
    )
    work = fresh(tmp_path / "private")
    outcome = run(load("private-module"), work)
    assert outcome.passed, outcome_text(outcome)

    password = (work / "home" / ".netrc").read_text().split()[-1]
    files = [path for path in work.rglob("*") if path.is_file()]
    holding = [
        str(path.relative_to(work))
        for path in files
        if password.encode() in path.read_bytes()
    ]
    fetched = _in_module_cache(builder, f"ls cache/download/{_HOST}/studio")
    kept = _in_module_cache(
        builder, f"grep -rlF -- {password} cache/vcs cache/download/{_HOST} || true"
    )

    assert ["home/.netrc"] == holding
    assert "rules.git\n" == fetched
    assert "" == kept
