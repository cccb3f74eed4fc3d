"""doctor and clean against a real engine."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from autofix.engines.docker.registry import why_not_pullable
from scenarios.kit import KitImages
from tests.contract import checked

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("kit")]


def autofix(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run autofix with a state folder of its own."""
    path = os.pathsep.join(each for each in sys.path if each)
    return subprocess.run(
        [sys.executable, "-m", "autofix", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "XDG_STATE_HOME": str(folder / "state")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_doctor_finds_what_is_there(kit: KitImages, tmp_path: Path) -> None:
    """The engine is described; the kit's server counts where the kit is allowed."""
    assert kit.releases
    (tmp_path / "go.mod").write_text("module example.com/m\n\ngo 1.26\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc InitModule() {}\n")
    done = autofix(
        "doctor",
        "--kit",
        "--nakama",
        "3.40.0",
        "--output-format",
        "json",
        folder=tmp_path,
    )
    checks = {
        check["name"]: check for check in checked(done.stdout, "doctor")["checks"]
    }

    assert "ok" == checks["engine"]["status"]
    assert "ok" == checks["server image"]["status"]
    assert done.returncode == (
        3 if any(each["status"] == "fail" for each in checks.values()) else 0
    )


def test_an_image_that_does_not_exist_cannot_be_pulled() -> None:
    """Whatever the reason (no such image, no registry), there is one in seconds."""
    assert why_not_pullable(os.environ, f"autofix-test/{uuid.uuid4().hex}:1")


def test_clean_touches_only_what_is_ours(tmp_path: Path) -> None:
    """Somebody else's volume stays; a dead run's volume goes and is named."""
    name = f"autofix-test-{uuid.uuid4().hex[:8]}"
    ours = ("--label", "dev.autofix.run=dead", "--label", "dev.autofix.host=elsewhere")
    for suffix, labels in (("ours", ours), ("theirs", ("--label", "theirs=1"))):
        subprocess.run(
            ["docker", "volume", "create", *labels, f"{name}-{suffix}"],
            check=True,
            capture_output=True,
        )
    try:
        plan = autofix("clean", "--dry-run", "--all-runs", folder=tmp_path)
        assert 0 == plan.returncode
        assert f"would remove volume {name}-ours\n" in plan.stdout
        assert "theirs" not in plan.stdout
    finally:
        for suffix in ("ours", "theirs"):
            command = ["docker", "volume", "rm", f"{name}-{suffix}"]
            subprocess.run(command, check=True, capture_output=True)
