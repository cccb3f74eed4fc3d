"""What git says of go.mod, go.sum and vendor/."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from autofix.git import is_dirty


def git(folder: Path, *arguments: str) -> None:
    """Run git as a nobody in particular."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, timeout=30)


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """Return a committed module in a subfolder of a repository."""
    folder = tmp_path / "server"
    (folder / "vendor").mkdir(parents=True)
    (folder / "go.mod").write_text("module m\n")
    (folder / "main.go").write_text("package main\n")
    (folder / "vendor" / "modules.txt").write_text("# a v1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    return folder


def test_a_committed_module_is_clean(module: Path) -> None:
    """Other files may have changes; they are nobody's business here."""
    (module / "main.go").write_text("package main // changed\n")

    assert () == is_dirty(module)


def test_changes_are_named_once(module: Path) -> None:
    """Changed, new and deleted files count; a vendor folder is named once."""
    (module / "go.mod").write_text("module other\n")
    (module / "go.sum").write_text("new\n")
    (module / "vendor" / "modules.txt").unlink()
    (module / "vendor" / "more.go").write_text("package a\n")

    assert {"go.mod", "go.sum", "vendor"} == set(is_dirty(module))


def test_staged_renames_are_read(module: Path) -> None:
    """A rename has two names in git's output; both lines are read right."""
    git(module, "mv", "main.go", "go.work")
    (module / "go.mod").write_text("module other\n")

    assert {"go.mod", "go.work"} == set(is_dirty(module))


def test_no_repository_is_not_dirty(tmp_path: Path) -> None:
    """Without git there is nothing to compare with."""
    (tmp_path / "go.mod").write_text("module m\n")

    assert () == is_dirty(tmp_path)


def test_no_git_is_not_dirty(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git can still be worked on."""
    (module / "go.mod").write_text("module other\n")
    monkeypatch.setenv("PATH", "/nonexistent")

    assert () == is_dirty(module)


def test_a_repository_cannot_start_programs(module: Path, tmp_path: Path) -> None:
    """A file system monitor set in the repository's own settings is not run."""
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    hook.chmod(0o755)
    git(module, "config", "core.fsmonitor", str(hook))
    is_dirty(module)

    assert not (tmp_path / "ran").exists()
