"""The search for a version that fits: what it takes, and how little it asks for."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.versions import compare
from autofix.core.versionsearch import (
    Ask,
    Fits,
    Needs,
    NoneFits,
    Search,
    eligible,
    heard,
    parse_needs,
    step,
)

LIMITS = {"google.golang.org/protobuf": "v1.34.1"}
GO = "1.23.5"
MOST_ASKED = 16
"""go.mod files read among 268 versions: the latest, the present one, then quarters."""


def needs(protobuf: str = "", go: str = "", *retracts: tuple[str, str]) -> Needs:
    """Make what a version asks for."""
    requires = {"google.golang.org/protobuf": protobuf} if protobuf else {}
    return Needs(go=go, requires=requires, retracts=retracts)


FITTING = needs("v1.34.1", "1.23.0")
TOO_NEW = needs("v1.36.11")
NEWER_GO = needs(go="1.24.0")


def found(
    known: Mapping[str, Needs | None],
    present: str,
    *,
    listed: tuple[str, ...] | None = None,
    excluded: frozenset[str] = frozenset(),
) -> tuple[Fits | NoneFits, list[str]]:
    """Answer a search's questions; return its answer and the go.mod files it asked for."""
    search = Search(
        module="example.com/api",
        present=present,
        quoted="said",
        broken=True,
        excluded=excluded,
    )
    asked: list[str] = []
    while isinstance(answer := step(search, LIMITS, GO), Ask):
        if not answer.versions:
            versions = tuple(known) if listed is None else listed
            search = Search(
                module=search.module,
                present=present,
                quoted=search.quoted,
                broken=True,
                excluded=excluded,
                versions=versions,
            )
            continue
        assert not set(asked) & set(answer.versions), "a question asked twice"
        asked += answer.versions
        search = heard(search, answer.versions, known)
    return answer, asked


@given(
    st.integers(1, 300),
    st.integers(0, 300),
    st.integers(0, 300),
    st.booleans(),
)
def test_the_highest_version_that_fits_is_found(
    count: int,
    fitting: int,
    present: int,
    among_all: bool,
) -> None:
    """Whatever the place of the border: below the present one, or above it if it fits."""
    fitting, present = fitting % (count + 1), present % count
    known: dict[str, Needs | None] = {
        f"v0.{at}.0": FITTING if at < fitting else TOO_NEW for at in range(count)
    }
    if among_all:
        known[f"v0.{present}.0"] = FITTING
    answer, _ = found(known, f"v0.{present}.0")

    fits = [at for at in range(count) if known[f"v0.{at}.0"] == FITTING]
    if present in fits:
        wanted = [at for at in fits if at > present]
    else:
        wanted = [at for at in fits if at < present] or fits
    assert (Fits(version=f"v0.{max(wanted)}.0") if wanted else NoneFits()) == answer


def test_few_files_are_read_among_many_versions() -> None:
    """A border anywhere among 268 versions is found with a handful of go.mod files."""
    for fitting in range(1, 268):
        known = {
            f"v0.{at}.0": FITTING if at < fitting else NEWER_GO for at in range(268)
        }
        answer, asked = found(known, "v0.267.0")

        assert Fits(version=f"v0.{fitting - 1}.0") == answer
        assert len(asked) <= MOST_ASKED


def test_a_version_that_fits_and_is_broken_is_left_upwards() -> None:
    """It is too old: older ones are not tried, newer ones are."""
    answer, asked = found(
        {"v0.1.0": FITTING, "v0.2.0": FITTING, "v0.3.0": FITTING, "v0.4.0": TOO_NEW},
        "v0.2.0",
    )

    assert Fits(version="v0.3.0") == answer
    assert "v0.1.0" not in asked


def test_without_an_older_version_that_fits_newer_ones_are_tried() -> None:
    """A later version may have dropped what asked for too much."""
    answer, _ = found(
        {"v0.1.0": TOO_NEW, "v0.2.0": TOO_NEW, "v0.3.0": FITTING}, "v0.2.0"
    )

    assert Fits(version="v0.3.0") == answer


def test_what_the_latest_version_retracts_is_avoided() -> None:
    """A range or a single version, read from the latest go.mod as Go does."""
    latest = Needs(
        requires=TOO_NEW.requires, retracts=(("v0.3.0", "v0.4.0"), ("v0.2.0", "v0.2.0"))
    )
    known = {f"v0.{at}.0": FITTING for at in range(1, 6)}
    answer, _ = found({**known, "v0.6.0": latest, "v0.5.0": TOO_NEW}, "v0.5.0")

    assert Fits(version="v0.1.0") == answer


@pytest.mark.parametrize(
    ("present", "wanted"),
    [
        ("v0.3.0", "v0.2.0"),
        ("v0.3.0-rc.1", "v0.3.0-beta"),
        ("v0.3.0-0.20240102030405-abcdefabcdef", "v0.2.0"),
    ],
)
def test_pre_releases_only_where_the_present_one_is_one(
    present: str, wanted: str
) -> None:
    """A commit without a tag is no pre-release."""
    known = {"v0.2.0": FITTING, "v0.3.0-beta": FITTING, "v0.4.0": TOO_NEW}
    answer, _ = found({**known, present: TOO_NEW}, present, listed=tuple(known))

    assert Fits(version=wanted) == answer


def test_only_pre_releases_are_better_than_nothing() -> None:
    """As Go takes them where there is no release."""
    search = Search(
        module="m",
        present="v0.1.0-0.20240102030405-abcdefabcdef",
        quoted="",
        broken=True,
        versions=("v0.1.0-beta.2", "v0.1.0-beta.1"),
    )

    assert ("v0.1.0-beta.1", "v0.1.0-beta.2") == eligible(search)


def test_versions_from_before_modules_are_left_out() -> None:
    """v3.0.0+incompatible has no go.mod, so that it would always seem to fit."""
    search = Search(
        module="m",
        present="v1.2.0",
        quoted="",
        broken=True,
        versions=("v1.1.0", "v1.2.0", "v3.0.0+incompatible"),
    )

    assert ("v1.1.0", "v1.2.0") == eligible(search)


def test_what_go_mod_excludes_is_not_taken() -> None:
    """The user said so, or an earlier step found it does not do."""
    known = {"v0.1.0": FITTING, "v0.2.0": FITTING, "v0.3.0": TOO_NEW}
    answer, _ = found(known, "v0.3.0", excluded=frozenset({"v0.2.0"}))

    assert Fits(version="v0.1.0") == answer


def test_a_go_mod_that_cannot_be_had_does_not_fit() -> None:
    """A version that was taken down is passed over."""
    answer, _ = found({"v0.1.0": FITTING, "v0.2.0": None, "v0.3.0": TOO_NEW}, "v0.3.0")

    assert Fits(version="v0.1.0") == answer


def test_a_version_of_another_name_does_not_fit() -> None:
    """Go refuses one whose go.mod declares another path than it is required by."""
    moved = Needs(module="api.example.com", go="1.23.0")
    answer, _ = found({"v0.1.0": FITTING, "v0.2.0": moved, "v0.3.0": TOO_NEW}, "v0.3.0")

    assert Fits(version="v0.1.0") == answer


def test_no_listed_version_is_an_end() -> None:
    """A module without tags has nothing to choose from."""
    present = "v0.0.0-20240102030405-abcdefabcdef"
    answer, asked = found({present: TOO_NEW}, present, listed=())

    assert (NoneFits(), [present]) == (answer, asked)


def test_a_dependencys_go_mod_is_read_as_go_reads_it() -> None:
    """Its replaces and excludes do not count, odd lines are passed over."""
    text = (
        "module example.com/api\n\ngo 1.24.0\ntoolchain go1.24.1\n\n"
        "require (\n\tgoogle.golang.org/protobuf v1.36.1 // indirect\n"
        "\texample.com/odd master\n)\nrequire example.com/one v1.0.0\n"
        "exclude example.com/one v1.1.0\nreplace example.com/one => ../one\n"
        "retract (\n\tv0.9.0 // broken\n\t[v0.1.0, v0.2.0]\n)\nnonsense ) (\n"
    )

    assert parse_needs(text) == Needs(
        module="example.com/api",
        go="1.24.0",
        requires={"google.golang.org/protobuf": "v1.36.1", "example.com/one": "v1.0.0"},
        retracts=(("v0.9.0", "v0.9.0"), ("v0.1.0", "v0.2.0")),
    )


@given(st.text(max_size=300))
def test_any_text_is_a_go_mod(text: str) -> None:
    """A hostile file gives some needs, never an exception."""
    read = parse_needs(text)

    assert all(compare(version, "") > 0 for version in read.requires.values())
