"""
Delta debugging over abstract parts: which to keep next, decided by the answers so far.

A search is the list of its answers: ``answered`` folds one into the next value, so a
search that was cut off goes on where it was by giving it the same answers again. It
takes away chunks, large ones first, until no single part can be missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Step(StrEnum):
    """Where a search is."""

    GUESS = "guess"
    """Keep only what is thought to matter."""
    NOTHING = "nothing"
    """Keep nothing: most parts of most plugins have no part in a failure."""
    CHUNKS = "chunks"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """
    A search for the fewest parts that still fail.

    ``kept`` are the parts of the smallest candidate that does, in their order;
    ``refused`` the candidates that did not. ``chunk`` parts before ``end`` are left
    out of the next one; ``removed`` tells whether this pass has taken any away.
    ``questions`` counts the answers.
    """

    kept: tuple[str, ...]
    guess: frozenset[str] = frozenset()
    step: Step = Step.GUESS
    chunk: int = 0
    end: int = 0
    removed: bool = False
    refused: frozenset[frozenset[str]] = frozenset()
    questions: int = 0


def begun(parts: Iterable[str], guess: Iterable[str] = ()) -> Search:
    """Begin with all parts, which fail together; ``guess`` is tried alone first."""
    return _settled(Search(kept=tuple(parts), guess=frozenset(guess)))


def question(search: Search) -> tuple[str, ...] | None:
    """Return the parts of the next candidate, in order; None at the end."""
    return None if search.step is Step.DONE else _candidate(search)


def answered(search: Search, *, fails: bool) -> Search:
    """Go on with whether the candidate asked about still fails the same way."""
    candidate = _candidate(search)
    search = replace(search, questions=search.questions + 1)
    if not fails:
        refused = search.refused | {frozenset(candidate)}
        return _settled(replace(search, refused=refused))
    return _settled(_next(replace(search, kept=candidate, removed=True)))


def most_questions(parts: int) -> int:
    """
    Return how many questions are asked of so many parts at most, whatever is needed.

    Each pass over single parts but the last takes one away; coarser passes ask fewer
    than there are parts, all together.
    """
    return 2 + 2 * parts + parts * (parts + 1) // 2


def _candidate(search: Search) -> tuple[str, ...]:
    match search.step:
        case Step.GUESS:
            return tuple(each for each in search.kept if each in search.guess)
        case Step.CHUNKS:
            start = max(0, search.end - search.chunk)
            return search.kept[:start] + search.kept[search.end :]
        case _:
            return ()


def _settled(search: Search) -> Search:
    """Go to the next candidate that is smaller and was not refused yet."""
    while search.step is not Step.DONE:
        candidate = frozenset(_candidate(search))
        pointless = search.step is Step.GUESS and not candidate
        smaller = len(candidate) < len(search.kept)
        if smaller and not pointless and candidate not in search.refused:
            return search
        search = _next(search)
    return search


def _next(search: Search) -> Search:
    """Move on: down the parts, then to smaller chunks, then to the end."""
    if search.step is Step.GUESS:
        return replace(search, step=Step.NOTHING)
    size = len(search.kept)
    if size == 0:
        return replace(search, step=Step.DONE)
    if search.step is Step.NOTHING:
        chunk = (size + 1) // 2
        return replace(search, step=Step.CHUNKS, chunk=chunk, end=size, removed=False)
    end = search.end - search.chunk
    if end > 0:
        return replace(search, end=end)
    if search.chunk == 1 and not search.removed:
        return replace(search, step=Step.DONE)
    chunk = max(1, min(search.chunk, size) // 2)
    return replace(search, chunk=chunk, end=size, removed=False)
