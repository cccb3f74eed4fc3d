"""
The reduction itself: stage after stage, candidate after candidate, to the smallest.

It knows neither engines nor Go: the stages make candidates, the oracle judges them,
``autofix.core.ddmin`` says which is next.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from autofix.core.ddmin import Search, answered, begun, question
from autofix.core.sameness import Failure
from autofix.reducing.candidates import digest_of, with_changes
from autofix.reducing.oracle import Oracle
from autofix.reducing.progress import Progress
from autofix.reducing.stages import STAGES, Changes, Parts, Stage, Subject


class Limit(StrEnum):
    """What ended a reduction before its time."""

    STEPS = "steps"
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may be spent: candidates judged, and seconds."""

    steps: int = 500
    seconds: float = 3600.0


class Watcher(Protocol):
    """Hears of a reduction."""

    def trying(self, *, step: int, noun: str, left: int, without: int) -> None:
        """A candidate without some of the parts left is about to be judged."""
        ...

    def accepted(self, *, step: int, noun: str, left: int, of: int) -> None:
        """A candidate still fails: only ``left`` of the stage's parts are left."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The smallest plugin so far; ``limit`` is None if no part can be missed."""

    folder: Path
    steps: int
    stages: int
    limit: Limit | None = None


@dataclass(kw_only=True)
class Reducer:
    """
    Reduces one plugin, whose untouched form is known to fail.

    ``module`` is the plugin's module in each candidate, ``scratch`` an empty folder on
    the same disk as the progress. Steps of an earlier try count, its seconds do not.
    """

    oracle: Oracle
    failure: Failure
    progress: Progress
    module: str
    scratch: Path
    watcher: Watcher
    limits: Limits = field(default_factory=Limits)
    stages: tuple[Stage, ...] = STAGES
    clock: Callable[[], float] = time.monotonic

    def reduced(self) -> Outcome:
        """Take away what can be missed, until nothing can, or a limit is reached."""
        began = self.clock()
        limit: Limit | None = None
        while limit is None and not self.progress.is_over(len(self.stages)):
            limit = self._stage(began)
        return Outcome(
            folder=self.progress.base if limit is None else self.scratch / "smallest",
            steps=self.progress.steps,
            stages=self.progress.stage,
            limit=limit,
        )

    def _stage(self, began: float) -> Limit | None:
        """Run one stage to its end; return the limit that cut it short."""
        stage = self.stages[self.progress.stage % len(self.stages)]
        subject = Subject(
            folder=self.progress.base,
            module=self.module,
            oracle=self.oracle,
            failure=self.failure,
        )
        parts = stage.parts(subject)
        search = begun(parts.names, parts.guess)
        smallest: Changes = {}
        limit: Limit | None = None
        base = digest_of(subject.folder)
        while (kept := question(search)) is not None:
            changes = parts.changes(frozenset(parts.names).difference(kept))
            fails = False
            if changes is not None:
                candidate = with_changes(subject.folder, self._candidate, changes)
                digest = digest_of(candidate)
                # What is as it was has not become smaller.
                known = self.progress.answers.get(digest) if digest != base else False
                if known is None:
                    limit = self._limit(began)
                    if limit is not None:
                        break
                    known = self._judged(candidate, digest, stage, search, kept)
                fails = known
                if fails:
                    smallest = changes
            search = answered(search, fails=fails)
        return self._ended(parts, search, smallest, limit)

    def _judged(
        self,
        candidate: Path,
        digest: str,
        stage: Stage,
        search: Search,
        kept: tuple[str, ...],
    ) -> bool:
        left, step = len(search.kept), self.progress.steps + 1
        self.watcher.trying(
            step=step, noun=stage.noun, left=left, without=left - len(kept)
        )
        fails = self.oracle.still_fails(candidate, self.failure)
        what = f"{len(kept)} of {left} {stage.noun}"
        self.progress.answer(digest, fails=fails, what=what)
        if fails:
            self.watcher.accepted(step=step, noun=stage.noun, left=len(kept), of=left)
        return fails

    def _ended(
        self, parts: Parts, search: Search, smallest: Changes, limit: Limit | None
    ) -> Limit | None:
        base = self.progress.base
        result = with_changes(base, self.scratch / "smallest", smallest)
        if limit is None:
            self.progress.ended(result, taken=len(parts.names) - len(search.kept))
        return limit

    def _limit(self, began: float) -> Limit | None:
        if self.progress.steps >= self.limits.steps:
            return Limit.STEPS
        if self.clock() - began >= self.limits.seconds:
            return Limit.TIME
        return None

    @property
    def _candidate(self) -> Path:
        return self.scratch / "candidate"
