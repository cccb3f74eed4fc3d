"""
The highest version of each of several parts with which all of them work together.

Each part has a ladder of versions below one that does not work. All parts step at once,
each to the middle of what is not known of its ladder, or from major to major down to the
present one; which of these steps work together is found by splitting (``autofix.core.splitting``), and the next round begins. What is
known to work was always judged together, so that a wrong guess (a version that works
above one that does not) costs height, never soundness.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from autofix.core import splitting
from autofix.core.model import ModuleVersion
from autofix.core.splitting import Splitting


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """
    Versions of a part, lowest first.

    The first ``works`` of them are below or at the highest that works, those from
    ``fails`` on at or above the lowest that does not; what lies between is not known.
    The last ``tops`` are tried one after the other, the highest first: the newest of a
    major says nothing about that of another.
    """

    rungs: tuple[ModuleVersion, ...]
    tops: int = 0
    works: int = 0
    fails: int

    @classmethod
    def of(cls, rungs: tuple[ModuleVersion, ...], tops: int = 0) -> Ladder:
        """Return a ladder of which nothing is known."""
        return cls(rungs=rungs, tops=tops, fails=len(rungs))

    @property
    def step(self) -> int | None:
        """Return the rung to be tried next; None if everything is known."""
        if self.works == self.fails:
            return None
        if self.fails > len(self.rungs) - self.tops:
            return self.fails - 1
        return (self.works + self.fails) // 2

    @property
    def proven(self) -> ModuleVersion | None:
        """Return the highest version that is known to work; None if none is."""
        return self.rungs[self.works - 1] if self.works else None

    @property
    def broken(self) -> ModuleVersion | None:
        """Return the lowest version that is known not to work; None if none is."""
        return self.rungs[self.fails] if self.fails < len(self.rungs) else None

    def stepped(self, *, works: bool) -> Ladder:
        """Return the ladder when it is known whether the next rung works."""
        step = self.step
        if step is None:
            return self
        return replace(self, works=step + 1) if works else replace(self, fails=step)

    def without_step(self) -> Ladder:
        """Return the ladder without the rung that would be tried next."""
        step = self.step
        if step is None:
            return self
        is_top = step >= len(self.rungs) - self.tops
        return replace(
            self,
            rungs=self.rungs[:step] + self.rungs[step + 1 :],
            tops=self.tops - is_top,
            fails=self.fails - 1,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """
    A search on the ladders of several parts.

    ``round`` splits the steps of this round, ``questions`` counts all answers.
    """

    ladders: Mapping[str, Ladder]
    round: Splitting = field(default_factory=lambda: Splitting(rest=()))
    questions: int = 0


def begun(ladders: Mapping[str, Ladder]) -> Narrowing:
    """Begin a search; of every part it is known that it works without any rung."""
    return _next_round(Narrowing(ladders=ladders))


def question(search: Narrowing) -> Mapping[str, ModuleVersion] | None:
    """
    Return the versions to be tried together, by part; None at the end.

    A part that is missing is tried without any.
    """
    asked = splitting.question(search.round)
    if asked is None:
        return None
    return _versions(search, asked)


def answered(
    search: Narrowing, *, works: bool, suspects: Collection[str] = ()
) -> Narrowing:
    """
    Go on with whether the versions asked about work together.

    ``suspects`` are the parts that a failure speaks of; wrong ones cost questions only.
    """
    done = splitting.answered(search.round, works=works, suspects=suspects)
    search = replace(search, round=done, questions=search.questions + 1)
    if splitting.question(done) is not None:
        return search
    return _next_round(replace(search, ladders=_known(search)))


def passed_over(search: Narrowing, part: str) -> Narrowing:
    """
    Leave out the next version of a part, which is not to be tried at all.

    Only at the beginning of a round: before its first question is answered.
    """
    ladder = search.ladders[part].without_step()
    return _next_round(replace(search, ladders={**search.ladders, part: ladder}))


def proven(search: Narrowing) -> Mapping[str, ModuleVersion]:
    """Return the versions that are known to work together, however far the search is."""
    return _versions(search, splitting.proven(search.round))


def broken(search: Narrowing) -> Mapping[str, ModuleVersion]:
    """Return the lowest version of each part that is known not to work."""
    found = {part: ladder.broken for part, ladder in _known(search).items()}
    return {part: version for part, version in found.items() if version}


def most_questions(ladders: Iterable[Ladder]) -> int:
    """
    Return how many questions are asked of ladders at most.

    Every part is stepped as often as it has tops, and as the rest of its ladder can be
    halved; a round is a splitting of which, at worst, every part fails.
    """
    steps = [each.tops + (len(each.rungs) - each.tops).bit_length() for each in ladders]
    rounds = range(1, max(steps, default=0) + 1)
    parts = [sum(each >= number for each in steps) for number in rounds]
    return sum(map(_most, parts))


def _most(parts: int) -> int:
    """Count all parts left, a wrong suspicion and a bisection for each that fails."""
    return sum(2 + (left - 2).bit_length() for left in range(2, parts + 1)) + 1


def _versions(
    search: Narrowing, stepping: Collection[str]
) -> Mapping[str, ModuleVersion]:
    found: dict[str, ModuleVersion] = {}
    for part, ladder in search.ladders.items():
        step = ladder.step if part in stepping else None
        version = ladder.proven if step is None else ladder.rungs[step]
        if version is not None:
            found[part] = version
    return found


def _known(search: Narrowing) -> Mapping[str, Ladder]:
    """Return the ladders with what this round has told so far."""
    taken = splitting.proven(search.round)
    return {
        part: ladder.stepped(works=part in taken)
        if part in taken or part in search.round.dropped
        else ladder
        for part, ladder in search.ladders.items()
    }


def _next_round(search: Narrowing) -> Narrowing:
    stepping = (part for part, each in search.ladders.items() if each.step is not None)
    return replace(search, round=Splitting(rest=tuple(stepping)))
