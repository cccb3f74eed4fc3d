"""
A run told from its journal: what was done, when, for how long, and what came of it.

Only what the journal holds is used, so that a run which was killed, or which is still
going on, can be told as far as it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby, zip_longest

from autofix.core.actions import (
    Action,
    Build,
    Check,
    Compare,
    Consult,
    Edit,
    Prepare,
    Settle,
    Start,
    Stop,
    Survey,
    Vendor,
)
from autofix.core.journal import Entry
from autofix.core.model import Diagnosis, Pin
from autofix.core.observations import Observation, Prepared
from autofix.core.state import Phase

PHASES: Mapping[type[Action], Phase] = {
    Prepare: Phase.PREPARE,
    Edit: Phase.PIN,
    Consult: Phase.FIT,
    Vendor: Phase.VENDOR,
    Build: Phase.BUILD,
    Compare: Phase.COMPARE,
    Check: Phase.LOAD,
    Start: Phase.START,
    Survey: Phase.SURVEY,
    Settle: Phase.SETTLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """
    One action of a run.

    ``began`` is in seconds since the run began; ``seconds`` is None, and there is no
    ``outcome``, where the run did not live to see its end. ``round`` counts builds, 0
    before the first. ``diagnosis`` is what was made of the outcome, if it failed.
    """

    phase: Phase
    round: int
    action: Action
    began: float
    seconds: float | None = None
    outcome: Observation | None = None
    diagnosis: Diagnosis | None = None

    @property
    def ended(self) -> float:
        """Return when it ended, or began if it never did."""
        return self.began + (self.seconds or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """The steps of one round, what ended it, and the pins decided after that."""

    round: int
    steps: tuple[Step, ...]
    pins: tuple[Pin, ...] = ()

    @property
    def diagnosis(self) -> Diagnosis | None:
        """Return the last diagnosis made in this round."""
        found = [step.diagnosis for step in self.steps if step.diagnosis is not None]
        return found[-1] if found else None

    @property
    def seconds(self) -> float:
        """Return how long it lasted."""
        return self.steps[-1].ended - self.steps[0].began


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A whole run, step by step."""

    steps: tuple[Step, ...]
    prepared: Prepared | None = None
    stopped: Stop | None = None

    @property
    def seconds(self) -> float:
        """Return how long the recorded steps lasted."""
        return self.steps[-1].ended if self.steps else 0.0

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """Return the rounds in order; the first may be the one before any build."""
        told: set[str] = set()
        chapters = []
        for number, group in groupby(self.steps, key=lambda step: step.round):
            steps = tuple(group)
            pins = [pin for pin in _pins(steps) if pin.module not in told]
            told.update(pin.module for pin in pins)
            chapters.append(Chapter(round=number, steps=steps, pins=tuple(pins)))
        return tuple(chapters)


def told(entries: Iterable[Entry]) -> Story:
    """Tell the run whose journal has these entries, as far as they reach."""
    entries = tuple(entries)
    steps: list[Step] = []
    round_ = 0
    stopped = None
    for entry, after in zip_longest(entries, entries[1:]):
        action = entry.action
        if isinstance(action, Stop):
            stopped = action
            continue
        round_ += isinstance(action, Build)
        began = entry.observation.at
        steps.append(
            Step(
                phase=PHASES[type(action)],
                round=round_,
                action=action,
                began=began,
                seconds=max(0.0, after.observation.at - began) if after else None,
                outcome=after.observation if after else None,
                diagnosis=after.diagnosis if after else None,
            )
        )
    prepared = next(
        (each.outcome for each in steps if isinstance(each.outcome, Prepared)), None
    )
    return Story(steps=tuple(steps), prepared=prepared, stopped=stopped)


def _pins(steps: Iterable[Step]) -> tuple[Pin, ...]:
    """Return the pins of the last edit among the steps, which has all so far."""
    edits = [step.action for step in steps if isinstance(step.action, Edit)]
    return edits[-1].pins if edits else ()
