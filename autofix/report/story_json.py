"""Past runs for machines: stable keys, verbatim text."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NotRequired, TypedDict

from autofix.core.model import Diagnosis, Pin
from autofix.core.state import Phase, Policy
from autofix.core.story import Step
from autofix.report import story_words as words
from autofix.report.json import document
from autofix.result import RunResult
from autofix.runs import About, Fate, Run


class RunSummary(TypedDict):
    """
    One past run; ``size`` is in bytes, ``began`` in ISO 8601.

    A run whose journal is not ``readable`` has only what its folder says.
    """

    name: str
    path: Path
    run_id: str
    project: str
    began: str
    autofix: str
    fate: Fate
    size: int
    readable: bool
    end: NotRequired[str]
    server: NotRequired[str | None]
    release: NotRequired[str | None]
    builds: NotRequired[int]
    seconds: NotRequired[float]


class RunList(TypedDict):
    """Past runs, the newest first."""

    runs: list[RunSummary]


class StoryStep(TypedDict):
    """One action of a run; ``seconds`` and ``outcome`` are null where it was killed."""

    phase: Phase
    round: int
    began: float
    seconds: float | None
    outcome: str | None
    diagnosis: str | None


class StoryRound(TypedDict):
    """One round: what ended it, and the pins that were decided after that."""

    number: int
    seconds: float
    diagnosis: Diagnosis | None
    pins: tuple[Pin, ...]


class RunStory(RunSummary):
    """A past run from its journal; ``result`` is null for one that left none."""

    policy: Policy
    steps: list[StoryStep]
    rounds: list[StoryRound]
    result: RunResult | None


def runs_json(runs: Iterable[Run | About]) -> str:
    """Return one object a run, the newest first."""
    return document(RunList(runs=[_summary(run) for run in runs]))


def story_json(run: Run) -> str:
    """Return the whole story; ``result`` is null for a run that left none."""
    return document(
        RunStory(
            **_summary(run),
            policy=run.header.policy,
            steps=[_step(step) for step in run.story.steps],
            rounds=[
                {
                    "number": chapter.round,
                    "seconds": chapter.seconds,
                    "diagnosis": chapter.diagnosis,
                    "pins": chapter.pins,
                }
                for chapter in run.story.chapters
            ],
            result=run.result,
        )
    )


def _summary(run: Run | About) -> RunSummary:
    about = run if isinstance(run, About) else run.about
    summary: RunSummary = {
        "name": about.path.name,
        "path": about.path,
        "run_id": about.run_id,
        "project": about.project,
        "began": about.began,
        "autofix": about.autofix,
        "fate": about.fate,
        "size": about.size,
        "readable": isinstance(run, Run),
    }
    if isinstance(run, Run):
        prepared = run.story.prepared
        summary |= {
            "end": words.end(run),
            "server": prepared.server.reference if prepared else None,
            "release": prepared.server.release if prepared else None,
            "builds": max((step.round for step in run.story.steps), default=0),
            "seconds": run.result.seconds if run.result else run.story.seconds,
        }
    return summary


def _step(step: Step) -> StoryStep:
    return {
        "phase": step.phase,
        "round": step.round,
        "began": step.began,
        "seconds": step.seconds,
        "outcome": type(step.outcome).__name__ if step.outcome else None,
        "diagnosis": step.diagnosis.name if step.diagnosis else None,
    }
