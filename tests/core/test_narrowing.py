"""Narrowing finds the highest versions that work together, in few questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from autofix.core.model import ModuleVersion
from autofix.core.narrowing import (
    Ladder,
    Narrowing,
    answered,
    begun,
    broken,
    most_questions,
    passed_over,
    proven,
    question,
)

Versions = Mapping[str, int]
Judge = Callable[[Versions], bool]


def ladder(part: str, rungs: int, tops: int = 0) -> Ladder:
    """Return a ladder of a part: versions 0 to rungs - 1."""
    versions = (ModuleVersion(path=part, version=str(each)) for each in range(rungs))
    return Ladder.of(tuple(versions), tops)


def most(sizes: Mapping[str, int], tops: int = 0) -> int:
    """Return how many questions are promised."""
    return most_questions(
        ladder(part, size, min(size, tops)) for part, size in sizes.items()
    )


def heights(versions: Mapping[str, ModuleVersion]) -> dict[str, int]:
    """Return versions as numbers."""
    return {part: int(each.version) for part, each in versions.items()}


def searched(
    sizes: Mapping[str, int],
    works: Judge,
    suspects: tuple[str, ...] = (),
    tops: int = 0,
) -> tuple[list[Versions], Narrowing]:
    """Search to the end; return what was asked, and the search."""
    search = begun(
        {part: ladder(part, size, min(size, tops)) for part, size in sizes.items()}
    )
    asked: list[Versions] = []
    while (now := question(search)) is not None:
        assert now
        asked.append(heights(now))
        good = works(asked[-1])
        search = answered(search, works=good, suspects=suspects)
        if good:
            assert asked[-1].items() <= heights(proven(search)).items()
    assert len(asked) == search.questions
    return asked, search


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[str, int], dict[str, int]]:
    """Draw parts with so many versions, and from which one on each of them fails."""
    sizes = draw(st.lists(st.integers(0, 20), max_size=5))
    parts = {f"m{number}": size for number, size in enumerate(sizes)}
    first = {part: draw(st.integers(0, size)) for part, size in parts.items()}
    return parts, first


@given(worlds(), st.integers(0, 3), st.data())
def test_each_part_goes_as_high_as_it_works(
    world: tuple[dict[str, int], dict[str, int]], tops: int, data: st.DataObject
) -> None:
    """With any suspects and majors, and in no more questions than are promised."""
    sizes, first = world
    drawn = st.sets(st.sampled_from(tuple(sizes))) if sizes else st.just(set[str]())
    suspects = tuple(sorted(data.draw(drawn)))

    def works(versions: Versions) -> bool:
        return all(each < first[part] for part, each in versions.items())

    asked, search = searched(sizes, works, suspects, tops)

    assert {part: height - 1 for part, height in first.items() if height} == heights(
        proven(search)
    )
    assert {
        part: height for part, height in first.items() if height < sizes[part]
    } == heights(broken(search))
    assert len(asked) <= most(sizes, tops)


@given(worlds(), st.randoms(use_true_random=False))
def test_what_it_ends_with_was_judged_together(
    world: tuple[dict[str, int], dict[str, int]], random: object
) -> None:
    """Also where no rule tells which versions work: parts clash, or builds are moody."""
    sizes, _ = world
    choose = getattr(random, "random")  # noqa: B009 (hypothesis gives no type)
    good: list[Versions] = [{}]

    def works(versions: Versions) -> bool:
        if choose() < 0.5:
            return False
        good.append(versions)
        return True

    asked, search = searched(sizes, works)

    assert heights(proven(search)) in good
    assert len(asked) <= most(sizes)


@given(worlds(), st.integers(0, 20))
def test_what_is_known_is_kept_when_it_is_cut_short(
    world: tuple[dict[str, int], dict[str, int]], most: int
) -> None:
    """However many questions were answered."""
    sizes, first = world
    search = begun({part: ladder(part, size) for part, size in sizes.items()})
    good: list[Versions] = [{}]
    for _ in range(most):
        asked = question(search)
        if asked is None:
            break
        works = all(each < first[part] for part, each in heights(asked).items())
        good += [heights(asked)] if works else []
        search = answered(search, works=works)

    assert heights(proven(search)) == good[-1]


def test_one_part_is_bisected() -> None:
    """Fifteen versions in four questions; the middle first."""
    asked, search = searched({"a": 15}, lambda versions: versions["a"] < 5)

    assert [7, 3, 5, 4] == [each["a"] for each in asked]
    assert ({"a": 4}, {"a": 5}) == (heights(proven(search)), heights(broken(search)))
    assert 4 == most({"a": 15})


def test_two_parts_take_little_more_than_one_after_the_other() -> None:
    """Seven versions each: three rounds, at worst of three questions instead of two."""
    asked, _ = searched({"a": 7, "b": 7}, lambda each: not each)

    assert 9 == len(asked) == most({"a": 7, "b": 7})


def test_majors_are_tried_one_after_the_other() -> None:
    """The highest first; below the last of them the bisection begins."""
    asked, search = searched({"a": 10}, lambda each: each["a"] < 2, tops=3)
    second, _ = searched({"a": 10}, lambda each: each["a"] == 8, tops=3)

    assert [9, 8, 7, 3, 1, 2] == [each["a"] for each in asked]
    assert {"a": 1} == heights(proven(search))
    assert [9, 8] == [each["a"] for each in second]


def test_parts_step_together() -> None:
    """Where all go the same way, several cost no more than one."""
    asked, _ = searched({"a": 15, "b": 15, "c": 15}, lambda _versions: True)

    assert 4 == len(asked)


def test_a_version_that_is_not_to_be_tried_is_passed_over() -> None:
    """The next one is asked about instead; a part without any is done."""
    search = begun({"a": ladder("a", 3), "b": ladder("b", 1)})
    search = passed_over(passed_over(search, "a"), "b")
    asked = question(search)

    assert asked is not None
    assert {"a": 2} == heights(asked)
    assert {"a": 2} == heights(proven(answered(search, works=True)))

    top = passed_over(begun({"a": ladder("a", 3, 1)}), "a")
    assert {"a": 1} == heights(question(top) or {})
