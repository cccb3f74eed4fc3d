"""The highest lower versions that start, of modules whose newest one does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from autofix.core.model import ModuleVersion
from autofix.core.narrowing import (
    Narrowing,
    answered,
    begun,
    broken,
    passed_over,
    proven,
    question,
)
from autofix.upgrading.choosing import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    What came of a set of versions; ``suspects`` are the modules that a failure names.

    ``why`` is the reason of a failure, ``judged`` False where no version is to blame.
    """

    works: bool
    why: str = ""
    suspects: tuple[str, ...] = ()
    judged: bool = True


@dataclass(slots=True, kw_only=True)
class Lowering:
    """
    A search below versions that break, on top of those that are ``taken``.

    ``lower`` returns a module at a lower version, None if it would never be chosen;
    ``judge`` tells what comes of a set of versions, ``is_late`` whether time is up.
    ``breaks`` has the lowest version known to break of each module, with the reason,
    and ``cut`` tells that the search was given up.
    """

    taken: Sequence[Candidate]
    lower: Callable[[Candidate, ModuleVersion], Candidate | None]
    judge: Callable[[Sequence[Candidate]], Verdict]
    is_late: Callable[[], bool]
    note: Callable[[str], None]
    breaks: dict[str, tuple[str, str]] = field(default_factory=dict)
    cut: bool = False
    _known: dict[ModuleVersion, Candidate | None] = field(default_factory=dict)

    def of(self, broke: Sequence[Candidate]) -> list[Candidate]:
        """Return those of the modules that start at a lower version, at the highest."""
        modules = {each.module: each for each in broke}
        search = begun({name: each.ladder for name, each in modules.items()})
        why = ""
        while True:
            search, asked = self._next(search, modules)
            if not asked:
                break
            if self.is_late():
                self.cut = True
                break
            names = ", ".join(map(str, asked.values()))
            self.note(f"trying lower versions: {names}")
            verdict = self.judge([*self.taken, *self._at(asked)])
            if not verdict.judged:
                self.cut = True
                break
            why = verdict.why or why
            search = answered(search, works=verdict.works, suspects=verdict.suspects)
            for module, version in broken(search).items():
                if self.breaks.get(module, ("",))[0] != version.version:
                    self.breaks[module] = (version.version, why)
        return self._at(proven(search))

    def _next(
        self, search: Narrowing, modules: Mapping[str, Candidate]
    ) -> tuple[Narrowing, Mapping[str, ModuleVersion] | None]:
        """Return the next versions to be tried, all of which could be chosen."""
        while asked := question(search):
            for module, version in asked.items():
                if version not in self._known:
                    self._known[version] = self.lower(modules[module], version)
                if self._known[version] is None:
                    search = passed_over(search, module)
                    break
            else:
                return search, asked
        return search, None

    def _at(self, versions: Mapping[str, ModuleVersion]) -> list[Candidate]:
        found = (self._known[each] for each in versions.values())
        return [each for each in found if each is not None]
