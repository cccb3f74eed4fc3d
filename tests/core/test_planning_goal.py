"""A plan is the beginning of a run: the same decisions, up to the build."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from autofix.core.actions import (
    Action,
    Build,
    Check,
    Compare,
    Start,
    Stop,
    Vendor,
)
from autofix.core.journal import Entry
from autofix.core.model import EndKind
from autofix.core.state import Goal, Policy, State, Strategy
from autofix.loop import run
from autofix.report.base import Reporter
from tests.core.simulated import SimulatedWorld, Universe
from tests.core.worlds import seeded

BUILDS = (Build, Compare, Check, Start)


class Entries:
    """A journal in memory."""

    def __init__(self) -> None:
        self.actions: list[Action] = []

    def keep(self, entry: Entry, state: State) -> None:  # noqa: ARG002
        """Keep the action."""
        self.actions.append(entry.action)


def decided(universe: Universe, goal: Goal) -> tuple[State, list[Action]]:
    """Run a world towards a goal and return its end and its actions."""
    journal = Entries()
    times = itertools.count()
    state = run(
        SimulatedWorld(universe),
        policy=Policy(strategy=Strategy.ALL, goal=goal, max_seconds=10_000),
        journal=journal,
        reporter=Reporter(),
        clock=lambda: float(next(times)),
    )
    return state, journal.actions


def before_building(actions: list[Action]) -> Iterator[Action]:
    """Yield the actions before the first build, or the end."""
    return itertools.takewhile(
        lambda action: not isinstance(action, Build | Vendor | Stop), actions
    )


@settings(max_examples=600, deadline=None)
@given(st.integers(0, 2**32))
def test_a_plan_is_a_run_up_to_its_build(seed: int) -> None:
    """What comes before a build is done exactly as a run does it, and nothing else."""
    universe = seeded(seed)
    planned, actions = decided(universe, Goal.PLAN)
    _, in_full = decided(universe, Goal.START)

    assert list(before_building(in_full)) == actions[:-1]
    assert not any(isinstance(action, BUILDS) for action in actions)
    assert planned.ending is not None
    assert EndKind.CLEAN is not planned.ending.kind
    assert 0 == planned.round
