"""``autofix scenario`` from outside: it runs what needs neither engine nor Go."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autofix.scenarios.scenario import Catalogue
from tests.cli.test_main import environment
from tests.contract import checked
from tests.shell.test_project import MODULE, tree
from tests.shell.test_scenario_recording import left_run

FILE = (
    'title = "No plugin"\nstory = "There is none."\nnakama = "3.40.0"\n\n'
    '[expect]\nerror = "project"\nexit_code = {code}\n'
)


def autofix(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run autofix in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "autofix", "scenario", *arguments],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a folder with a catalogue of two: the second one expects the wrong code."""
    library = "package main\n\nfunc main() {}\n"
    for name, code in (("a-right", 2), ("b-wrong", 0)):
        files = {
            "plugin/go.mod": MODULE,
            "plugin/main.go": library,
            "scenario.toml": FILE.format(code=code),
        }
        tree(tmp_path / "scenarios" / name, files)
    return tmp_path


def test_scenarios_are_listed_from_a_folder_below(home: Path) -> None:
    """The catalogue is found as git finds its repository."""
    (home / "deep").mkdir()
    done = autofix(home / "deep", "list")
    listed = checked(
        autofix(home, "list", "--output-format", "json").stdout, "scenarios"
    )

    assert ["a-right", "b-wrong"] == [
        line.split()[0] for line in done.stdout.splitlines()
    ]
    assert ["project", "project"] == [each["error"] for each in listed["scenarios"]]


def test_the_page_goes_between_the_marks_of_a_file(home: Path) -> None:
    """A file that has none is refused, and stays as it is."""
    page = autofix(home, "list", "--output-format", "markdown").stdout
    (home / "notes.md").write_text("mine\n")
    done = autofix(home, "list", "--output-format", "markdown", "-o", "notes.md")

    assert "[`a-right`](a-right/scenario.toml)" in page
    assert 2 == done.returncode
    assert "mine\n" == (home / "notes.md").read_text()


def test_each_is_run_and_compared(home: Path) -> None:
    """One line for what ended as expected; what did not is told with all it said."""
    right = autofix(home, "run", "a-right")
    both = autofix(home, "run")

    assert 0 == right.returncode, right.stderr + right.stdout
    assert right.stdout.startswith("ok     a-right")
    assert 1 == both.returncode
    assert "exit code: expected 0, was 2" in both.stdout
    assert "1 passed, 1 failed" in both.stdout


def test_the_outcomes_are_there_for_machines(home: Path) -> None:
    """With the time of each, and what was not as expected."""
    done = autofix(home, "run", "--output-format", "json", "--keep", str(home / "kept"))
    told = checked(done.stdout, "scenario-run")

    assert not told["passed"]
    assert [True, False] == [each["passed"] for each in told["scenarios"]]
    assert all(each["run_seconds"] > 0 for each in told["scenarios"])
    assert (home / "kept" / "a-right" / "plugin" / "go.mod").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("run", "c-none"), "a-right, b-wrong"),
        (("run", "--official", "--kit"), "exclude each other"),
        (("list", "--catalogue", "nowhere"), "no folder nowhere"),
        (("new", "--from", "nothing"), "no run nothing"),
    ],
)
def test_what_cannot_be_is_refused(
    home: Path, arguments: tuple[str, ...], told: str
) -> None:
    """With exit code 2 and what there is instead."""
    done = autofix(home, *arguments)

    assert 2 == done.returncode
    assert told in " ".join(done.stderr.split())


def test_where_there_is_no_catalogue_it_says_how_to_make_one(tmp_path: Path) -> None:
    """Instead of listing nothing."""
    done = autofix(tmp_path, "list")

    assert 2 == done.returncode
    assert "autofix scenario new --from RUN" in " ".join(done.stderr.split())


def test_a_run_becomes_a_scenario_of_the_catalogue(home: Path) -> None:
    """Its folder is said on stdout; a catalogue that is named is begun."""
    left_run(home / "state" / "autofix" / "runs", home / "arena")
    made = autofix(home, "new", "--from", "latest", "--name", "mine")
    begun = autofix(home, "new", "--from", "latest", "--into", "kept")

    assert 0 == made.returncode, made.stderr
    assert str(home / "scenarios" / "mine") == made.stdout.strip()
    assert "mine" in Catalogue(home / "scenarios").names()
    assert 0 == begun.returncode, begun.stderr
    assert 1 == len(Catalogue(home / "kept").names())
