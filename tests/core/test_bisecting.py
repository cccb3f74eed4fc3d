"""The search for the first bad candidate: found, bounded, honest about what it skips."""

from __future__ import annotations

from collections.abc import Collection
from math import ceil, log2

import pytest

from autofix.core.bisecting import (
    Conclusion,
    Mark,
    Outcome,
    Search,
    is_open,
    most_probes,
    next_step,
    open_suspects,
)


def searched(
    size: int, first_bad: int, skipped: Collection[int] = ()
) -> tuple[Conclusion, list[int]]:
    """Search among candidates of which all from one on are bad; return the probes too."""
    search, probes = Search(size=size), []
    while isinstance(step := next_step(search), int):
        assert step not in search.marks
        probes.append(step)
        mark = Mark.BAD if step >= first_bad else Mark.GOOD
        search = search.marked(step, Mark.SKIP if step in skipped else mark)
    return step, probes


@pytest.mark.parametrize("size", [2, 3, 4, 5, 8, 9, 17, 33, 100])
def test_finds_every_first_bad_one_in_few_probes(size: int) -> None:
    """Whichever it is, in at most ceil(log2 n) + 2 probes."""
    for first_bad in range(1, size):
        found, probes = searched(size, first_bad)

        assert Conclusion(outcome=Outcome.FOUND, suspects=(first_bad,)) == found
        assert len(probes) <= most_probes(size) <= ceil(log2(size)) + 2


@pytest.mark.parametrize("size", [3, 4, 7, 12])
def test_skips_leave_what_cannot_be_told_apart(size: int) -> None:
    """Whatever is skipped, the suspects hold the first bad one, and no tested good one."""
    inner = range(1, size - 1)
    for skips in range(2 ** len(inner)):
        skipped = {each for bit, each in enumerate(inner) if skips >> bit & 1}
        for first_bad in range(1, size):
            found, probes = searched(size, first_bad, skipped)

            assert first_bad in found.suspects
            assert skipped.issuperset(found.suspects[:-1])
            assert found.suspects[-1] not in skipped
            assert (found.outcome is Outcome.FOUND) == (len(found.suspects) == 1)
            assert len(probes) == len({*probes})


def test_leaps_out_of_a_cluster_that_cannot_be_tested() -> None:
    """A stretch of skips in the middle is not walked through one by one."""
    found, probes = searched(1001, 900, range(450, 550))

    assert (900,) == found.suspects
    assert len(probes) <= most_probes(1001) + 3


@pytest.mark.parametrize(
    ("ends", "outcome", "suspects"),
    [
        ((Mark.GOOD, Mark.GOOD), Outcome.NEVER, ()),
        ((Mark.BAD, Mark.BAD), Outcome.ALREADY, ()),
        ((Mark.BAD, Mark.GOOD), Outcome.REVERSED, ()),
        ((Mark.SKIP, Mark.BAD), Outcome.UNTESTABLE, (0,)),
        ((Mark.SKIP, Mark.SKIP), Outcome.UNTESTABLE, (0, 7)),
    ],
)
def test_ends_that_contradict_end_it(
    ends: tuple[Mark, Mark], outcome: Outcome, suspects: tuple[int, ...]
) -> None:
    """Both ends are probed first, and nothing between them is if they contradict."""
    search = Search(size=8).marked(0, ends[0]).marked(7, ends[1])

    assert not is_open(search)
    assert Conclusion(outcome=outcome, suspects=suspects) == next_step(search)


def test_counts_what_is_left() -> None:
    """Of the candidates between the last good and the first bad one."""
    search = Search(size=8).marked(0, Mark.GOOD).marked(7, Mark.BAD)

    assert is_open(search)
    assert not is_open(Search(size=8).marked(7, Mark.BAD))
    assert 7 == open_suspects(search)
    assert 4 == open_suspects(search.marked(3, Mark.GOOD))
    assert 3 == open_suspects(search.marked(3, Mark.BAD))
