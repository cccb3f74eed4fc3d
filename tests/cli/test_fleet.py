"""``autofix fleet`` from outside: a small fleet, its formats, mistakes, a second call."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from tests.cli.test_main import environment

Done = subprocess.CompletedProcess[str]
Fleet = Callable[..., Done]

FILE = """
action = "check"
servers = ["3.38.0", "3.40.0"]
plugins = ["games/*"]
options = { offline = true }
"""


def plugin(folder: Path, common: str) -> None:
    """Write a plugin that requires a version of nakama-common."""
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text(
        "module example.com/m\n\ngo 1.26.5\n\n"
        f"require github.com/heroiclabs/nakama-common {common}\n"
    )
    (folder / "main.go").write_text(
        "package main\n\n"
        'import "github.com/heroiclabs/nakama-common/runtime"\n\n'
        "func InitModule(_ runtime.Logger) error { return nil }\n"
    )


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Return a function that calls autofix fleet where two plugins and a file lie."""
    plugin(tmp_path / "games" / "new", "v1.47.0")
    plugin(tmp_path / "games" / "old", "v1.46.0")
    (tmp_path / "fleet.toml").write_text(FILE)

    def run(*options: str, **more: str) -> Done:
        return subprocess.run(
            [sys.executable, "-m", "autofix", "fleet", *options],
            cwd=tmp_path,
            env=environment(tmp_path, **more),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def verdicts(text: str) -> dict[tuple[str, str], str]:
    """Return the matrix of a JSON summary."""
    cells: list[dict[str, Any]] = json.loads(text)["cells"]
    return {(each["plugin"], each["server"]): each["verdict"] for each in cells}


def test_every_plugin_is_checked_for_every_server(fleet: Fleet, tmp_path: Path) -> None:
    """Results as they come on stderr, the summary on stdout; then all again as pages."""
    done = fleet("--output-format", "json")
    result = json.loads(done.stdout)

    assert 1 == done.returncode, done.stderr
    assert {
        ("new", "3.38.0"): "not clean",
        ("new", "3.40.0"): "clean",
        ("old", "3.38.0"): "not clean",
        ("old", "3.40.0"): "not clean",
    } == verdicts(done.stdout)
    assert {"not clean": 3, "clean": 1} == result["counts"]
    assert "4/4" in done.stderr
    folder = Path(result["folder"])
    assert folder.is_relative_to(tmp_path / "state")
    page = (folder / "index.html").read_text()
    for cell in result["cells"]:
        assert f'href="{cell["page"]}"' in page
        assert (folder / cell["page"]).read_text().startswith("<!doctype html>")
    assert "v1.46.0" in (folder / result["cells"][-1]["page"]).read_text()


@pytest.mark.parametrize("form", ["text", "markdown", "junit", "html"])
def test_every_format_has_every_cell(form: str, fleet: Fleet, tmp_path: Path) -> None:
    """Into a file, from where an HTML page still finds the runs."""
    done = fleet("--output-format", form, "-o", "summary", "-q", "--nakama", "3.40.0")
    text = (tmp_path / "summary").read_text()

    assert (1, "", "") == (done.returncode, done.stdout, done.stderr)
    assert "old" in text
    assert "new" in text
    assert "1 of 2 clean; 1 not clean." in text or form == "junit"
    if form == "junit":
        (suite,) = fromstring(text)  # noqa: S314 (it is our own)
        assert ("2", "1", "0") == tuple(
            suite.get(name) for name in ("tests", "failures", "errors")
        )
    if form == "html":
        assert f'href="file://{tmp_path}' in text


def test_the_projects_stay_as_they_are(fleet: Fleet, tmp_path: Path) -> None:
    """A fleet works on copies."""
    games = tmp_path / "games"
    before = {path: path.read_bytes() for path in games.rglob("*") if path.is_file()}
    fleet()

    assert before == {p: p.read_bytes() for p in games.rglob("*") if p.is_file()}


def test_a_plugin_that_cannot_be_had_does_not_stop_the_others(
    fleet: Fleet, tmp_path: Path
) -> None:
    """Its cells say why; folders can be given in the place of a file."""
    (tmp_path / "empty").mkdir()
    done = fleet(
        *("games/new", "empty", "--nakama", "3.40.0", "--action", "check"),
        *("--option", "offline", "--output-format", "json"),
    )

    assert {("new", "3.40.0"): "clean", ("empty", "3.40.0"): "refused"} == verdicts(
        done.stdout
    )
    assert 1 == done.returncode


def test_all_clean_ends_with_0(fleet: Fleet) -> None:
    """And says so in a word."""
    done = fleet(
        *("games/new", "--nakama", "3.40.0", "--action", "check", "--option", "offline")
    )

    assert 0 == done.returncode, done.stdout
    assert "Clean." in done.stdout


def test_only_machines_to_blame_ends_with_3(fleet: Fleet) -> None:
    """Here no engine answers; each job was tried as often as it may be."""
    done = fleet(
        *("games/new", "--nakama", "3.40.0", "--engine", "docker", "--tries", "2"),
        *("--output-format", "json"),
    )
    (cell,) = json.loads(done.stdout)["cells"]

    assert (3, "environment", 2) == (done.returncode, cell["verdict"], cell["tries"])
    assert "engine" in cell["headline"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("nowhere",), "There is no nowhere"),
        (("fleet.toml", "games/new"), "fleet.toml is no folder"),
        (("--option", "frobnicate"), "--frobnicate is no option of 'autofix check'"),
        (("--night", "soon"), "--night"),
        (("--nakama", "3.40.0", "--nakama", "3.40.0"), "2 times"),
    ],
)
def test_a_mistake_is_told_before_anything_is_done(
    options: tuple[str, ...], named: str, fleet: Fleet, tmp_path: Path
) -> None:
    """Exit code 2, and no folder."""
    done = fleet(*options)

    assert 2 == done.returncode
    assert named in done.stderr
    assert not (tmp_path / "state" / "autofix" / "fleets").exists()


def test_a_finished_fleet_begins_anew_and_a_cut_one_goes_on(
    fleet: Fleet, tmp_path: Path
) -> None:
    """What was done before Ctrl-C is not done again."""
    begun = subprocess.Popen(
        [sys.executable, "-m", "autofix", "fleet", "--workers", "1"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with begun:
        assert begun.stderr is not None
        for line in begun.stderr:
            if "1/4" in line:
                break
        begun.send_signal(signal.SIGINT)
        out = begun.communicate(timeout=60)[0]

    assert 130 == begun.returncode
    assert "Interrupted with 3 of 4 jobs left to do." in out

    first = json.loads(fleet("--output-format", "json").stdout)
    again = json.loads(fleet("--output-format", "json").stdout)

    assert (1, 0) == (first["resumed"], again["resumed"])
    assert len(list((tmp_path / "state" / "autofix" / "fleets").iterdir())) == 2


def test_killed_with_9_its_processes_end_and_it_goes_on(
    fleet: Fleet, tmp_path: Path
) -> None:
    """Nothing runs on after it, and every cell has its result in the end."""
    begun = subprocess.Popen(
        [sys.executable, "-m", "autofix", "fleet", "--workers", "2", "-q"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with begun:
        ledger = tmp_path / "state" / "autofix" / "fleets"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if any(
                "Ended" in each.read_text() for each in ledger.glob("*/ledger.jsonl")
            ):
                break
            time.sleep(0.02)
        begun.kill()
    result = json.loads(fleet("--output-format", "json").stdout)

    assert result["resumed"] >= 1
    assert 4 == len(result["cells"])
    assert not {each["verdict"] for each in result["cells"]} - {"clean", "not clean"}


def test_json_events_are_for_machines(fleet: Fleet) -> None:
    """One object a line, the first and the last of them known."""
    done = fleet("--log-format", "json", "--nakama", "3.40.0")
    events = [json.loads(line) for line in done.stderr.splitlines()]

    assert "fleet began" == events[0]["event"]
    assert ["job ended"] * 2 == [each["event"] for each in events[1:]]
    assert {"new", "old"} == {each["plugin"] for each in events[1:]}


def test_a_scheduler_that_does_not_answer_is_named(fleet: Fleet) -> None:
    """Exit code 3, with what to do."""
    done = fleet("--scheduler", "carrier-pigeon://127.0.0.1:1")

    assert 3 == done.returncode, done.stderr
    assert "carrier-pigeon://127.0.0.1:1" in done.stderr
