"""The scenario folders: each file says what it must, and only text is committed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from autofix.errors import ScenarioError
from autofix.releases import release_table
from autofix.scenarios.comparison import problems_of
from autofix.scenarios.scenario import ENGINES, PINNING, ExpectedDiagnosis
from autofix.scenarios.scenario import load as load_folder
from scenarios.catalogue import HERE, load, names

NAMES = names()
ENDS = {"clean", "unfixable", "unsatisfiable", "no-progress", "explained", ""}


@pytest.mark.parametrize("name", NAMES)
def test_says_what_must_happen(name: str) -> None:
    """Every scenario has a plugin, a story of one sentence, and an end."""
    scenario = load(name)

    assert (scenario.path / "plugin" / scenario.folder).is_dir()
    assert scenario.title
    assert re.fullmatch(r"[^.]+[^.!?]*(\.\S[^.]*)*\.", scenario.story)
    assert scenario.expect.end in ENDS
    fine = scenario.expect.end in {"clean", "explained"}
    assert (scenario.expect.exit_code == 0) == fine
    assert bool(scenario.explains) == (scenario.expect.end == "explained")


@pytest.mark.parametrize("name", NAMES)
def test_runs_on_both_engines_or_says_why_not(name: str) -> None:
    """A scenario that only containers can show has a reason, others have none."""
    scenario = load(name)

    assert (scenario.engines != ENGINES) == bool(scenario.engines_why)


@pytest.mark.parametrize("name", NAMES)
def test_expects_the_servers_own_versions(name: str) -> None:
    """A pin that a scenario expects is the version the release really has."""
    scenario = load(name)
    release = release_table().by_tag(scenario.nakama)
    assert release is not None

    assert {
        module: release.modules[module] for module in scenario.expect.pins
    } == scenario.expect.pins


@pytest.mark.parametrize("name", NAMES)
def test_pins_what_is_diagnosed(name: str) -> None:
    """
    A clean end pins exactly the modules that the server complained about.

    Where code did not compile, all pins may come at once.
    """
    scenario = load(name)
    expect = scenario.expect
    if expect.end != "clean" or "first" not in scenario.strategies:
        return

    diagnosed = {one.module for one in expect.diagnoses if one.module}
    at_once = any(one.failure_class == "compile" for one in expect.diagnoses)

    assert diagnosed <= set(expect.pins) if at_once else diagnosed == set(expect.pins)


def test_every_class_that_real_plugins_taught_has_a_scenario() -> None:
    """Each of the 46 pairs' classes of failures is shown by one scenario at least."""
    shown = {each for name in NAMES for each in load(name).pinning}

    assert set(PINNING) == shown


def test_the_catalogue_lists_every_scenario() -> None:
    """The README's table of what is wrong names every scenario, and no other."""
    table = (HERE / "README.md").read_text("utf-8").split("## scenario.toml")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    named = re.findall(r"`([^`]+)`", "\n".join(rows))

    assert sorted(NAMES) == sorted(named)


@pytest.mark.parametrize("name", NAMES)
def test_names_the_release_in_the_dockerfile(name: str) -> None:
    """The target server can be told from the project itself."""
    scenario = load(name)
    dockerfiles = list((scenario.path / "plugin").rglob("Dockerfile"))

    assert dockerfiles
    assert f"FROM heroiclabs/nakama:{scenario.nakama}\n" in dockerfiles[0].read_text(
        "utf-8"
    )


def test_commits_text_only() -> None:
    """No binary, no vendored code and no file above 64 KiB is committed."""
    root = HERE.parent
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "scenarios"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout
    files = [root / path for path in listed.split("\0") if path]
    scenario_files = [
        file for file in files if file.relative_to(HERE).parts[0] in NAMES
    ]

    assert scenario_files
    assert [file for file in scenario_files if "vendor" in file.parts] == []
    assert [file for file in scenario_files if not _is_small_text(file)] == []


def _is_small_text(file: Path) -> bool:
    content = file.read_bytes()
    return len(content) <= 64 * 1024 and b"\0" not in content


def test_an_unknown_key_is_an_error(tmp_path: Path) -> None:
    """A misspelt key is named instead of being ignored."""
    (tmp_path / "scenario.toml").write_text(
        'title = "t"\nstory = "s."\nnakama = "3.40.0"\n[expect]\nexitcode = 0\n'
        'end = "clean"\n'
    )

    with pytest.raises(ScenarioError, match="exitcode"):
        load_folder(tmp_path)


def test_a_name_that_is_no_scenario_lists_those_there_are() -> None:
    """A wrong name is answered with the right ones."""
    with pytest.raises(ScenarioError, match="healthy"):
        load("no-such-scenario")


RIGHT: dict[str, object] = {
    "ending": {"kind": "clean"},
    "pins": [{"module": "go.uber.org/zap", "after": "v1.28.0"}],
    "rounds": [
        {
            "number": 1,
            "diagnosis": {
                "name": "package-version-differs",
                "failure_class": "go-dependency",
                "quoted": "plugin was built with a different version",
                "facts": {
                    "module": "go.uber.org/zap",
                    "package": "go.uber.org/zap/internal/pool",
                },
            },
        },
        {"number": 2, "diagnosis": None},
    ],
}
GOMOD = "require (\n\tgo.uber.org/zap v1.28.0 // autofix: nakama 3.40.0\n)\n"


def _compare(result: dict[str, object], gomod: str = GOMOD) -> tuple[str, ...]:
    return problems_of(
        load("direct-too-old"),
        exit_code=0,
        result=result,
        output="",
        changed=("go.mod", "go.sum"),
        gomods={Path(): gomod},
        classic=True,
    )


def test_a_run_as_expected_has_no_problems() -> None:
    """The comparison is silent where everything is as the file says."""
    assert _compare(RIGHT) == ()


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("ending", {"kind": "unfixable"}, "end: expected 'clean', was 'unfixable'"),
        ("pins", [], "pins: expected {'go.uber.org/zap': 'v1.28.0'}, was {}"),
        ("rounds", [], "builds: expected 2, was 0"),
    ],
)
def test_each_difference_is_told(key: str, value: object, problem: str) -> None:
    """A different end, pin or number of builds is a problem with both values."""
    assert problem in _compare({**RIGHT, key: value})


def test_a_pin_that_is_not_in_go_mod_is_told() -> None:
    """The result's word is not enough: go.mod itself must require the version."""
    assert _compare(RIGHT, "exclude go.uber.org/zap v1.28.0\n") == (
        "go.mod does not require go.uber.org/zap v1.28.0",
    )


def test_another_diagnosis_is_told() -> None:
    """A diagnosis of another module shows what was expected and what was made."""
    rounds = [
        {
            "number": 1,
            "diagnosis": {
                "name": "x",
                "failure_class": "go-dependency",
                "quoted": "",
                "facts": {"module": "other", "package": ""},
            },
        },
        {"number": 2, "diagnosis": None},
    ]
    wanted = load("direct-too-old").expect.diagnoses[0]
    was = ExpectedDiagnosis(failure_class="go-dependency", module="other")

    assert _compare({**RIGHT, "rounds": rounds}) == (
        f"diagnosis 1: expected {wanted}, was {was}",
    )
