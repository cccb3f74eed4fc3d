"""A night with a crew that pretends: what fails, dies or hangs stops nothing else."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autofix.core.fleetledger import Past, Verdict
from autofix.errors import DiskFullError, EngineUnavailableError, InterruptedRunError
from autofix.fleet.ledger import read_book
from autofix.fleet.parcel import Parcel
from tests.shell.simulated_crew import (
    Outcome,
    SchedulerLostError,
    SimulatedCrew,
    WorkersDiedError,
    delivery,
    fleet,
    work,
)


def speed_up(
    lengths: dict[str, float], folder: Path, past: Mapping[tuple[str, str], Past]
) -> float:
    """
    Return the share of the ideal that a night on 50 workers reaches.

    The time that the night itself takes, measured here, is added to the jobs'.
    """
    wished = fleet(len(lengths), "3.40.0")
    crew = SimulatedCrew(workers=50, seconds=lambda parcel: lengths[parcel.job])
    began = time.perf_counter()
    heard, _ = work(wished, crew, folder, past)
    own = time.perf_counter() - began

    assert lengths.keys() == heard.cells.keys()
    assert 50 == crew.most
    return sum(lengths.values()) / 50 / (crew.time + own)


def test_a_thousand_plugins_on_fifty_workers_reach_nine_tenths_of_the_ideal(
    tmp_path: Path,
) -> None:
    """In the first night, when nobody knows how long which takes: 10 s to 2 min."""
    dice = random.Random(1)
    lengths = {f"p{n}-3.40.0": dice.uniform(10.0, 120.0) for n in range(1000)}

    assert 0.9 <= speed_up(lengths, tmp_path, {})


def test_when_it_is_known_how_long_jobs_take_nothing_is_waited_for_at_the_end(
    tmp_path: Path,
) -> None:
    """Some take ten times as long as most; they are begun first."""
    dice = random.Random(1)
    lengths = {f"p{n}-3.40.0": dice.lognormvariate(3.8, 0.7) for n in range(1000)}
    past = {
        (job.removesuffix("-3.40.0"), "3.40.0"): Past(at="2026", seconds=seconds)
        for job, seconds in lengths.items()
    }

    assert 0.97 <= speed_up(lengths, tmp_path, past)


def test_one_that_kills_its_workers_is_set_aside_and_the_others_are_done(
    tmp_path: Path,
) -> None:
    """After so many tries, with the reason of the last."""

    def act(parcel: Parcel, _count: int) -> Outcome:
        return delivery(-9 if parcel.job.startswith("p1-") else 0)

    crew = SimulatedCrew(workers=2, act=act)
    heard, _ = work(fleet(4, "a", tries=3), crew, tmp_path)

    assert 3 == crew.begun["p1-a"]
    poison = heard.cells.pop("p1-a")
    assert (Verdict.SET_ASIDE, 3) == (poison.verdict, poison.tries)
    assert "ended from outside (-9)" in poison.headline
    assert {Verdict.CLEAN} == {cell.verdict for cell in heard.cells.values()}


def test_a_worker_that_dies_has_its_job_done_by_another(tmp_path: Path) -> None:
    """The result says that it took a second try."""

    def act(parcel: Parcel, count: int) -> Outcome:
        return delivery(137 - 256 if count == 1 and parcel.job == "p0-a" else 0)

    heard, _ = work(fleet(2, "a"), SimulatedCrew(workers=2, act=act), tmp_path)

    assert (Verdict.CLEAN, 2) == (
        heard.cells["p0-a"].verdict,
        heard.cells["p0-a"].tries,
    )


def test_a_lost_scheduler_is_no_jobs_fault(tmp_path: Path) -> None:
    """However often it goes away."""

    def act(_parcel: Parcel, count: int) -> Outcome:
        return SchedulerLostError() if count < 6 else delivery()

    heard, _ = work(fleet(3, "a", tries=1), SimulatedCrew(workers=2, act=act), tmp_path)

    assert {Verdict.CLEAN} == {cell.verdict for cell in heard.cells.values()}
    assert 15 == len(heard.losses)


def test_what_the_crew_has_given_up_is_not_begun_again(tmp_path: Path) -> None:
    """Dask has tried it on several workers already."""
    crew = SimulatedCrew(workers=1, act=lambda _parcel, _count: WorkersDiedError())
    heard, _ = work(fleet(2, "a"), crew, tmp_path)

    assert {"p0-a": 1, "p1-a": 1} == crew.begun
    assert {Verdict.SET_ASIDE} == {cell.verdict for cell in heard.cells.values()}


def test_an_environment_may_be_better_elsewhere(tmp_path: Path) -> None:
    """Exit code 3 is tried again, and told if it stays."""

    def act(parcel: Parcel, count: int) -> Outcome:
        return delivery(3 if parcel.job == "p0-a" or count == 1 else 0)

    heard, _ = work(fleet(2, "a"), SimulatedCrew(workers=1, act=act), tmp_path)

    assert Verdict.ENVIRONMENT is heard.cells["p0-a"].verdict
    assert 3 == heard.cells["p0-a"].tries
    assert Verdict.CLEAN is heard.cells["p1-a"].verdict


def test_a_worker_without_what_it_needs_counts_as_a_try(tmp_path: Path) -> None:
    """An AutofixError of the worker itself is its trouble, not a bug."""
    error = EngineUnavailableError("No engine answers.")
    crew = SimulatedCrew(workers=1, act=lambda _parcel, _count: error)
    heard, _ = work(fleet(1, "a", tries=2), crew, tmp_path)

    assert Verdict.SET_ASIDE is heard.cells["p0-a"].verdict
    assert "No engine answers." in heard.cells["p0-a"].headline


def test_a_bug_of_one_job_does_not_end_the_night(tmp_path: Path) -> None:
    """It is told in its cell."""

    def act(parcel: Parcel, _count: int) -> Outcome:
        return KeyError("x") if parcel.job == "p0-a" else delivery()

    heard, _ = work(fleet(2, "a"), SimulatedCrew(workers=1, act=act), tmp_path)

    assert Verdict.BUG is heard.cells["p0-a"].verdict
    assert Verdict.CLEAN is heard.cells["p1-a"].verdict


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (0, Verdict.CLEAN),
        (1, Verdict.NOT_CLEAN),
        (2, Verdict.REFUSED),
        (70, Verdict.BUG),
        (99, Verdict.BUG),
    ],
)
def test_the_exit_code_is_the_verdict(
    code: int, verdict: Verdict, tmp_path: Path
) -> None:
    """Once each: none of these is better at a second try."""
    crew = SimulatedCrew(workers=1, act=lambda _parcel, _count: delivery(code))
    heard, _ = work(fleet(1, "a"), crew, tmp_path)

    assert verdict is heard.cells["p0-a"].verdict
    assert {"p0-a": 1} == crew.begun


def test_a_job_beyond_its_time_is_ended_once(tmp_path: Path) -> None:
    """A worker that had to end it says so; it would take as long again."""
    crew = SimulatedCrew(
        workers=1, act=lambda _parcel, _count: delivery(143, overdue=True)
    )
    heard, _ = work(fleet(1, "a"), crew, tmp_path)

    assert Verdict.TOO_LONG is heard.cells["p0-a"].verdict


def test_a_job_that_never_comes_back_is_given_to_another_worker(
    tmp_path: Path,
) -> None:
    """A crew that forgets a job does not keep the night waiting for ever."""

    def seconds(parcel: Parcel) -> float:
        forgotten = parcel.job == "p0-a" and crew.begun[parcel.job] == 1
        return 1e9 if forgotten else 10.0

    crew = SimulatedCrew(workers=2, seconds=seconds)
    heard, _ = work(fleet(3, "a", job_seconds=60.0), crew, tmp_path)

    assert {Verdict.CLEAN} == {cell.verdict for cell in heard.cells.values()}
    assert [("p0-a", "It never came back.")] == heard.losses
    assert crew.time < 2000


def test_a_damaged_archive_is_its_workers_fault(tmp_path: Path) -> None:
    """Nothing of it is taken for a result."""

    def act(_parcel: Parcel, count: int) -> Outcome:
        return delivery(runs=b"\x1f\x8bnonsense" if count == 1 else b"")

    heard, _ = work(fleet(1, "a"), SimulatedCrew(workers=1, act=act), tmp_path)

    assert (Verdict.CLEAN, 2) == (
        heard.cells["p0-a"].verdict,
        heard.cells["p0-a"].tries,
    )


def test_the_night_is_over_in_time_and_goes_on_the_next(tmp_path: Path) -> None:
    """No job begins that could not be done; the rest is done by the same command."""
    wished = fleet(10, "a", night_seconds=1000.0, job_seconds=300.0)
    limits: list[float] = []
    crew = SimulatedCrew(workers=1, seconds=lambda _parcel: 290.0)
    crew.on_submit = lambda parcel: limits.append(parcel.seconds)
    first, _ = work(wished, crew, tmp_path)

    assert 4 == len(first.cells)
    assert [300.0, 300.0, 300.0, 130.0] == limits
    assert not read_book(tmp_path).whole

    second, _ = work(wished, crew, tmp_path)
    third, _ = work(wished, crew, tmp_path)

    assert 10 == len({**first.cells, **second.cells, **third.cells})
    assert {1} == set(crew.begun.values())
    assert read_book(tmp_path).whole


def test_a_long_silence_is_broken(tmp_path: Path) -> None:
    """A line a minute says that the night goes on."""
    crew = SimulatedCrew(workers=1, seconds=lambda _parcel: 600.0)
    heard, _ = work(fleet(1, "a"), crew, tmp_path)

    assert 9 <= heard.signs <= 10


def test_a_signal_gives_back_what_runs_without_blame(tmp_path: Path) -> None:
    """The same command does it later, and it has all its tries."""

    def interrupt(parcel: Parcel) -> None:
        if parcel.job == "p2-a":
            raise InterruptedRunError(signal.SIGINT)

    wished = fleet(5, "a", tries=1)
    crew = SimulatedCrew(workers=2, on_submit=interrupt)
    with pytest.raises(InterruptedRunError):
        work(wished, crew, tmp_path)

    heard, ledger = work(wished, SimulatedCrew(workers=2), tmp_path)

    assert 5 == len(ledger.book.ended)
    assert "p2-a" in heard.cells


def test_a_full_disk_ends_the_night_in_order(tmp_path: Path) -> None:
    """It comes out as what it is; what was done stays done."""

    def act(parcel: Parcel, _count: int) -> Outcome:
        if parcel.job == "p1-a":
            (tmp_path / "cells").chmod(0o500)
        return delivery()

    def full(parcel: Parcel) -> None:
        if parcel.job == "p2-a":
            raise DiskFullError("No room.")

    crew = SimulatedCrew(workers=1, act=act, on_submit=full)
    with pytest.raises(DiskFullError):
        work(fleet(3, "a"), crew, tmp_path)

    assert {"p0-a", "p1-a"} == set(read_book(tmp_path).ended)


class KilledError(BaseException):
    """Kill -9, as far as a test can have it: nothing is written after it."""


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(kills=st.lists(st.integers(1, 12), max_size=4), cut=st.integers(0, 10_000))
def test_killed_at_any_moment_nothing_done_is_lost_or_done_twice(
    kills: list[int], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """
    Sessions are killed at random submits and the ledger is cut at a random byte.

    A job is begun again only if its result was not on the disk.
    """
    folder = tmp_path_factory.mktemp("night")
    wished = fleet(6, "a", "b", tries=99)
    for after in kills:
        count = 0

        def die(_parcel: Parcel, after: int = after) -> None:
            nonlocal count
            count += 1
            if count == after:
                raise KilledError

        done = (
            set(read_book(folder).ended) if (folder / "ledger.jsonl").exists() else ()
        )
        crew = SimulatedCrew(workers=2, on_submit=die)
        try:
            work(wished, crew, folder)
        except KilledError:
            data = (folder / "ledger.jsonl").read_bytes()
            (folder / "ledger.jsonl").write_bytes(data[: len(data) - cut % 40])
        assert not crew.begun.keys() & set(done)

    done = set(read_book(folder).ended) if (folder / "ledger.jsonl").exists() else set()
    last = SimulatedCrew(workers=2)
    work(wished, last, folder)

    assert 12 == len(read_book(folder).ended)
    assert not last.begun.keys() & done
