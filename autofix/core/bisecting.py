"""
Which of many candidates in order is the first bad one: a search that ends, pure.

Once a candidate is bad, all after it are taken to be. What cannot be tested is passed
over, and if only such candidates are left, they are named together with the bad one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from autofix.errors import InternalError


class Mark(StrEnum):
    """What a probe found."""

    GOOD = "good"
    BAD = "bad"
    SKIP = "skip"
    """It cannot be told."""


class Outcome(StrEnum):
    """How a search ended."""

    FOUND = "found"
    """One candidate is the first bad one."""
    RANGE = "range"
    """One of several is: those before the last of them could not be tested."""
    NEVER = "never"
    """Both ends are good."""
    ALREADY = "already"
    """Both ends are bad."""
    REVERSED = "reversed"
    """The end that was to be good is bad, and the other way round."""
    UNTESTABLE = "untestable"
    """An end cannot be tested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """
    Candidates 0 to ``size - 1`` and what is known of them.

    The first is to be good and the last bad; ``size`` is at least 2.
    """

    size: int
    marks: Mapping[int, Mark] = field(default_factory=dict)

    def marked(self, index: int, mark: Mark) -> Search:
        """Return the search with one more candidate known."""
        return Search(size=self.size, marks={**self.marks, index: mark})


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """
    The end of a search.

    ``suspects`` are the first bad candidate, or those of which one is it, or the ends
    that cannot be tested; empty for the other outcomes.
    """

    outcome: Outcome
    suspects: tuple[int, ...] = ()


def next_step(search: Search) -> int | Conclusion:
    """
    Return the candidate to probe next, or what the search came to.

    Both ends first, then the middle of the longest stretch that is untried: so a
    cluster that cannot be tested is left behind at once. Without skips these are at
    most ``most_probes(size)`` probes.
    """
    first, last = 0, search.size - 1
    for end in (last, first):
        if end not in search.marks:
            return end
    untestable = tuple(e for e in (first, last) if search.marks[e] is Mark.SKIP)
    if untestable:
        return Conclusion(outcome=Outcome.UNTESTABLE, suspects=untestable)
    match (search.marks[first], search.marks[last]):
        case (Mark.GOOD, Mark.BAD):
            return _between(search)
        case (Mark.GOOD, Mark.GOOD):
            return Conclusion(outcome=Outcome.NEVER)
        case (Mark.BAD, Mark.BAD):
            return Conclusion(outcome=Outcome.ALREADY)
        case (Mark.BAD, Mark.GOOD):
            return Conclusion(outcome=Outcome.REVERSED)
    raise InternalError("A candidate has a mark that there is not.")


def most_probes(size: int) -> int:
    """Return how many probes a search needs at most if none is a skip."""
    return 2 + (size - 2).bit_length()


def is_open(search: Search) -> bool:
    """Tell whether both ends are as they should be, so that one between is the break."""
    ends = (search.marks.get(0), search.marks.get(search.size - 1))
    return ends == (Mark.GOOD, Mark.BAD)


def open_suspects(search: Search) -> int:
    """Count the candidates that may still be the first bad one."""
    low, high = _bounds(search)
    return high - low


def _between(search: Search) -> int | Conclusion:
    low, high = _bounds(search)
    stretches = tuple(_untried(search, low, high))
    if stretches:
        start, stop = max(stretches, key=lambda each: each[1] - each[0])
        return (start + stop - 1) // 2
    suspects = tuple(range(low + 1, high + 1))
    outcome = Outcome.FOUND if len(suspects) == 1 else Outcome.RANGE
    return Conclusion(outcome=outcome, suspects=suspects)


def _bounds(search: Search) -> tuple[int, int]:
    """Return the last candidate known to be good, and the first after it that is bad."""
    good = [each for each, mark in search.marks.items() if mark is Mark.GOOD]
    low = max((each for each in good if each < search.size - 1), default=0)
    bad = [each for each, mark in search.marks.items() if mark is Mark.BAD]
    high = min((each for each in bad if each > low), default=search.size - 1)
    return low, high


def _untried(search: Search, low: int, high: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches between two candidates without a mark, as start and stop."""
    start = low + 1
    for index in range(low + 1, high + 1):
        if index == high or index in search.marks:
            if index > start:
                yield start, index
            start = index + 1
