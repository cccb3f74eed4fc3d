"""The ledger on the disk: nothing whole is lost, nothing is counted twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from autofix.core.fleetledger import Verdict, line
from autofix.errors import ProjectLockedError, RunUnreadableError
from autofix.fleet.ledger import NAME, Ledger, is_open, read_book
from tests.core.test_fleetledger import ended, opened


def test_on_the_disk_a_cut_line_is_taken_away_before_the_next(tmp_path: Path) -> None:
    """Wherever a kill or a power cut has left it."""
    kept = line(opened()).encode() + line(ended("a")).encode()
    cut = line(ended("b")).encode()
    for length in range(len(cut)):
        (tmp_path / NAME).write_bytes(kept + cut[:length])
        with Ledger(tmp_path) as ledger:
            assert ledger.add(ended("c"))

        assert ["a", "c"] == list(read_book(tmp_path).ended)


def test_a_second_result_is_not_written(tmp_path: Path) -> None:
    """The file stays as it is."""
    with Ledger(tmp_path) as ledger:
        assert ledger.add(ended("a"))
        before = (tmp_path / NAME).read_bytes()

        assert not ledger.add(ended("a", Verdict.BUG))
        assert before == (tmp_path / NAME).read_bytes()


def test_two_cannot_write_one_ledger(tmp_path: Path) -> None:
    """The second is refused; reading is free."""
    with Ledger(tmp_path) as ledger:
        ledger.add(ended("a"))
        with pytest.raises(ProjectLockedError):
            Ledger(tmp_path)

        assert is_open(tmp_path)
        assert ["a"] == list(read_book(tmp_path).ended)
    assert not is_open(tmp_path)


def test_a_ledger_damaged_in_the_middle_says_so(tmp_path: Path) -> None:
    """Nothing is guessed about what was done."""
    (tmp_path / NAME).write_bytes(b"???\n" + line(ended("a")).encode())
    with pytest.raises(RunUnreadableError, match="line 1"):
        Ledger(tmp_path)
