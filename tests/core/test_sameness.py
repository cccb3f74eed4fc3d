"""Which failures of a smaller plugin count as the one to be kept."""

from __future__ import annotations

import pytest

from autofix.core.model import (
    Answer,
    Diagnosis,
    Ending,
    EndKind,
    FailureClass,
)
from autofix.core.sameness import Failure, alike, same_end
from autofix.core.state import Phase


def failed(name: str = "package-version-differs", **facts: str) -> Diagnosis:
    """Return a diagnosis with some facts."""
    return Diagnosis(
        name=name,
        failure_class=FailureClass.GO_DEPENDENCY,
        answer=Answer.PIN,
        words="",
        remedy="",
        quoted="",
        facts=facts,
    )


@pytest.mark.parametrize(
    "other",
    [
        failed(package="a/b", path="/one/b.so", line="3", file="main.go"),
        failed(package="a/b", path="/one/b.so", own_errors="7", exit_code="2"),
        failed(package="a/b", path="/two/b.so"),
    ],
)
def test_where_it_was_and_how_often_does_not_count(other: Diagnosis) -> None:
    """A smaller plugin has other lines, and fewer errors; it may lie elsewhere."""
    one = failed(package="a/b", line="70", file="x.go", path="/one/b.so")

    assert alike(one, other)


@pytest.mark.parametrize(
    "other",
    [
        failed(package="a/c"),
        failed(package="a/b", module="a"),
        failed("standard-library-differs", package="a/b"),
        failed(),
        None,
    ],
)
def test_another_package_or_another_kind_is_another_failure(
    other: Diagnosis | None,
) -> None:
    """Also one of the same module: the server's words would be others."""
    assert not alike(failed(package="a/b"), other)


def test_words_are_compared_without_the_folders_in_them() -> None:
    """The same error is another line in another folder."""
    one = 'plugin.Open("/tmp/1/x"): no inventory'

    assert alike(failed(reason=one), failed(reason=one.replace("/1/", "/2/")))
    assert not alike(failed(reason=one), failed(reason=one.replace("no", "an")))
    assert alike(None, None)


def test_ends_are_the_same_by_what_is_at_the_end_of_the_chain() -> None:
    """Who asks for it may be fewer."""
    kind = EndKind.UNSATISFIABLE
    one = Ending(kind=kind, words="", chain=("main", "a@v1", "b@v2"))

    assert same_end(one, Ending(kind=kind, words="x", chain=("main", "b@v2")))
    assert not same_end(one, Ending(kind=kind, words="", chain=("main", "b@v3")))
    assert not same_end(one, Ending(kind=EndKind.UNFIXABLE, words="", chain=one.chain))
    assert not same_end(one, None)
    clean = Ending(kind=EndKind.CLEAN, words="")
    assert not same_end(clean, clean)


def test_a_failure_is_called_by_its_diagnosis_or_its_end() -> None:
    """Not every end has a diagnosis."""
    ending = Ending(kind=EndKind.UNSATISFIABLE, words="")

    assert (
        "unsatisfiable" == Failure(phase=Phase.PIN, diagnosis=None, ending=ending).name
    )
    assert (
        "init-panics"
        == Failure(
            phase=Phase.START, diagnosis=failed("init-panics"), ending=ending
        ).name
    )
