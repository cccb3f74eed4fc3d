"""The night in small: its plan, and what it takes for a wrong end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autofix.core.model import FailureClass
from autofix.errors import DiskFullError, EngineLostError, InternalError
from scenarios.catalogue import load
from scenarios.nightfigures import SETTLED, Figures, growth
from scenarios.nightjudge import End, problems
from scenarios.nightplan import WITHIN, Fault, Hour, morning, plan

CLEAN = End(kind="clean", words="", exit_code=0)
HOUR = Hour(number=1, scenario="healthy", engine="docker", fault=Fault.RESTART)


def wrong(hour: Hour, end: End, *changed: str) -> list[str]:
    """Judge an end."""
    return list(problems(hour, load(hour.scenario), end, changed=changed))


def of_machine(failure: FailureClass, words: str) -> End:
    """Return the end of a run that a diagnosis stopped."""
    return End(
        kind="unfixable",
        words=words,
        exit_code=1,
        failure_class=failure,
        diagnosis="something",
    )


def test_a_seed_is_a_night() -> None:
    """The same seed gives the same hours, another one others."""
    assert list(plan(7, 50)) == list(plan(7, 50))
    assert list(plan(7, 50)) != list(plan(8, 50))


def test_a_night_has_all_that_can_fail() -> None:
    """Every trouble, on each engine that knows it, within the seconds of a run."""
    hours = list(plan(1, 200))
    wanted = {(engine, each) for engine, all_ in WITHIN.items() for each in all_}

    assert wanted == {(hour.engine, hour.fault) for hour in hours}
    assert {True, False} == {hour.graceful for hour in hours}
    assert all(0 <= hour.moment <= WITHIN[hour.engine][hour.fault] for hour in hours)


def test_a_night_ends_in_peace() -> None:
    """The last run on each engine has no excuse."""
    last = list(morning(200, ("docker", "local")))

    assert [201, 202] == [hour.number for hour in last]
    assert {Fault.NONE} == {hour.fault for hour in last}


@pytest.mark.parametrize("fault", Fault)
def test_the_scenario_s_own_end_is_always_right(fault: Fault) -> None:
    """Trouble may come too late to matter."""
    assert [] == wrong(replace(HOUR, fault=fault), CLEAN)


def test_pins_are_the_scenario_s_own() -> None:
    """A clean end with another pin is a wrong end."""
    hour = replace(HOUR, scenario="direct-too-old", fault=Fault.NONE)
    right = replace(CLEAN, pins={"go.uber.org/zap": "v1.28.0"})

    assert [] == wrong(hour, right, "go.mod")
    assert ["other pins than expected: {}"] == wrong(hour, CLEAN)


def test_a_lost_engine_is_the_end_of_its_restart_only() -> None:
    """It is the right word for a restart, and an excuse for nothing else."""
    lost = End.of_error(EngineLostError("The container engine stopped answering."))

    assert [] == wrong(HOUR, lost)
    assert wrong(replace(HOUR, fault=Fault.NONE), lost)
    assert wrong(replace(HOUR, fault=Fault.DISK), lost)


def test_a_full_disk_is_named() -> None:
    """Its error is right on a full disk; one that says less is not."""
    hour = replace(HOUR, fault=Fault.DISK)

    assert [] == wrong(hour, End.of_error(DiskFullError("no space left on the disk")))
    assert wrong(hour, of_machine(FailureClass.RESOURCES, "something went wrong"))


def test_a_bug_is_never_right() -> None:
    """Whatever failed, autofix itself must not."""
    bug = End.of_error(InternalError("The engine is full of disk and network."))
    for fault in Fault:
        assert wrong(replace(HOUR, fault=fault), bug)


def test_the_plugin_is_not_blamed() -> None:
    """A verdict on the plugin that only the trouble explains is wrong."""
    blame = of_machine(FailureClass.PLUGIN_INIT, "the network of the engine's disk")
    hour = replace(HOUR, scenario="init-error")

    assert wrong(HOUR, blame)
    assert wrong(hour, blame)
    assert [] == wrong(hour, replace(blame, diagnosis="init-module-error"))


def test_a_network_s_cut_is_named() -> None:
    """A module that cannot be fetched is the network's doing."""
    blamed = of_machine(FailureClass.MODULE_FETCH, "The proxy cannot be reached.")
    cut = replace(blamed, exit_code=3)

    assert [] == wrong(replace(HOUR, fault=Fault.NETWORK), cut)
    assert wrong(replace(HOUR, fault=Fault.NETWORK), blamed)
    assert wrong(HOUR, cut)


def test_a_change_needs_a_clean_end() -> None:
    """Whatever failed: the project is as it was."""
    lost = End.of_error(EngineLostError("The engine is gone."))

    assert ["changed without a clean end: go.mod"] == wrong(HOUR, lost, "go.mod")
    assert wrong(replace(HOUR, scenario="init-error"), CLEAN)


def test_growth_is_told_from_noise() -> None:
    """Memory that swings is fine; a leak of half a megabyte a loop is not."""
    swings = [Figures(megabytes=60 + n % 9, threads=1, files=9) for n in range(200)]
    leaks = [Figures(megabytes=60 + n / 2, threads=1, files=9) for n in range(200)]
    settles = [replace(each, megabytes=min(each.megabytes, 110)) for each in leaks]
    forks = [*swings, Figures(megabytes=60, threads=2, files=10)]

    assert [] == growth(swings)[1]
    assert ["memory grew"] == growth(leaks)[1]
    assert [] == growth(settles)[1]
    assert ["threads grew", "open files grew"] == growth(forks)[1]
    assert [] == growth(leaks[: SETTLED + 1])[1]
