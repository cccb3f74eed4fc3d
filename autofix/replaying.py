"""Replay a past run: feed its journal to this version's automaton, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from autofix.core.journal import Difference, JournalError, first_difference
from autofix.core.story import Step
from autofix.errors import RunUnreadableError
from autofix.runs import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """
    What came of it; ``difference`` is None if every decision is made again.

    ``decisions`` counts those in the journal, ``seconds`` is what all took.
    ``before`` is the step whose outcome is answered differently now, None if that is
    the very first observation.
    """

    run: Run
    decisions: int
    seconds: float
    difference: Difference | None = None
    before: Step | None = None


def replayed(run: Run, *, clock: Callable[[], float] = time.perf_counter) -> Replay:
    """
    Decide again on all that was seen; needs no Go, no engine and no project.

    RunUnreadableError for a journal that no run can have written.
    """
    began = clock()
    try:
        difference = first_difference(run.header, run.entries)
    except JournalError as error:
        raise RunUnreadableError(
            f"The journal of {run.about.path} cannot be replayed: {error}.",
            why="It was edited, or written by an autofix that saw other things.",
        ) from error
    seconds = clock() - began
    steps = run.story.steps
    at = difference.step - 2 if difference else -1
    return Replay(
        run=run,
        decisions=len(run.entries),
        seconds=seconds,
        difference=difference,
        before=steps[at] if 0 <= at < len(steps) else None,
    )
