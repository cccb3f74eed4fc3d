from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.versions import (
    bare_go,
    compare,
    compare_go,
    go_language,
    go_line,
    highest,
    in_order,
    is_version,
)

RISING = [
    "v0.0.0-20060102150405-abcdefabcdef",
    "v0.0.0-20160126235308-23def4e6c14b",
    "v0.0.0",
    "v0.0.1-0.20200107013213-dc14462fd587",
    "v0.0.1",
    "v0.9.9",
    "v0.10.0",
    "v1.0.0-alpha",
    "v1.0.0-alpha.1",
    "v1.0.0-alpha.2",
    "v1.0.0-alpha.10",
    "v1.0.0-alpha.beta",
    "v1.0.0-alpha1",
    "v1.0.0-beta",
    "v1.0.0-beta.2",
    "v1.0.0-beta.11",
    "v1.0.0-rc.1",
    "v1.0.0",
    "v1.0.1",
    "v1.1.0-0.20230101000000-000000000000",
    "v1.1.0",
    "v1.36.4",
    "v1.36.11",
    "v2.0.0+incompatible",
    "v3.2.1-0.20200107013213-dc14462fd587+incompatible",
    "v3.2.1+incompatible",
    "v10.0.0",
    "v99999999999999999999.0.0",
]

RISING_GO = [
    "1",
    "1.5",
    "1.15.6",
    "1.20rc1",
    "1.20",
    "1.20.14",
    "1.21",
    "1.21beta1",
    "1.21rc2",
    "1.21rc10",
    "1.21.0",
    "1.21.13",
    "1.26.1",
    "1.26.5",
    "1.100",
    "2",
]


def versions() -> st.SearchStrategy[str]:
    """Make module versions, close enough together to meet each other."""
    number = st.integers(0, 12).map(str)
    identifier = st.sampled_from(["0", "1", "10", "rc", "rc1", "a-b", "-", "Z"])
    dotted = st.lists(identifier, min_size=1, max_size=3).map(".".join)
    return st.builds(
        lambda numbers, prerelease, build: (
            "v"
            + ".".join(numbers)
            + (f"-{prerelease}" if prerelease and len(numbers) == 3 else "")
            + (f"+{build}" if build and len(numbers) == 3 else "")
        ),
        st.lists(number, min_size=1, max_size=3),
        st.none() | dotted,
        st.none() | st.just("incompatible"),
    )


@pytest.mark.parametrize(("lower", "higher"), list(itertools.combinations(RISING, 2)))
def test_module_versions_rise(lower: str, higher: str) -> None:
    """Versions compare as their specification and Go's pseudo-versions order them."""
    assert (-1, 1) == (compare(lower, higher), compare(higher, lower))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("v1", "v1.0.0"),
        ("v1.2", "v1.2.0"),
        ("v1.2.3+meta", "v1.2.3"),
        ("v2.0.0+incompatible", "v2.0.0"),
        ("", "nonsense"),
    ],
)
def test_shorthands_and_build_metadata_are_equal(one: str, other: str) -> None:
    """Short forms fill up with zeros, metadata does not count, nonsense is equal."""
    assert (0, 0) == (compare(one, other), compare(other, one))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v",
        "1.2.3",
        "v01.2.3",
        "v1.02.3",
        "v1-rc",
        "v1.2-rc",
        "v1.2.3-",
        "v1.2.3-01",
        "v1.2.3-a..b",
        "v1.2.3+",
        "v1.2.3 ",
        "v1.2.3\n",
        "v1.2.3.4",
        "v\uff11.2.3",
    ],
)
def test_no_version_is_below_every_version(text: str) -> None:
    """What Go does not accept as a version sorts below the lowest one."""
    assert not is_version(text)
    assert compare(text, RISING[0]) == -1


@given(st.lists(versions() | st.text(max_size=6), max_size=8))
def test_order_is_total(found: list[str]) -> None:
    """The order is reflexive, antisymmetric and transitive, whatever the text."""
    for one, other in itertools.product(found, repeat=2):
        assert compare(one, other) == -compare(other, one)
    for one, two, three in itertools.product(found, repeat=3):
        if compare(one, two) <= 0 and compare(two, three) <= 0:
            assert compare(one, three) <= 0


@given(st.permutations(RISING))
def test_sorting_restores_the_order(shuffled: list[str]) -> None:
    """Any shuffle of rising versions is brought back, and the last is the highest."""
    assert in_order(shuffled) == RISING
    assert highest(shuffled) == RISING[-1]


def test_highest_of_none_is_empty() -> None:
    """No versions have no highest one."""
    assert highest([]) == ""


def test_endless_number_compares() -> None:
    """A number longer than Python converts compares, as text of digits."""
    endless = "v" + "9" * 10_000 + ".0.0"

    assert compare("v1.0.0", endless) == -1


@pytest.mark.parametrize(
    ("lower", "higher"), list(itertools.combinations(RISING_GO, 2))
)
def test_go_releases_rise(lower: str, higher: str) -> None:
    """Go releases order by Go's own rules, with and without the prefix."""
    assert (-1, 1) == (compare_go(lower, higher), compare_go(f"go{higher}", lower))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.20", "1.20.0"),
        ("1", "1.0"),
        ("go1.26.5 X:jsonv2", "1.26.5"),
        ("go1.26.5-X:jsonv2", "1.26.5"),
        ("go1.20.4+auto", "1.20.4"),
        ("nonsense", ""),
    ],
)
def test_go_spellings_are_equal(one: str, other: str) -> None:
    """Prefixes, experiments and vendors' marks do not count."""
    assert compare_go(one, other) == 0


@given(
    st.lists(
        st.from_regex(r"\A1(\.[0-9]{1,2}(\.[0-9]|rc[1-9])?)?\Z") | st.text(max_size=5),
        max_size=6,
    )
)
def test_go_order_is_total(found: list[str]) -> None:
    """The order of Go releases is total, whatever the text."""
    for one, two, three in itertools.product(found, repeat=3):
        assert compare_go(one, two) == -compare_go(two, one)
        if compare_go(one, two) <= 0 and compare_go(two, three) <= 0:
            assert compare_go(one, three) <= 0


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("go1.26.5", "1.26.5"),
        ("1.21rc2", "1.21rc2"),
        ("go1.22.4 X:boringcrypto", "1.22.4"),
        ("go1.26.1-X:newinliner", "1.26.1"),
        ("devel go1.27-0f9cf3c Thu Jan 1", "1.27"),
    ],
)
def test_bare_go(text: str, bare: str) -> None:
    """A release is left without prefix, experiments and commit."""
    assert bare == bare_go(text)


@pytest.mark.parametrize(
    ("release", "line", "language"),
    [
        ("1.15.6", "1.15", "1.15"),
        ("1.20.14", "1.20", "1.20"),
        ("1.21.0", "1.21.0", "1.21"),
        ("go1.26.5", "1.26.5", "1.26"),
    ],
)
def test_go_line(release: str, line: str, language: str) -> None:
    """Only Go 1.21 and later accept a patch number in the go line."""
    assert (line, language) == (go_line(release), go_language(release))
