"""``autofix check`` from outside: exit codes, formats, and a project left alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from tests.cli.test_main import environment
from tests.contract import checked

Check = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """Write a plugin for Nakama 3.40.0 that needs nothing changed, by its text."""
    folder = tmp_path / "game"
    folder.mkdir()
    (folder / "go.mod").write_text(
        "module example.com/m\n\ngo 1.26.5\n\n"
        "require github.com/heroiclabs/nakama-common v1.47.0\n"
    )
    (folder / "main.go").write_text(
        "package main\n\n"
        'import "github.com/heroiclabs/nakama-common/runtime"\n\n'
        "func InitModule(_ runtime.Logger) error { return nil }\n"
    )
    return folder


@pytest.fixture
def check(tmp_path: Path, game: Path) -> Check:
    """Return a function that checks the plugin offline, with no module at hand."""

    def run(*options: str, online: bool = False) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                *(sys.executable, "-m", "autofix", "check", str(game)),
                *(() if online else ("--offline",)),
                *options,
            ],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def too_high(game: Path) -> None:
    """Require a nakama-common that the server does not have."""
    text = (game / "go.mod").read_text()
    (game / "go.mod").write_text(text.replace("v1.47.0", "v1.46.0"))


def test_nothing_to_change_ends_with_0(check: Check, game: Path) -> None:
    """Nothing is written: no file of the project, no run folder."""
    before = {path.name: path.read_bytes() for path in game.iterdir()}
    done = check()

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("Nothing must change for Nakama 3.40.0 (Go 1.26.5).")
    assert "Not known" in done.stdout
    assert before == {path.name: path.read_bytes() for path in game.iterdir()}
    assert not (game.parent / "state").exists()


def test_something_to_change_ends_with_1(check: Check, game: Path) -> None:
    """The finding names the line; to change it is another command."""
    too_high(game)
    done = check("--nakama", "3.40.0")

    assert 1 == done.returncode
    assert (
        "  go.mod:5  github.com/heroiclabs/nakama-common  v1.46.0 -> v1.47.0"
        in done.stdout
    )
    assert "autofix run " in done.stdout


def test_formats(check: Check, game: Path) -> None:
    """The same finding as JSON, as an annotation, and as a failed test in a file."""
    too_high(game)
    target = ("--nakama", "3.40.0", "--output-format")
    found = checked(check(*target, "json").stdout, "check")["findings"]
    github = check(*target, "github").stdout
    done = check(*target, "junit", "-o", str(game.parent / "autofix.xml"))
    junit = fromstring((game.parent / "autofix.xml").read_text())  # noqa: S314

    assert [("module-version", "go.mod", 5)] == [
        (each["name"], each["file"], each["line"]) for each in found
    ]
    assert github.startswith(
        "::error file=go.mod,line=5,title=autofix%3A module-version::"
    )
    assert ("", "1") == (done.stdout, junit.get("failures"))


def test_without_an_engine_nothing_is_guessed(check: Check) -> None:
    """Online the table is not enough: it is said what would be."""
    done = check(online=True)

    assert 3 == done.returncode
    assert "What Nakama 3.40.0 links is not known here." in done.stderr
    assert "autofix check --lock" in done.stderr


def test_a_missing_file_ends_with_2(check: Check, game: Path) -> None:
    """--so may be given several times; each must be there."""
    (game / "a.so").write_text("no plugin")
    one = check("--so", str(game / "a.so"))
    both = check("--so", str(game / "a.so"), "--so", "missing.so")

    assert (1, 2) == (one.returncode, both.returncode)
    assert "is no Linux program or plugin, but text" in one.stdout
    assert "There is no file missing.so." in both.stderr
