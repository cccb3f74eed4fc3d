"""
Which of many newer versions start together: all at once, else by splitting.

Of a module whose newest version breaks, the versions in between are looked at then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from autofix.attempting import Attempt
from autofix.conclude import is_of_the_network
from autofix.config import Config
from autofix.core.model import EndKind, ModuleVersion
from autofix.core.raising import suspects
from autofix.core.splitting import Splitting, answered, proven, question
from autofix.core.state import State
from autofix.reducing.oracle import Edits
from autofix.session import refuse_dirty
from autofix.upgrading.choosing import Candidate
from autofix.upgrading.delivering import is_clean
from autofix.upgrading.journey import Perform
from autofix.upgrading.lowering import Lowering, Verdict
from autofix.upgrading.raisedelivery import RaiseDelivery, reason

NO_TIME = "there was no time left to try it (--max-time)"
CUT = "Not all lower versions were tried."


class Shop(Protocol):
    """Where versions are put into go.mod, and sets of them are judged."""

    def edited(self, steps: Sequence[Candidate], /) -> Edits:
        """Return go.mod and go.sum with versions of modules, completed."""
        ...

    def judged(self, steps: Sequence[Candidate], /) -> State:
        """Let the automaton work with versions of modules, up to a start."""
        ...

    def refused(self, steps: Sequence[Candidate], /) -> State | None:
        """Tell of code that new majors break, before anything is built."""
        ...

    def lower(self, step: Candidate, at: ModuleVersion, /) -> Candidate | None:
        """Return a step at a lower version; None if that would never be chosen."""
        ...


@dataclass(slots=True, kw_only=True)
class Trial:
    """
    What sets of versions are tried with; ``base`` delivers none of them.

    ``reasons`` say why the newest versions of modules were set aside, ``broken`` name
    those of modules that are at a lower one now, ``builds`` counts all before the last
    run. All of it takes ``--max-time`` at most after the first run, and one judgement.
    """

    shop: Shop
    base: RaiseDelivery
    config: Config
    perform: Perform
    note: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    reasons: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    builds: int = 0
    _until: float = field(default=0.0, init=False)

    def of(self, steps: Sequence[Candidate]) -> Attempt:
        """Run with all, and if they do not start, with those that do."""
        delivery = self._delivery(steps)
        if any(each.path for each in steps):  # now: much is judged before a run begins
            refuse_dirty(self.base.project, self.config, delivery)
        failed = self.shop.refused(steps)
        if failed is None:
            tried = self.perform(self._config("all"), self.base.project, delivery)
            self.builds += len(tried.result.rounds)
            failed = delivery.last
            if is_clean(tried.result) or tried.error is not None or failed is None:
                return tried
            if _is_the_networks(failed):
                return tried
        self._until = self.clock() + self.config.max_time
        search = self._split(steps, failed)
        if search is None:
            self.note("the plugin does not start as it is")
            return self.perform(self._config("none"), self.base.project, self.base)
        taken = [each for each in steps if each.module in proven(search)]
        if not search.rest:
            broke = [each for each in steps if each.module in search.dropped]
            taken += self._lowered(taken, broke)
        self.note(f"{len(taken)} of {len(steps)} work together")
        last = self._delivery(taken)
        return self.perform(self._config("taken"), self.base.project, last)

    def _split(self, steps: Sequence[Candidate], failed: State) -> Splitting | None:
        """
        Find those that start together; None if the plugin does not without any.

        ``failed`` is how all of them together ended.
        """
        modules = tuple(each.module for each in steps)
        named = _suspects(failed, steps)
        search = answered(Splitting(rest=modules), works=False, suspects=named)
        starts = False
        while True:
            for each in search.dropped:
                self.reasons.setdefault(each, reason(failed))
            if search.dropped and not starts:
                # Not asked before: mostly something works, and then it need not be.
                starts = _works(self._judged(()))
                if not starts:
                    return None
            asked = question(search)
            if asked is None:
                return search
            if self._is_late():
                self._leave(search, NO_TIME)
                return search
            aside = f", {len(search.dropped)} set aside" if search.dropped else ""
            self.note(f"trying {len(asked)} of {len(modules)}{aside}")
            state = self._judged([each for each in steps if each.module in asked])
            if _is_the_networks(state):
                self._leave(search, reason(state))
                return search
            works = _works(state)
            starts, failed = starts or works, failed if works else state
            search = answered(search, works=works, suspects=_suspects(state, steps))

    def _lowered(
        self, taken: Sequence[Candidate], broke: Sequence[Candidate]
    ) -> list[Candidate]:
        """Return those that start at a version between the present and the newest."""

        def judge(steps: Sequence[Candidate]) -> Verdict:
            state = self._judged(steps)
            works = _works(state)
            return Verdict(
                works=works,
                why="" if works else reason(state),
                suspects=_suspects(state, steps),
                judged=not _is_the_networks(state),
            )

        lowering = Lowering(
            taken=taken,
            lower=self.shop.lower,
            judge=judge,
            is_late=self._is_late,
            note=self.note,
        )
        found = lowering.of(broke)
        newest = {each.module: each.after for each in broke}
        for module, (version, why) in lowering.breaks.items():
            told = self.reasons[module]
            more = f"{version} breaks too" + (f": {why}" if why != told else ".")
            self.reasons[module] = f"{told} {more}"
        if lowering.cut:
            for each in broke:
                if each.lower:
                    self.reasons[each.module] += f" {CUT}"
        self.broken |= {each.module: newest[each.module] for each in found}
        return found

    def _is_late(self) -> bool:
        return self.clock() >= self._until

    def _leave(self, search: Splitting, why: str) -> None:
        """Say why what is not known to work is left out."""
        self.reasons |= dict.fromkeys(search.rest[search.works :], why)

    def _judged(self, steps: Sequence[Candidate]) -> State:
        state = self.shop.judged(steps)
        self.builds += len(state.rounds)
        return state

    def _delivery(self, taken: Sequence[Candidate]) -> RaiseDelivery:
        """Return a delivery that begins with edited go.mod and go.sum."""
        rows = {each.module: each.row for each in taken}
        base = replace(
            self.base,
            rows=tuple(rows.get(each.module, each) for each in self.base.rows),
            reasons=self.reasons,
            broken=self.broken,
            builds=self.builds,
        )
        if not taken:
            return base
        edits = self.shop.edited(taken)
        folder = base.project.module_folder
        found = {folder / name: content for name, content in edits.files.items()}
        return replace(
            base,
            moves=replace(base.moves, edits=found),
            taken=frozenset(each.module for each in taken),
            after=edits.gomod,
        )

    def _config(self, name: str) -> Config:
        """Keep the runs of one command in folders of their own, where one is named."""
        folder = self.config.run_dir
        return replace(self.config, run_dir=folder / name) if folder else self.config


def _is_the_networks(state: State) -> bool:
    """Tell whether a set was not judged, because no module could be fetched."""
    return state.ending is not None and is_of_the_network(state.ending.diagnosis)


def _suspects(state: State, steps: Sequence[Candidate]) -> tuple[str, ...]:
    """Return the modules that a failure speaks of, at their old path or a new one."""
    paths = [path for each in steps for path in (each.module, each.required.path)]
    named = suspects(state, paths)
    return tuple(
        each.module
        for each in steps
        if each.module in named or each.required.path in named
    )


def _works(state: State) -> bool:
    return state.ending is not None and state.ending.kind is EndKind.CLEAN
