"""What is done beside something else."""

from __future__ import annotations

from threading import Event

import pytest

from autofix.ahead import Ahead
from autofix.errors import EngineLostError


def test_it_runs_beside_and_returns_its_result() -> None:
    """Nobody waits for it before its result is asked for."""
    going = Event()

    def wanted() -> str:
        going.wait()
        return "seen"

    ahead = Ahead(wanted, name="test")
    ahead.wait(0.0)
    going.set()

    assert ahead.result() == "seen"


def test_nothing_is_a_result_too() -> None:
    """None is what was found, not a lack of a result."""

    def nothing() -> None:
        return None

    assert Ahead(nothing, name="test").result() is None


def test_what_it_raised_is_raised_where_the_result_is_asked_for() -> None:
    """Waiting for it raises nothing; what went wrong is not lost."""

    def lost() -> None:
        raise EngineLostError("gone")

    ahead = Ahead(lost, name="test")
    ahead.wait()
    with pytest.raises(EngineLostError, match="gone"):
        ahead.result()
