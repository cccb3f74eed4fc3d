"""Scenarios and what came of them, for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from autofix.core.model import FailureClass
from autofix.report.json import document
from autofix.scenarios.running import Outcome
from autofix.scenarios.scenario import Catalogue, Scenario


class ListedFailure(TypedDict):
    """A failure that a scenario passes through; ``says`` is part of its line."""

    name: str
    failure_class: str
    says: str


class ListedScenario(TypedDict):
    """
    What a scenario's file says.

    It ends with ``end``, or with the code of an ``error`` that prevents a run; of the
    two one is empty. ``pins`` maps modules to versions.
    """

    name: str
    path: Path
    title: str
    story: str
    nakama: str
    end: str
    error: str
    exit_code: int
    strategies: tuple[str, ...]
    engines: tuple[str, ...]
    failures: list[ListedFailure]
    pins: Mapping[str, str]


class ScenarioList(TypedDict):
    """The scenarios of a catalogue, a folder."""

    catalogue: Path
    scenarios: list[ListedScenario]


class MetFailure(TypedDict):
    """A failure that a run met; ``quoted`` is the program's own line."""

    name: str
    failure_class: FailureClass
    quoted: str


class ScenarioOutcome(TypedDict):
    """
    What came of a scenario; ``problems`` are what was not as its file says.

    ``end`` is the typed end, or the code of the error that prevented one.
    """

    name: str
    passed: bool
    problems: tuple[str, ...]
    engine: str
    strategy: str
    exit_code: int
    end: str
    failures: list[MetFailure]
    prepare_seconds: float
    run_seconds: float


class ScenarioOutcomes(TypedDict):
    """What came of all; ``left_out`` says of each that was not run why not."""

    passed: bool
    seconds: float
    scenarios: list[ScenarioOutcome]
    left_out: Mapping[str, str]


def scenarios_json(catalogue: Catalogue, scenarios: Sequence[Scenario]) -> str:
    """Return what each scenario's file says."""
    listed = list(map(_listed, scenarios))
    return document(ScenarioList(catalogue=catalogue.folder, scenarios=listed))


def outcomes_json(
    outcomes: Sequence[Outcome], left_out: Mapping[str, str], seconds: float
) -> str:
    """Return what came of each scenario, and why others were not run."""
    return document(
        ScenarioOutcomes(
            passed=all(each.passed for each in outcomes),
            seconds=seconds,
            scenarios=list(map(_outcome, outcomes)),
            left_out=left_out,
        )
    )


def _listed(one: Scenario) -> ListedScenario:
    return ListedScenario(
        name=one.name,
        path=one.path,
        title=one.title,
        story=one.story,
        nakama=one.nakama,
        end=one.expect.end,
        error=one.expect.error,
        exit_code=one.expect.exit_code,
        strategies=one.strategies,
        engines=one.engines,
        failures=[
            {"name": each.name, "failure_class": each.failure_class, "says": each.says}
            for each in one.expect.diagnoses
        ],
        pins=one.expect.pins,
    )


def _outcome(outcome: Outcome) -> ScenarioOutcome:
    return ScenarioOutcome(
        name=outcome.scenario.name,
        passed=outcome.passed,
        problems=outcome.problems,
        engine=outcome.engine,
        strategy=outcome.strategy,
        exit_code=outcome.exit_code,
        end=outcome.end,
        failures=[
            {
                "name": each.name,
                "failure_class": each.failure_class,
                "quoted": each.quoted,
            }
            for each in outcome.diagnoses
        ],
        prepare_seconds=outcome.prepare_seconds,
        run_seconds=outcome.run_seconds,
    )
