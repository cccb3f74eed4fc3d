"""The scenario folders: each file says what it must, and only text is committed."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from autofix.core.model import Answer, Diagnosis, FailureClass
from autofix.errors import ScenarioError
from autofix.releases import release_table
from autofix.scenarios.comparison import problems_of
from autofix.scenarios.scenario import ENGINES, PINNING, STRATEGIES, ExpectedDiagnosis
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
    "rounds": [{"number": 1}, {"number": 2}],
}
GOMOD = "require (\n\tgo.uber.org/zap v1.28.0 // autofix: nakama 3.40.0\n)\n"


def _diagnosis(module: str, quoted: str = "a different version of zap") -> Diagnosis:
    return Diagnosis(
        name="package-version-differs",
        failure_class=FailureClass.GO_DEPENDENCY,
        answer=Answer.PIN,
        words="",
        remedy="",
        quoted=quoted,
        facts={"module": module, "package": "go.uber.org/zap/internal/pool"},
    )


WANTED = ExpectedDiagnosis(
    failure_class="go-dependency", module="go.uber.org/zap", says="different version"
)
ZAP = _diagnosis("go.uber.org/zap")


def _compare(
    result: dict[str, object],
    gomod: str = GOMOD,
    diagnoses: tuple[Diagnosis, ...] = (ZAP,),
    strategies: tuple[str, ...] = STRATEGIES,
    strategy: str = "first",
) -> tuple[str, ...]:
    known = load("direct-too-old")
    return problems_of(
        replace(
            known,
            strategies=strategies,
            expect=replace(known.expect, builds=None, diagnoses=(WANTED,)),
        ),
        exit_code=0,
        result=result,
        diagnoses=diagnoses,
        output="",
        changed=("go.mod", "go.sum"),
        gomods={Path(): gomod},
        classic=strategy == "first",
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
    was = replace(WANTED, module="other")

    assert _compare(RIGHT, diagnoses=(_diagnosis("other"),)) == (
        f"diagnosis 1: expected {WANTED}, was {was}",
    )


def test_other_words_of_the_program_are_told() -> None:
    """The line that was diagnosed holds what the file quotes of it."""
    was = replace(WANTED, says="zap is old")

    assert _compare(
        RIGHT, diagnoses=(_diagnosis("go.uber.org/zap", "zap is old"),)
    ) == (f"diagnosis 1: expected {WANTED}, was {was}",)


@pytest.mark.parametrize(
    ("strategies", "told"), [(STRATEGIES, False), (("all",), True)]
)
def test_diagnoses_are_those_of_the_classic_loop_or_of_the_only_one(
    strategies: tuple[str, ...], told: bool
) -> None:
    """A plan pins before anything is named, so it says nothing of the classic loop."""
    problems = _compare(RIGHT, diagnoses=(), strategies=strategies, strategy="all")

    assert told == any(each.startswith("diagnoses: expected 1") for each in problems)
