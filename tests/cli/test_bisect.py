"""``autofix bisect`` from outside: what must be said, and the exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_main import environment
from tests.shell.test_bisect import GO_MOD, TOO_NEW, commit
from tests.shell.test_checking import CODE
from tests.shell.test_upgrade_commits import git


def bisect(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Bisect a folder offline, with no module at hand."""
    return subprocess.run(
        [sys.executable, "-m", "autofix", "bisect", str(folder), *options],
        env=environment(folder.parent),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository whose second commit breaks the load."""
    root = tmp_path / "game"
    (root / "server").mkdir(parents=True)
    (root / "server" / "main.go").write_text(CODE)
    git(root, "init", "-q")
    commit(root, GO_MOD, "Begin")
    commit(root, TOO_NEW, "Raise protobuf")
    return root


def test_progress_and_result_go_their_own_ways(root: Path) -> None:
    """Probes are told on stderr as they come, unless --quiet; 0 if it was found."""
    done = bisect(root, "--good", "HEAD~1", "--offline", "--nakama", "3.40.0")
    quiet = bisect(
        root, "--good", "HEAD~1", "--offline", "--nakama", "3.40.0", "--quiet"
    )

    assert 0 == done.returncode, done.stderr
    assert "probe 1 of at most 2: " in done.stderr
    assert "Raise protobuf is the first that breaks the load" in done.stdout
    assert "--build builds" in " ".join(done.stdout.split())
    assert ("", done.stdout.splitlines()[0]) == (
        quiet.stderr,
        quiet.stdout.splitlines()[0],
    )


def test_nothing_found_ends_with_1(root: Path) -> None:
    """The good end was not good."""
    commit(root, TOO_NEW, "Go on")
    done = bisect(root, "--good", "HEAD~1", "--offline", "--nakama", "3.40.0")

    releases = bisect(root, "--from", "3.38.0", "--to", "3.37.0", "--offline")
    said = " ".join(releases.stdout.split())

    assert 1 == done.returncode, done.stderr
    assert "either: the break is before that" in " ".join(done.stdout.split())
    assert 1 == releases.returncode, releases.stderr
    assert "loads with neither Nakama 3.38.0 nor Nakama 3.37.0. As it is, a" in said


def test_what_the_settings_say_of_the_server_is_for_another_day(root: Path) -> None:
    """Releases are searched although autofix.toml names one; a commit's own counts."""
    (root / "server" / "autofix.toml").write_text('nakama = "3.40.0"\n')
    commit(root, GO_MOD, "Mend, and set")
    releases = bisect(root, "--from", "3.40.0", "--to", "3.38.0", "--offline")
    commit(root, TOO_NEW, "Raise protobuf")
    commits = bisect(root / "server", "--good", "HEAD~1", "--offline", "--bad", "HEAD")

    assert 0 == releases.returncode, releases.stderr
    assert 0 == commits.returncode, commits.stderr
    assert "Raise protobuf is the first" in commits.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "What to search is not said"),
        (("--bad", "HEAD"), "give --good"),
        (("--to", "3.40.0"), "give --from"),
        (("--good", "HEAD~1", "--to", "3.40.0"), "--from and --to for releases"),
        (("--good", "HEAD~1", "--build", "--offline"), "--build needs an engine"),
        (("--from", "3.26.0", "--nakama", "3.40.0"), "--nakama names one server"),
        (("--from", "3.26.99"), "There is no Nakama 3.26.99"),
    ],
)
def test_what_cannot_be_searched_ends_with_2(
    root: Path, options: tuple[str, ...], words: str
) -> None:
    """It is said which option is missing or too much."""
    done = bisect(root, *options)

    assert 2 == done.returncode
    assert words in " ".join(done.stderr.split())
