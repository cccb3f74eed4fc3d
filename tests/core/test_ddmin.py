"""Delta debugging ends with parts of which none can be missed, in bounded steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import ceil, log2
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from autofix.core.ddmin import Search, answered, begun, most_questions, question

Oracle = Callable[[frozenset[str]], bool]

PARTS = st.lists(st.integers(0, 60).map(str), unique=True, max_size=24)


def reduced(
    parts: Iterable[str], fails: Oracle, guess: Iterable[str] = ()
) -> tuple[Search, list[bool]]:
    """Ask until there is nothing left to ask; return the answers too."""
    search, answers = begun(parts, guess), []
    while (candidate := question(search)) is not None:
        answers.append(fails(frozenset(candidate)))
        search = answered(search, fails=answers[-1])
    return search, answers


def erratic(seed: int, whole: frozenset[str]) -> Oracle:
    """Return an oracle without any order: only that the whole fails is certain."""

    def fails(kept: frozenset[str]) -> bool:
        text = f"{seed} {' '.join(sorted(kept))}"
        return kept == whole or crc32(text.encode()) % 3 == 0

    return fails


@given(parts=PARTS, seed=st.integers(), guess=st.sets(st.integers(0, 60).map(str)))
def test_no_part_of_what_is_left_can_be_missed(
    parts: list[str], seed: int, guess: set[str]
) -> None:
    """Whatever the oracle says, also where parts depend on one another."""
    fails = erratic(seed, frozenset(parts))
    search, answers = reduced(parts, fails, guess)

    assert fails(frozenset(search.kept))
    assert all(not fails(frozenset(search.kept) - {part}) for part in search.kept)
    assert len(answers) == search.questions
    assert search.questions <= most_questions(len(parts))


@given(parts=PARTS, data=st.data())
def test_needed_parts_are_found_in_logarithmic_steps(
    parts: list[str], data: st.DataObject
) -> None:
    """Exactly those are left, in their order; each costs a halving of the rest."""
    needed = data.draw(
        st.sets(st.sampled_from(parts), max_size=3) if parts else st.just(set[str]())
    )
    search, _ = reduced(parts, needed.issubset)

    assert tuple(part for part in parts if part in needed) == search.kept
    halvings = ceil(log2(max(2, len(parts))))
    assert search.questions <= 2 + 2 * (len(needed) + 1) * (halvings + 1)


@given(parts=PARTS, data=st.data())
def test_a_right_guess_leaves_only_its_proof(
    parts: list[str], data: st.DataObject
) -> None:
    """The guess itself, nothing, chunks of it, and each of its parts."""
    needed = data.draw(
        st.sets(st.sampled_from(parts), max_size=3) if parts else st.just(set[str]())
    )
    search, _ = reduced(parts, needed.issubset, needed)

    assert needed == set(search.kept)
    assert search.questions <= 2 + 2 * len(needed) + 1


@given(parts=PARTS, seed=st.integers(), cut=st.integers(0, 400))
def test_a_search_cut_off_goes_on_by_its_answers(
    parts: list[str], seed: int, cut: int
) -> None:
    """Folding the answers that were heard gives the same search, and the same end."""
    fails = erratic(seed, frozenset(parts))
    whole, answers = reduced(parts, fails)
    search = begun(parts)
    for answer in answers[:cut]:
        search = answered(search, fails=answer)
    while (candidate := question(search)) is not None:
        search = answered(search, fails=fails(frozenset(candidate)))

    assert whole == search


@given(parts=PARTS, seed=st.integers())
def test_no_candidate_is_asked_twice(parts: list[str], seed: int) -> None:
    """A build costs seconds."""
    asked: list[frozenset[str]] = []

    def fails(kept: frozenset[str]) -> bool:
        asked.append(kept)
        return erratic(seed, frozenset(parts))(kept)

    reduced(parts, fails)

    assert len(set(asked)) == len(asked)
