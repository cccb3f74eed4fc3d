"""A project that autofix has mended is moved to another Nakama and back."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from autofix.scenarios.comparison import directives
from scenarios.catalogue import load
from scenarios.harness import again
from scenarios.images import engine_problem
from scenarios.kit import ensure_images

pytestmark = pytest.mark.live

NEWER, OLDER = "3.40.0", "3.26.0"


@pytest.fixture(scope="module", autouse=True)
def _engine() -> None:
    problem = engine_problem()
    if problem:
        pytest.skip(f"no container engine answers: {problem}")


GO_MOD = """\
module example.com/capacity

go 1.23.5

require (
	github.com/heroiclabs/nakama-common v1.36.0
	github.com/shirou/gopsutil/v4 v4.25.3 // not newer: fewer platforms
	golang.org/x/term v0.30.0
)
"""
TERM = """\
package main

import "golang.org/x/term"

var interactive = term.IsTerminal(0)
"""


def moved(tmp_path: Path, name: str, *releases: str) -> str:
    """Run a project for one Nakama after the other; return its go.mod in the end."""
    scenario = load("transitive-too-new")
    work = tmp_path / name
    project = work / "plugin"
    shutil.copytree(scenario.path / "plugin", project)
    (project / "go.sum").unlink()
    (project / "go.mod").write_text(GO_MOD)
    (project / "term.go").write_text(TERM)
    subprocess.run(["git", "init", "-q", str(project)], check=True, timeout=30)
    for release in releases:
        exit_code, _, output = again(scenario, work, "--nakama", release)
        assert 0 == exit_code, output
    return (project / "go.mod").read_text()


def pins_and_excludes(text: str) -> set[tuple[str, str, str]]:
    """Return the lines of go.mod that choose versions."""
    return {*directives(text)}


def test_there_and_back_again_leaves_what_a_first_run_gives(tmp_path: Path) -> None:
    """
    Pins of another Nakama are rewritten, and excludes that hold nothing go away.

    x/term asks for x/sys 0.31, the older Nakama has 0.29, the newer one 0.47.
    """
    ensure_images([NEWER, OLDER])
    there = moved(tmp_path, "there", OLDER, NEWER)
    back = moved(tmp_path, "back", OLDER, NEWER, OLDER)
    older = moved(tmp_path, "older", OLDER)
    newer = moved(tmp_path, "newer", NEWER)

    assert "exclude" in older
    assert pins_and_excludes(newer) == pins_and_excludes(there)
    assert pins_and_excludes(older) == pins_and_excludes(back)
    assert f"autofix: nakama {OLDER}" not in there
    assert f"autofix: nakama {NEWER}" not in back
    assert "// not newer: fewer platforms" in back
