"""What the records of a fleet add up to, wherever they were cut off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.fleetledger import (
    Begun,
    Book,
    Cell,
    Closed,
    Ended,
    LedgerError,
    Lost,
    Opened,
    Record,
    Verdict,
    book_of,
    line,
    past_of,
    records,
)

AT = "2026-11-22T23:00:00+00:00"


def opened() -> Opened:
    """Return the record of a session."""
    return Opened(at=AT, autofix="1", jobs=4)


def ended(job: str, verdict: Verdict = Verdict.CLEAN, at: str = AT) -> Ended:
    """Return the record of a result."""
    cell = Cell(verdict=verdict, headline="§ 1", branches=("a", "b"), seconds=3.0)
    return Ended(job=job, plugin=f"p{job}", server="3.40.0", at=at, cell=cell)


names = st.sampled_from("abcd")
anything = st.one_of(
    st.builds(opened),
    st.builds(lambda job: Begun(job=job, at=AT), names),
    st.builds(
        lambda job, blamed: Lost(job=job, at=AT, why="why\n", blamed=blamed),
        names,
        st.booleans(),
    ),
    st.builds(ended, names, st.sampled_from(Verdict)),
    st.builds(lambda whole: Closed(at=AT, whole=whole), st.booleans()),
)


@given(st.lists(anything, max_size=12), st.integers(min_value=0))
def test_a_ledger_cut_at_any_byte_has_every_whole_record(
    found: list[Record], cut: int
) -> None:
    """And nothing of the one that was cut."""
    lines = [line(each).encode() for each in found]
    data = b"".join(lines)
    cut %= len(data) + 1
    whole = [
        each
        for number, each in enumerate(found, start=1)
        if sum(map(len, lines[:number])) <= cut
    ]

    assert whole == list(records(data[:cut]))


@given(st.lists(anything, max_size=30))
def test_a_job_counts_once(found: list[Record]) -> None:
    """Its first result stays, whatever comes later; it is not open after that."""
    book = Book()
    first: dict[str, Ended] = {}
    for record in found:
        counted = book.add(record)
        if isinstance(record, Ended):
            assert counted == (record.job not in first)
            first.setdefault(record.job, record)

    assert first == book.ended


def test_a_worker_that_died_counts_as_a_try_and_a_lost_scheduler_does_not() -> None:
    """So does a session that died itself: whatever ran may have been the reason."""
    book = book_of(
        [
            opened(),
            Begun(job="a", at=AT),
            Lost(job="a", at=AT, why="killed", blamed=True),
            Begun(job="a", at=AT),
            Lost(job="a", at=AT, why="scheduler", blamed=False),
            Begun(job="a", at=AT),
            opened(),
        ]
    )

    assert {"a": 2} == book.tries
    assert set() == book.open
    assert "scheduler" == book.whys["a"]


def test_a_session_that_is_taken_up_again_is_not_whole() -> None:
    """Only the last word on it counts."""
    assert book_of([opened(), Closed(at=AT, whole=True)]).whole
    assert not book_of([opened(), Closed(at=AT, whole=True), opened()]).whole


def test_the_newest_result_says_how_long_a_cell_takes() -> None:
    """Over all nights that are remembered."""
    old = book_of([ended("a", at="2026-11-20T00:00:00")])
    new = book_of([ended("a", at="2026-11-21T00:00:00")])

    assert "2026-11-21T00:00:00" == past_of([new, old])[("pa", "3.40.0")].at


@pytest.mark.parametrize(
    "text",
    [
        "{}\n",
        "nonsense\n",
        '{"is":"Opened","at":"","autofix":"","jobs":1,"format":9}\n',
    ],
)
def test_what_is_no_ledger_of_ours_is_refused(text: str) -> None:
    """With the line at fault."""
    with pytest.raises(LedgerError):
        list(records(text.encode()))
