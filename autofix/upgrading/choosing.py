"""To which version each module may go: asked of the go command, one module at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from autofix.consulting import consult, released
from autofix.core.actions import Consult
from autofix.core.model import ModuleVersion
from autofix.core.narrowing import Ladder
from autofix.core.observations import Selected
from autofix.core.raising import Wish, barrier, begun, between, limits, newest
from autofix.core.state import State
from autofix.core.versionsearch import Ask, Fits, Search, fits, heard
from autofix.core.vulnerabilities import Fix, mended
from autofix.gotool import GoTool
from autofix.result import RaisedModule

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """
    A module with newer versions; ``after`` is the one to try, "" if none can be.

    ``days`` is how long that one has been out, ``why`` why it is none newer, and
    ``mends`` are the known vulnerabilities that it ends. ``path`` is that of a new
    major, "" where the module keeps its own. ``lower`` are the versions to look at,
    lowest first, if it breaks; the last ``tops`` of them are the newest of their major.
    """

    module: str
    before: str
    after: str = ""
    days: int | None = None
    why: str = ""
    mends: tuple[str, ...] = ()
    path: str = ""
    lower: tuple[ModuleVersion, ...] = ()
    tops: int = 0

    @property
    def required(self) -> ModuleVersion:
        """Return what go.mod requires of it."""
        return ModuleVersion(path=self.path or self.module, version=self.after)

    @property
    def ladder(self) -> Ladder:
        """Return the versions to look at as what a search begins with."""
        return Ladder.of(self.lower, self.tops)

    @property
    def row(self) -> RaisedModule:
        """Return what is told of it while it stays."""
        return RaisedModule(
            module=self.module,
            before=self.before,
            after=self.before,
            tried=self.after,
            days=self.days,
            why=self.why,
            mends=self.mends,
            path=self.path,
        )


def fixes_first(
    candidates: Iterable[Candidate], known: Sequence[Fix]
) -> tuple[Candidate, ...]:
    """
    Name what each version mends, and put those that mend something before all others.

    What comes first is taken where two do not work together, and tried while there is
    time.
    """
    named = (mending(each, known) for each in candidates)
    return tuple(sorted(named, key=lambda each: not _may_mend(each, known)))


def mending(candidate: Candidate, known: Sequence[Fix]) -> Candidate:
    """Name what a candidate's version mends; what a new major does is not known."""
    if candidate.path:
        return replace(candidate, mends=())
    return replace(candidate, mends=_ends(candidate, candidate.after, known))


def _may_mend(candidate: Candidate, known: Sequence[Fix]) -> bool:
    """Tell whether a candidate's version mends something, or one to look at does."""
    tried = (candidate.required, *candidate.lower)
    versions = (each.version for each in tried if each.path == candidate.module)
    return any(_ends(candidate, version, known) for version in versions)


def _ends(candidate: Candidate, after: str, known: Sequence[Fix]) -> tuple[str, ...]:
    return mended(known, candidate.module, before=candidate.before, after=after)


def _of(module: str, excludes: Iterable[ModuleVersion]) -> list[str]:
    return [each.version for each in excludes if each.path == module]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chooser:
    """
    What holds for every module; ``release`` is the builder's Go.

    ``searches`` remember what was asked of each module.
    """

    go: GoTool
    bounds: Mapping[str, str]
    release: str
    wish: Wish
    now: datetime
    searches: dict[str, Search] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        go: GoTool,
        state: State,
        modules: Iterable[str],
        wish: Wish,
        *,
        now: datetime,
    ) -> Self:
        """Return the one for a plan, which knows the server, the builder and go.mod."""
        return cls(
            go=go,
            bounds=limits(state, modules, wish),
            release=state.builder.go if state.builder else "",
            wish=wish,
            now=now,
        )

    def candidates(
        self, modules: Mapping[str, Selected], excludes: Sequence[ModuleVersion]
    ) -> tuple[Candidate, ...]:
        """Choose a version for each module that has newer ones, or say why there is none."""
        found = (
            self._candidate(begun(module, selected, _of(module, excludes)))
            for module, selected in modules.items()
        )
        return tuple(each for each in found if each.after or each.why)

    def listed(self, module: str) -> tuple[str, ...]:
        """Return all versions that a module has at its path."""
        search = self.searches.get(module) or begun(module, Selected(version=""), ())
        if search.versions is None and not search.refusal:
            search = self._asked(search, ())
        return search.versions or ()

    def major(
        self,
        module: ModuleVersion,
        path: str,
        versions: tuple[str, ...],
        excludes: Sequence[ModuleVersion],
    ) -> Candidate:
        """Choose one of the versions that a module has as a new major, at a path."""
        search = Search(
            module=path,
            present="",
            quoted="",
            broken=False,
            excluded=frozenset(_of(path, excludes)),
            versions=versions,
        )
        found = self._candidate(search)
        return replace(
            found, module=module.path, before=module.version, path=path, lower=()
        )

    def lower(self, candidate: Candidate, at: ModuleVersion) -> Candidate | None:
        """Return a candidate at a lower version; None if that would never be chosen."""
        search = self.searches[at.path]
        if at.version not in search.needs:
            search = self._asked(search, (at.version,))
            self.searches[at.path] = search
        age = self._age(at.path, at.version)
        fitting = fits(search, at.version, self.bounds, self.release)
        if not fitting or not self._is_old_enough(age):
            return None
        path = at.path if at.path != candidate.module else ""
        return replace(candidate, path=path, after=at.version, days=_days(age), why="")

    def _candidate(self, search: Search) -> Candidate:
        """Choose the newest version that fits and has been out for long enough."""
        before = Candidate(module=search.module, before=search.present)
        fresh = ""
        while True:
            search, version = self._newest(search)
            self.searches[search.module] = search
            if not version:
                return replace(before, why=fresh or self._stays(search))
            age = self._age(search.module, version)
            if self._is_old_enough(age):
                return replace(
                    before,
                    after=version,
                    days=_days(age),
                    why=fresh or self._barrier(search, version),
                    lower=tuple(
                        ModuleVersion(path=search.module, version=each)
                        for each in between(search, version)
                    ),
                )
            fresh = fresh or self._too_fresh(version, age)
            search = replace(search, excluded=search.excluded | {version})

    def _newest(self, search: Search) -> tuple[Search, str]:
        """Ask until the newest version that fits is known, "" if there is none."""
        answer = newest(search, self.bounds, self.release)
        while isinstance(answer, Ask):
            search = self._asked(search, answer.versions)
            answer = newest(search, self.bounds, self.release)
        return search, answer.version if isinstance(answer, Fits) else ""

    def _asked(self, search: Search, versions: tuple[str, ...]) -> Search:
        """Ask for the go.mod files of versions, or for the list of them all."""
        question = Consult(module=search.module, versions=versions)
        seen = consult(self.go, question, self.release)
        if seen.refusal:
            return replace(search, refusal=seen.refusal)
        if search.versions is None:
            return replace(search, versions=seen.versions)
        return heard(search, seen.asked, seen.needs)

    def _age(self, module: str, version: str) -> timedelta | None:
        asked = ModuleVersion(path=module, version=version)
        made = released(self.go, [asked]).get(asked)
        return self.now - made if made else None

    def _stays(self, search: Search) -> str:
        """Say why a module cannot be raised; "" where there is nothing newer."""
        if search.refusal:
            return f"its versions cannot be listed: {search.refusal}"
        return self._barrier(search, search.present)

    def _barrier(self, search: Search, taken: str) -> str:
        return barrier(search, self.bounds, self.release, taken, self.wish)

    def _is_old_enough(self, age: timedelta | None) -> bool:
        wanted = self.wish.cool_down * DAY
        return not wanted or (age is not None and age >= wanted)

    def _too_fresh(self, version: str, age: timedelta | None) -> str:
        if age is None:
            return f"nobody says how long {version} has been out"
        wanted = self.wish.cool_down
        return f"{version} has been out for {max(0, age.days)} of {wanted:g} days"


def _days(age: timedelta | None) -> int | None:
    return max(0, age.days) if age is not None else None
