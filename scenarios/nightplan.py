"""What happens in a night: which scenario, where, and what fails when; from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

SCENARIOS = (
    "healthy",
    "direct-too-old",
    "init-error",
    "transitive-too-new",
    "two-plugins",
)


class Fault(StrEnum):
    """What fails in an hour."""

    NONE = "none"
    DISK = "disk"
    """The disk of the runs is full."""
    ENGINE_DISK = "engine-disk"
    """The engine's disk is full."""
    NETWORK = "network"
    """The module proxy breaks every connection."""
    RESTART = "restart"
    """The engine, or every program of a run without one, is ended."""
    HANG = "hang"
    """The engine takes calls and answers none."""


OF_THE_ENGINE = frozenset({Fault.ENGINE_DISK, Fault.RESTART, Fault.HANG})
"""After these an engine may keep containers, for the next run to remove."""
LONG = 600.0
"""Seconds of trouble that no run sees the end of."""
BLINK = (0.0, 0.3)
"""Seconds of trouble that is over before anybody looks."""
SHORT = (0.5, 4.0)
WITHIN = {
    "local": {Fault.NONE: 0.0, Fault.DISK: 8.0, Fault.NETWORK: 2.5, Fault.RESTART: 8.0},
    "docker": {
        Fault.NONE: 0.0,
        Fault.DISK: 4.5,
        Fault.ENGINE_DISK: 4.5,
        Fault.NETWORK: 1.5,
        Fault.RESTART: 4.5,
        Fault.HANG: 4.5,
    },
}
"""Seconds in which it begins: as long as runs take; modules are fetched at first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """
    One loop: a scenario on an engine, and what fails under it.

    The fault begins ``moment`` seconds after the run and lasts for ``seconds``, or
    until the run has ended. ``graceful`` is how a restarted engine goes.
    """

    number: int
    scenario: str
    engine: str
    fault: Fault = Fault.NONE
    moment: float = 0.0
    seconds: float = 0.0
    graceful: bool = True


def plan(
    seed: int,
    loops: int,
    *,
    engines: Sequence[str] = ("docker", "local"),
    faults: Sequence[Fault] = tuple(Fault),
) -> Iterator[Hour]:
    """Yield the hours of a night; the same seed gives the same ones."""
    dice = random.Random(seed)  # noqa: S311 (it guards no secret)
    for number in range(1, loops + 1):
        engine = dice.choice(engines)
        fault = dice.choice([each for each in faults if each in WITHIN[engine]])
        yield Hour(
            number=number,
            scenario=dice.choice(SCENARIOS),
            engine=engine,
            fault=fault,
            moment=dice.uniform(0.0, WITHIN[engine][fault]),
            seconds=dice.choice((dice.uniform(*BLINK), dice.uniform(*SHORT), LONG)),
            graceful=dice.random() < 0.5,  # noqa: PLR2004 (a coin)
        )


def morning(loops: int, engines: Sequence[str]) -> Iterator[Hour]:
    """Yield what closes a night: nothing fails, and nothing may be left behind it."""
    for number, engine in enumerate(engines, loops + 1):
        yield Hour(number=number, scenario=SCENARIOS[0], engine=engine)
