"""Past runs for machines: stable keys, verbatim text."""

from __future__ import annotations

from collections.abc import Iterable

from autofix.core.story import Step
from autofix.report import story_words as words
from autofix.report.json import document
from autofix.runs import About, Run


def runs_json(runs: Iterable[Run | About]) -> str:
    """Return one object a run, the newest first."""
    return document({"runs": [_summary(run) for run in runs]})


def story_json(run: Run) -> str:
    """Return the whole story; ``result`` is null for a run that left none."""
    return document(
        {
            **_summary(run),
            "policy": run.header.policy,
            "steps": [_step(step) for step in run.story.steps],
            "rounds": [
                {
                    "number": chapter.round,
                    "seconds": chapter.seconds,
                    "diagnosis": chapter.diagnosis,
                    "pins": chapter.pins,
                }
                for chapter in run.story.chapters
            ],
            "result": run.result,
        }
    )


def _summary(run: Run | About) -> dict[str, object]:
    about = run if isinstance(run, About) else run.about
    summary: dict[str, object] = {
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


def _step(step: Step) -> dict[str, object]:
    return {
        "phase": step.phase,
        "round": step.round,
        "began": step.began,
        "seconds": step.seconds,
        "outcome": type(step.outcome).__name__ if step.outcome else None,
        "diagnosis": step.diagnosis.name if step.diagnosis else None,
    }
