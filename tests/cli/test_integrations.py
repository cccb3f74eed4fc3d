"""The GitHub Action and the pre-commit hook, run as their hosts would run them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.test_main import environment
from tests.shell.test_api import GAME, game

ROOT = Path(__file__).parents[2]
TOO_NEW = GAME.replace("v1.47.0", "v1.48.0")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which ``autofix`` is a command."""
    programs = tmp_path / "bin"
    programs.mkdir()
    script = programs / "autofix"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m autofix "$@"\n')
    script.chmod(0o755)
    own = environment(tmp_path)
    return own | {"PATH": f"{programs}{os.pathsep}{own['PATH']}"}


def action() -> dict[str, Any]:
    """Read the action."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
    return found


def perform(
    folder: Path, home: dict[str, str], **inputs: str
) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run the action's own step, and return what it put out as well."""
    (step,) = (each for each in action()["runs"]["steps"] if each.get("id"))
    values = {name: each["default"] for name, each in action()["inputs"].items()}
    values |= inputs
    variables = {
        name: re.sub(r"\$\{\{ inputs\.(\S+) \}\}", lambda m: values[m[1]], text)
        for name, text in step["env"].items()
    }
    output = folder / "output"
    output.touch()
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=folder,
        env=home | variables | {"GITHUB_OUTPUT": str(output)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done, output.read_text()


def test_the_action_annotates_what_must_change(
    tmp_path: Path, home: dict[str, str]
) -> None:
    """By default it checks; a finding is an annotation, and the step fails."""
    game(tmp_path / "my game", TOO_NEW)
    done, output = perform(
        tmp_path, home, project="my game", nakama="3.40.0", arguments="--offline"
    )

    assert 1 == done.returncode, done.stderr
    assert "::error file=go.mod,line=5" in done.stdout
    assert "exit-code=1\n" == output


def test_the_action_passes_where_nothing_must_change(
    tmp_path: Path, home: dict[str, str]
) -> None:
    """Then its exit code is 0."""
    game(tmp_path / "game")
    done, output = perform(tmp_path, home, project="game", arguments="--offline")

    assert 0 == done.returncode, done.stderr
    assert "exit-code=0\n" == output


def test_the_action_runs_too(tmp_path: Path, home: dict[str, str]) -> None:
    """``command: run`` is a run; without an engine it ends with 3."""
    game(tmp_path / "game")
    done, output = perform(tmp_path, home, command="run", project="game")

    assert 3 == done.returncode, done.stderr
    assert "exit-code=3\n" == output


def test_inputs_are_never_a_part_of_a_script(
    tmp_path: Path, home: dict[str, str]
) -> None:
    """What a pull request may name (a folder) is no command."""
    done, _ = perform(tmp_path, home, project="$(touch owned); touch owned")

    assert 2 == done.returncode
    assert not (tmp_path / "owned").exists()
    for step in action()["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_the_hook_checks_the_project(tmp_path: Path, home: dict[str, str]) -> None:
    """Its entry fails where something must change."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    folder = game(tmp_path / "game", TOO_NEW)
    done = subprocess.run(
        shlex.split(hook["entry"]),
        cwd=folder,
        env=home | {"AUTOFIX_NAKAMA": "3.40.0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert 1 == done.returncode, done.stderr
    assert "go.mod:5" in done.stdout


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("go.mod", True),
        ("server/go.sum", True),
        ("cmd/main.go", True),
        ("Dockerfile", True),
        ("build/Dockerfile.dev", True),
        ("autofix.lock", True),
        ("README.md", False),
        ("docs/mango.mod", False),
        ("Dockerfile/readme.txt", False),
    ],
)
def test_the_hook_looks_only_when_it_must(name: str, wanted: bool) -> None:
    """pre-commit searches ``files`` in each name that a commit changes."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())

    assert wanted == bool(re.search(hook["files"], name))
