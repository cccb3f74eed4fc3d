"""Every scenario ends as its file says: in real containers, and without any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autofix.core.state import Strategy
from autofix.replaying import replayed
from autofix.report.scenario_text import outcome_text
from autofix.runs import read_run
from autofix.scenarios.comparison import directives
from autofix.scenarios.running import Outcome, fresh
from autofix.scenarios.scenario import Scenario
from scenarios.catalogue import load, names
from scenarios.harness import again, run
from scenarios.images import engine_problem
from scenarios.kit import ensure_images
from tests.reproduced import record

Note = Callable[[str, object], None]
"""pytest's own fixture ``record_property``."""

NAMES = names()
IN_CONTAINERS = [name for name in NAMES if "docker" in load(name).engines]


def _ways(scenario: Scenario) -> list[tuple[Strategy, str]]:
    """Pair strategies with engines so that each of both is shown."""
    strategies = [each for each in Strategy if each.value in scenario.strategies]
    if len(strategies) == 1:
        return [(strategies[0], engine) for engine in scenario.engines]
    # The classic loop takes many builds, and the local engine is faster.
    return [(Strategy.ALL, scenario.engines[0]), (Strategy.FIRST, scenario.engines[-1])]


@pytest.fixture(scope="module")
def containers() -> None:
    """Skip where no engine answers."""
    problem = engine_problem()
    if problem:
        pytest.skip(f"no container engine answers: {problem}")


@pytest.mark.live
@pytest.mark.usefixtures("containers")
@pytest.mark.parametrize("name", IN_CONTAINERS)
def test_ends_as_its_file_says(
    name: str, tmp_path: Path, record_property: Note
) -> None:
    """
    As users run it in containers, and without them, mostly by the classic loop.

    Both end as the file says, with the same lines in go.mod; each journal replays to
    the same decisions, and a second run of what ended clean changes no byte.
    """
    scenario = load(name)
    ensure_images(scenario.releases)
    outcomes = {
        (strategy, engine): run(
            scenario,
            fresh(tmp_path / f"{strategy}-{engine}"),
            strategy=strategy.value,
            engine=engine,
        )
        for strategy, engine in _ways(scenario)
    }
    usual = next(iter(outcomes.values()))

    for (strategy, engine), outcome in outcomes.items():
        assert outcome.passed, outcome_text(outcome)
        record(record_property, outcome)
        assert _lines(usual) == _lines(outcome)
        _replays(tmp_path / f"{strategy}-{engine}")
    if scenario.expect.end == "clean":
        strategy, engine = [*outcomes][-1]
        _changes_nothing(scenario, tmp_path / f"{strategy}-{engine}", engine)


@pytest.mark.live
@pytest.mark.parametrize("name", [name for name in NAMES if name not in IN_CONTAINERS])
def test_ends_as_its_file_says_without_containers(
    name: str, tmp_path: Path, record_property: Note
) -> None:
    """What is the same wherever it runs is shown once, as fast as can be."""
    scenario = load(name)
    (strategy,) = scenario.strategies
    outcome = run(scenario, tmp_path, strategy=strategy, engine="local")

    assert outcome.passed, outcome_text(outcome)
    record(record_property, outcome)
    _replays(tmp_path)


@pytest.mark.live
@pytest.mark.official
@pytest.mark.usefixtures("containers")
@pytest.mark.parametrize("name", IN_CONTAINERS)
def test_ends_the_same_with_nakama_itself(name: str, tmp_path: Path) -> None:
    """
    With heroiclabs/* images, which are preferred to the kit's.

    Collected only where the images are in the engine (tests/conftest.py); PostgreSQL
    and the Go of 3.38.0's server may still be the kit's.
    """
    scenario = load(name)
    ensure_images(scenario.releases)
    outcome = run(scenario, tmp_path)

    assert outcome.passed, outcome_text(outcome)
    assert _server(outcome) in {"", f"heroiclabs/nakama:{scenario.nakama}"}


def _replays(work: Path) -> None:
    """See that each journal below a folder leads to the same decisions again."""
    for folder in _journals(work):
        assert replayed(read_run(folder)).difference is None


def _changes_nothing(scenario: Scenario, work: Path, engine: str) -> None:
    """Run once more what a run has mended: clean, no pin, every byte as it was."""
    before = _contents(work / "plugin")
    exit_code, result, output = again(scenario, work, engine=engine)

    assert (0, []) == (exit_code, result.get("pins", [])), output
    assert [] == result.get("files", []), output
    assert before == _contents(work / "plugin")


def _contents(folder: Path) -> dict[str, bytes]:
    """Map each file of a project to its content, git's own left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def _journals(work: Path) -> list[Path]:
    """List the folders of runs that came to a decision."""
    found = work.glob("state/autofix/runs/*/journal.jsonl")
    return [path.parent for path in found if path.stat().st_size]


def _lines(outcome: Outcome) -> dict[Path, list[tuple[str, ...]]]:
    """Return what each go.mod says, whatever the order and the comments."""
    return {
        path: sorted(directives(text)) for path, text in sorted(outcome.gomods.items())
    }


def _server(outcome: Outcome) -> str:
    """Name the server image; "" where the project was refused before any server."""
    server = outcome.result.get("server") or {}
    return str(server.get("reference", ""))
