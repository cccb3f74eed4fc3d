"""
Which of many changes work together, found by splitting; decided by the answers so far.

All that is left is tried at once. If that fails, the shortest failing beginning of it is
looked for by bisection: what comes before its last part is taken, that part is dropped,
and all that is left is tried again. A search is the list of its answers: ``answered``
folds one into the next value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Splitting:
    """
    A search for the parts that work together.

    ``taken`` do, with nothing of the others. Each of ``dropped`` failed on top of those
    taken before it. Of ``rest``, in order, the first ``works`` work with ``taken`` and
    the first ``fails`` fail (None: not tried yet). ``guess`` is where the first of those
    that are suspected begins, 0 if none is. ``questions`` counts the answers.
    """

    rest: tuple[str, ...]
    taken: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    works: int = 0
    fails: int | None = None
    guess: int = 0
    questions: int = 0


def question(search: Splitting) -> tuple[str, ...] | None:
    """Return all parts to be tried together, taken ones first; None at the end."""
    if not search.rest:
        return None
    return (*search.taken, *search.rest[: _length(search)])


def answered(
    search: Splitting, *, works: bool, suspects: Collection[str] = ()
) -> Splitting:
    """
    Go on with whether the parts asked about work together.

    ``suspects`` are those that a failure speaks of: after a failure of all that is left
    they are split off first. Wrong ones cost a question, never a part.
    """
    length = _length(search)
    whole = search.fails is None
    search = replace(search, questions=search.questions + 1, guess=0)
    if works:
        search = replace(search, works=length)
    elif whole:
        search = _suspected(replace(search, fails=length), suspects)
    else:
        search = replace(search, fails=length)
    return _settled(search)


def proven(search: Splitting) -> tuple[str, ...]:
    """Return the parts that are known to work together, however far the search is."""
    return (*search.taken, *search.rest[: search.works])


def most_questions(parts: int, failing: int) -> int:
    """
    Return how many questions are asked of so many parts at most.

    ``failing`` of them fail whatever they are together with, the others never do.
    """
    depth = max(parts - 1, 0).bit_length()
    return failing * (depth + 2) + 1


def _length(search: Splitting) -> int:
    """Return how many of the rest the next question has."""
    if search.fails is None:
        return len(search.rest)
    if search.works < search.guess < search.fails:
        return search.guess
    return (search.works + search.fails) // 2


def _suspected(search: Splitting, suspects: Iterable[str]) -> Splitting:
    """Put the suspects last, so that the others are tried without them."""
    named = frozenset(suspects)
    last = tuple(each for each in search.rest if each in named)
    first = tuple(each for each in search.rest if each not in named)
    return replace(search, rest=first + last, guess=len(first) if last else 0)


def _settled(search: Splitting) -> Splitting:
    """Take and drop what is known, once it is."""
    if search.fails is None:
        if search.works < len(search.rest):
            return search
        return replace(search, taken=search.taken + search.rest, rest=(), works=0)
    if search.fails - search.works > 1:
        return search
    return replace(
        search,
        taken=search.taken + search.rest[: search.works],
        dropped=(*search.dropped, search.rest[search.works]),
        rest=search.rest[search.fails :],
        works=0,
        fails=None,
    )
