"""Which of many newer versions start together: all at once, else by splitting."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from autofix.attempting import Attempt
from autofix.conclude import is_of_the_network
from autofix.config import Config
from autofix.core.model import EndKind
from autofix.core.raising import suspects
from autofix.core.splitting import Splitting, answered, proven, question
from autofix.core.state import State
from autofix.reducing.oracle import Edits
from autofix.upgrading.choosing import Candidate
from autofix.upgrading.delivering import is_clean
from autofix.upgrading.raisedelivery import RaiseDelivery, reason
from autofix.upgrading.upgrade import Perform

NO_TIME = "there was no time left to try it (--max-time)"


class Shop(Protocol):
    """Where versions are put into go.mod, and sets of them are judged."""

    def edited(self, steps: Sequence[Candidate], /) -> Edits:
        """Return go.mod and go.sum with versions of modules, completed."""
        ...

    def judged(self, steps: Sequence[Candidate], /) -> State:
        """Let the automaton work with versions of modules, up to a start."""
        ...


@dataclass(slots=True, kw_only=True)
class Trial:
    """
    What sets of versions are tried with; ``base`` delivers none of them.

    ``reasons`` say why modules were set aside, ``builds`` counts all before the last run.
    """

    shop: Shop
    base: RaiseDelivery
    config: Config
    perform: Perform
    note: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    reasons: dict[str, str] = field(default_factory=dict)
    builds: int = 0

    def of(self, steps: Sequence[Candidate]) -> Attempt:
        """Run with all, and if they do not start, with those that do."""
        delivery = self._delivery(steps)
        tried = self.perform(self._config("all"), self.base.project, delivery)
        self.builds += len(tried.result.rounds)
        if is_clean(tried.result) or tried.error is not None or delivery.last is None:
            return tried
        if _is_the_networks(delivery.last):
            return tried
        taken = self._split(steps, delivery.last)
        if taken is None:
            self.note("the plugin does not start as it is")
            return self.perform(self._config("none"), self.base.project, self.base)
        self.note(f"{len(taken)} of {len(steps)} work together")
        last = self._delivery(taken)
        return self.perform(self._config("taken"), self.base.project, last)

    def _split(
        self, steps: Sequence[Candidate], failed: State
    ) -> list[Candidate] | None:
        """
        Return those that start together; None if the plugin does not without any.

        ``failed`` is how all of them together ended. It takes ``--max-time`` at most,
        and what one set takes.
        """
        modules = tuple(each.module for each in steps)
        named = suspects(failed, modules)
        search = answered(Splitting(rest=modules), works=False, suspects=named)
        until = self.clock() + self.config.max_time
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
                break
            if self.clock() >= until:
                self._leave(search, NO_TIME)
                break
            aside = f", {len(search.dropped)} set aside" if search.dropped else ""
            self.note(f"trying {len(asked)} of {len(modules)}{aside}")
            state = self._judged([each for each in steps if each.module in asked])
            if _is_the_networks(state):
                self._leave(search, reason(state))
                break
            works = _works(state)
            starts, failed = starts or works, failed if works else state
            search = answered(search, works=works, suspects=suspects(state, modules))
        return [each for each in steps if each.module in proven(search)]

    def _leave(self, search: Splitting, why: str) -> None:
        """Say why what is not known to work is left out."""
        self.reasons |= dict.fromkeys(search.rest[search.works :], why)

    def _judged(self, steps: Sequence[Candidate]) -> State:
        state = self.shop.judged(steps)
        self.builds += len(state.rounds)
        return state

    def _delivery(self, taken: Sequence[Candidate]) -> RaiseDelivery:
        """Return a delivery that begins with edited go.mod and go.sum."""
        base = replace(self.base, reasons=self.reasons, builds=self.builds)
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


def _works(state: State) -> bool:
    return state.ending is not None and state.ending.kind is EndKind.CLEAN
