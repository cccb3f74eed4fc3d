"""Splitting finds what fails, in few questions, whatever the answers are."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from autofix.core.splitting import Splitting, answered, most_questions, question

Judge = Callable[[frozenset[str]], bool]


def searched(
    parts: tuple[str, ...], works: Judge, suspects: tuple[str, ...] = ()
) -> tuple[Splitting, list[frozenset[str]]]:
    """Search to the end; return the search and what was asked."""
    search, asked = Splitting(rest=parts), []
    while (now := question(search)) is not None:
        assert len(set(now)) == len(now)
        asked.append(frozenset(now))
        search = answered(search, works=works(asked[-1]), suspects=suspects)
    return search, asked


@st.composite
def independent(draw: st.DrawFn) -> tuple[tuple[str, ...], frozenset[str]]:
    """Draw parts and those that fail whatever they are together with."""
    parts = tuple(f"m{number}" for number in range(draw(st.integers(0, 60))))
    failing = draw(st.sets(st.sampled_from(parts), max_size=5)) if parts else set()
    return parts, frozenset(failing)


@given(independent(), st.data())
def test_all_that_fail_are_found(
    world: tuple[tuple[str, ...], frozenset[str]], data: st.DataObject
) -> None:
    """Also where the suspects are wrong; never more questions than are promised."""
    parts, failing = world
    drawn = st.sets(st.sampled_from(parts)) if parts else st.just(set[str]())
    suspects = tuple(sorted(data.draw(drawn)))
    search, asked = searched(parts, failing.isdisjoint, suspects)

    assert failing == set(search.dropped)
    assert set(parts) - failing == set(search.taken)
    assert len(asked) == len(set(asked)) == search.questions
    assert len(asked) <= most_questions(len(parts), len(failing))


@given(independent())
def test_right_suspects_save_the_bisection(
    world: tuple[tuple[str, ...], frozenset[str]],
) -> None:
    """All, all without them, and what a search among themselves takes."""
    parts, failing = world
    suspects = tuple(sorted(failing))
    _, asked = searched(parts, failing.isdisjoint, suspects)
    among = most_questions(len(failing), len(failing))

    assert len(asked) <= 2 + among


@given(
    st.integers(1, 30),
    st.lists(st.sets(st.integers(0, 29), min_size=1, max_size=3), max_size=4),
)
def test_what_is_taken_works_together(size: int, clashes: list[set[int]]) -> None:
    """Where parts fail only together one of them goes, and no dropped one could stay."""
    parts = tuple(f"m{number}" for number in range(size))
    failing = [frozenset(f"m{number}" for number in each) for each in clashes]

    def works(chosen: frozenset[str]) -> bool:
        return not any(each <= chosen for each in failing)

    search, _ = searched(parts, works)
    taken = frozenset(search.taken)

    assert set(parts) == taken | set(search.dropped)
    assert works(taken)
    assert [] == [each for each in search.dropped if works(taken | {each})]


@given(st.integers(0, 20), st.randoms(use_true_random=False))
def test_it_ends_with_any_answers(size: int, random: object) -> None:
    """Also where a set works once and fails another time, as builds may."""
    parts = tuple(f"m{number}" for number in range(size))
    choose = getattr(random, "random")  # noqa: B009 (hypothesis gives no type)
    search, _ = searched(parts, lambda _chosen: choose() < 0.5)

    assert set(parts) == {*search.taken, *search.dropped}


def test_two_of_twelve_take_fewer_builds_than_one_at_a_time() -> None:
    """One suspected, one not."""
    parts = tuple(f"m{number:02}" for number in range(12))
    _, blind = searched(parts, frozenset({"m03", "m09"}).isdisjoint)
    _, warned = searched(parts, frozenset({"m03", "m09"}).isdisjoint, ("m03", "m09"))

    assert (9, 4) == (len(blind), len(warned))
