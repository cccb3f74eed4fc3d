"""What check finds is what a run pins, and it leaves the project as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from autofix.core.lockfile import lock_text, parse_lock
from autofix.scenarios.scenario import BuildStep, MachineStep
from autofix.scenarios.staging import stage
from scenarios.catalogue import load, names
from scenarios.harness import run
from scenarios.kit import ensure_images
from tests import contract

pytestmark = pytest.mark.live

SCENARIOS = tuple(
    name
    for name in names()
    if load(name).expect.end in ("clean", "unsatisfiable")
    and "docker" in load(name).engines
)
VERSIONS = ("module-version", "replace-defeats")


def content(folder: Path) -> Mapping[str, str]:
    """Map every file of a folder to a digest of it, and of its mode and time."""
    return {
        path.relative_to(folder).as_posix(): sha256(
            repr((path.lstat().st_mode, path.lstat().st_mtime_ns)).encode()
            + path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def checked(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Run check on a folder and return its exit code and result."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "autofix", "check", "--kit", str(folder)),
            *("--output-format", "json", *options),
        ],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    result = contract.checked(done.stdout, "check")
    if "checks" in result:  # several modules
        result["findings"] = [
            finding for each in result["checks"] for finding in each["findings"]
        ]
    return done.returncode, result


@pytest.mark.usefixtures("kit")
@pytest.mark.parametrize("name", SCENARIOS)
def test_finds_what_a_run_pins(name: str, tmp_path: Path) -> None:
    """
    Each pin of the scenario is a finding on a line of go.mod, and no other is.

    Where a run needs a second build, the first one showed what no plan could.
    """
    scenario = load(name)
    ensure_images([scenario.nakama])
    steps = tuple(
        step
        for step in scenario.prepare
        if not isinstance(step, BuildStep | MachineStep)
    )
    folder = stage(replace(scenario, prepare=steps), tmp_path)
    before = content(tmp_path)
    exit_code, result = checked(folder)
    errors = [each for each in result["findings"] if each["level"] == "error"]

    assert before == content(tmp_path)
    assert (exit_code == 1) == bool(errors)
    if scenario.expect.end == "clean":
        found = {
            each["module"]: each["wanted"]
            for each in result["findings"]
            if each["name"] in VERSIONS
        }
        assert found.items() <= scenario.expect.pins.items()
        assert scenario.expect.builds not in (None, 1) or found == scenario.expect.pins
        assert set(scenario.expect.excludes) <= {
            f"{each['module']}@{version}"
            for each in result["findings"]
            for version in each["excludes"]
        }
        assert all(
            each["line"] and each["file"].endswith("go.mod")
            for each in result["findings"]
            if each["name"] in VERSIONS
        )
    else:
        assert exit_code == 1


@pytest.mark.usefixtures("kit")
def test_with_a_lock_file_neither_image_nor_engine_is_needed(tmp_path: Path) -> None:
    """What was found with the image is found by the lock file alone."""
    scenario = load("five-mismatches")
    folder = stage(scenario, tmp_path)
    _, first = checked(folder, "--lock")
    lock = (folder / "autofix.lock").read_bytes()
    _, again = checked(folder, "--lock")
    _, by_lock = checked(folder, "--offline")

    assert str(folder / "autofix.lock") == first["written"]
    assert "" == again["written"]
    assert lock == (folder / "autofix.lock").read_bytes()
    assert ("image", "lock") == (
        first["server"]["basis"],
        by_lock["server"]["basis"],
    )
    assert first["findings"] == by_lock["findings"]


@pytest.mark.usefixtures("kit")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("no-trimpath", {"build-setting-differs"}),
        ("go-minor", {"go-differs"}),
        ("go-patch", {"go-differs"}),
        ("platform-arm64", {"machine-differs"}),
        ("platform-macho", {"no-plugin"}),
        ("platform-text", {"no-plugin"}),
    ],
)
def test_judges_a_plugin_that_was_built_wrongly(
    name: str, expected: set[str], tmp_path: Path
) -> None:
    """The file alone is judged, by what is known of the server's image."""
    scenario = load(name)
    ensure_images(scenario.releases)
    folder = stage(scenario, tmp_path)
    (plugin,) = (tmp_path / "given").iterdir()
    exit_code, result = checked(folder, "--so", str(plugin))

    assert expected == {each["name"] for each in result["findings"]}
    assert 1 == exit_code
    assert [str(plugin)] == [each["name"] for each in result["plugins"]]


@pytest.mark.usefixtures("kit")
def test_a_lock_of_another_image_is_noticed(tmp_path: Path) -> None:
    """Where an engine has the image of that name, it is asked whether it still is."""
    folder = stage(load("healthy"), tmp_path)
    checked(folder, "--lock")
    lock = folder / "autofix.lock"
    other = replace(parse_lock(lock.read_text()), digest="sha256:0")
    lock.write_text(lock_text(other))
    exit_code, result = checked(folder)

    assert ["lock-of-another-image"] == [each["name"] for each in result["findings"]]
    assert 1 == exit_code


@pytest.mark.usefixtures("kit")
@pytest.mark.parametrize("name", ["direct-too-new", "transitive-too-new"])
def test_what_a_run_has_repaired_passes(name: str, tmp_path: Path) -> None:
    """After a clean run nothing must change."""
    scenario = load(name)
    ensure_images(scenario.releases)
    outcome = run(scenario, tmp_path)
    exit_code, result = checked(tmp_path / "plugin" / scenario.folder)

    assert outcome.passed
    assert (0, []) == (exit_code, result["findings"])
