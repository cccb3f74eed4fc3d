"""What came of a reduction, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from autofix.reducing.reducer import Limit
from autofix.reducing.session import Reduced, Size
from autofix.report.escape import escape
from autofix.report.json import document
from autofix.report.terminal import Tone
from autofix.report.text import Style
from autofix.report.words import count, said

_RESUME = {
    Limit.STEPS: "The steps are used up: give more with --max-steps, and it goes on.",
    Limit.TIME: "The time is used up: the same command goes on where it was.",
}


class ReductionResult(TypedDict):
    """
    What is left of a plugin, as the scenario in a folder.

    ``limit`` is what ended it early, null if no part of what is left can be missed.
    ``failure`` names what it fails with as the table of diagnoses does, ``facts`` are
    those of the diagnosis, ``quoted`` is the program's own line, "" if what is left
    failed otherwise when it was run in the end.
    """

    reduced: bool
    limit: Limit | None
    steps: int
    failure: str
    facts: dict[str, str]
    quoted: str
    before: Size
    after: Size
    scenario: Path


def reduction_text(told: Reduced, style: Style | None = None) -> str:
    """Return what is left and where it is, ending with a newline; escaped."""
    return "\n".join(_lines(told, style or Style())) + "\n"


def _lines(told: Reduced, style: Style) -> Iterator[str]:
    outcome = told.outcome
    if not told.quoted:
        yield style.wrapped(
            "What is left did not fail the same way when it was run in the end.",
            tone=Tone.BAD,
        )
    elif outcome.limit is not None:
        yield style.wrapped(
            f"Smaller, but perhaps not the smallest. {_RESUME[outcome.limit]}",
            tone=Tone.CARE,
        )
    else:
        yield style.wrapped("Reduced: nothing more can be taken away.", tone=Tone.GOOD)
    yield f"  before  {_size(told.before)}"
    yield f"  now     {_size(told.after)}, after {count(outcome.steps, 'step')}"
    if told.quoted:
        yield "\nIt fails with"
        yield style.wrapped(f"  {said(told.quoted)}", hang="  ")
    yield style.paint(f"\nscenario {escape(str(told.scenario.path))}", Tone.FAINT)


def _size(size: Size) -> str:
    return (
        f"{count(size.files, 'file')}, {count(size.lines, 'line')} of Go, "
        f"{count(size.requirements, 'requirement')}"
    )


def reduction_json(told: Reduced) -> str:
    """Return it for machines."""
    outcome, diagnosis = told.outcome, told.failure.diagnosis
    return document(
        ReductionResult(
            reduced=told.succeeded,
            limit=outcome.limit,
            steps=outcome.steps,
            failure=told.failure.name,
            facts=dict(diagnosis.facts) if diagnosis else {},
            quoted=told.quoted,
            before=told.before,
            after=told.after,
            scenario=told.scenario.path,
        )
    )
