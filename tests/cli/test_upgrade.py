"""``autofix upgrade`` from outside, as far as it comes without an engine."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests import contract
from tests.cli.test_main import Run, autofix

__all__ = ["autofix"]

PLUGIN = {
    "go.mod": "module example.com/arena\n\ngo 1.23.5\n\n"
    "require github.com/heroiclabs/nakama-common v1.36.0\n",
    "main.go": "package main\n\nfunc InitModule() error { return nil }\n",
    "Dockerfile": "FROM heroiclabs/nakama:3.26.0\n",
}


def plugin(folder: Path) -> Path:
    """Write a plugin."""
    folder.mkdir()
    for name, text in PLUGIN.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--nakama latest"),
        (("--nakama", "3.40"), "is no release"),
        (("--nakama", "3.40.0", "--branch", "x"), "--branch is for --commit"),
        (("--nakama", "3.40.0", "--keep-last-good"), "is for --through"),
        (("--nakama", "3.40.0", "--commit"), "git init"),
        (("--dependencies", "--commit"), "git init"),
        (("--dependencies", "--nakama", "3.40.0"), "stays at this Nakama"),
        (("--dependencies", "--port"), "stays at this Nakama"),
        (("--nakama", "3.40.0", "--only", "x"), "are for --dependencies"),
        (("--nakama", "3.40.0", "--cool-down", "7"), "are for --dependencies"),
        (("--nakama", "3.40.0", "--majors"), "are for --dependencies"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    autofix: Run, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    """Before any engine is looked for."""
    done = autofix("upgrade", str(plugin(tmp_path / "arena")), *arguments)

    assert 2 == done.returncode
    assert words in done.stderr


def test_without_an_engine_nothing_changes(autofix: Run, tmp_path: Path) -> None:
    """The result and the report tell why, and what would have moved."""
    folder = plugin(tmp_path / "arena")
    done: subprocess.CompletedProcess[str] = autofix(
        "upgrade",
        str(folder),
        "--nakama",
        "latest",
        "--engine",
        "docker",
        "--output-format",
        "json",
        "--report",
        str(tmp_path / "body.md"),
    )
    result = json.loads(done.stdout)

    assert 3 == done.returncode
    assert "engine-unavailable" == result["error_code"]
    assert ["3.26.0", "3.40.0"] == [
        result["upgrade"]["moves"][0][key] for key in ("before", "after")
    ]
    assert "was not made" in (tmp_path / "body.md").read_text()
    assert PLUGIN == {name: (folder / name).read_text() for name in PLUGIN}


def test_every_module_of_a_repository_is_told(autofix: Run, tmp_path: Path) -> None:
    """Without an engine none moves; the result has each, the report says so once."""
    for name in ("chat", "arena"):
        plugin(tmp_path / name)
    done = autofix(
        "upgrade",
        str(tmp_path),
        "--nakama",
        "3.40.0",
        "--engine",
        "docker",
        "--output-format",
        "json",
        "--report",
        str(tmp_path / "body.md"),
    )
    result = contract.checked(done.stdout, "run")
    body = (tmp_path / "body.md").read_text()

    assert (3, 3) == (done.returncode, result["exit_code"])
    assert [["arena", "chat"]] * 2 == [
        each["upgrade"]["together"] for each in result["runs"]
    ]
    assert "does not start with `arena`, `chat`" in body.splitlines()[0]
    assert "module 2 of 2" in done.stderr
