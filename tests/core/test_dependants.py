"""Dependants in simulated worlds: moved on evidence, by one rule, and rightly."""

from __future__ import annotations

from hypothesis import event, given, settings
from hypothesis import strategies as st

from autofix.core.journal import Header, first_difference, line, read
from autofix.core.model import EndKind
from autofix.core.state import Policy, State, Strategy
from tests.core.dependants import DEPENDANTS, fits, fitting_solutions, world
from tests.core.simulated import (
    SimulatedWorld,
    Universe,
    compile_error,
    named_first,
    number,
)
from tests.core.test_automaton import play

SEEDS = st.integers(0, 2**32)
SOME = settings(max_examples=250, deadline=None)
STRATEGIES = st.sampled_from(Strategy)
ENDS = 300
"""Chained worlds that are counted."""


def played(universe: Universe, strategy: Strategy) -> tuple[SimulatedWorld, State]:
    """Run the real loop in a world."""
    policy = Policy(strategy=strategy, max_seconds=10_000)
    ended, state, _ = play(universe, policy)
    return ended, state


def assert_accepted(ended: SimulatedWorld) -> None:
    """Assert that the go command, the compiler and the server are content."""
    universe = ended.universe

    assert ended.too_new is None
    assert compile_error(universe, ended.selected, ended.replaces) is None
    assert named_first(universe, ended.selected, ended.replaces) is None


@SOME
@given(SEEDS, STRATEGIES)
def test_ends_clean_exactly_when_versions_that_fit_solve_it(
    seed: int, strategy: Strategy
) -> None:
    """Brute force over all versions that fit finds a solution where autofix does."""
    universe = world(seed, chained=False)
    ended, state = played(universe, strategy)

    assert state.ending is not None
    clean = state.ending.kind is EndKind.CLEAN
    event(f"{state.ending.kind}, {sum(pin.fitted for pin in state.pins)} moved")
    assert any(True for _ in fitting_solutions(universe)) == clean
    if clean:
        assert_accepted(ended)


def test_dependants_of_dependants_are_solved_nearly_always() -> None:
    """
    A clean end is accepted, and where moving one moves another nearly all are found.

    The rule takes the highest version that fits; that may ask for so much of another
    dependant that a lower one would have been the way out.
    """
    solved = missed = 0
    for seed in range(ENDS):
        universe = world(seed, chained=True)
        ended, state = played(universe, Strategy.ALL)
        assert state.ending is not None
        if state.ending.kind is EndKind.CLEAN:
            assert_accepted(ended)
            solved += 1
        elif any(True for _ in fitting_solutions(universe)):
            missed += 1

    assert solved > ENDS // 4
    assert missed <= solved // 50


@SOME
@given(SEEDS, st.booleans())
def test_both_strategies_move_the_same_dependants(seed: int, chained: bool) -> None:
    """What is predicted and what the server names lead to the same versions."""
    universe = world(seed, chained=chained)
    first, slow = played(universe, Strategy.FIRST)
    everything, fast = played(universe, Strategy.ALL)

    assert slow.ending is not None
    assert fast.ending is not None
    assert slow.ending.kind == fast.ending.kind
    if slow.ending.kind is EndKind.CLEAN:
        assert first.selected == everything.selected
        assert fast.round <= slow.round


@SOME
@given(SEEDS, STRATEGIES)
def test_only_what_does_not_fit_is_moved(seed: int, strategy: Strategy) -> None:
    """Each move has a line that asked for it, and leads to a version that fits."""
    universe = world(seed, chained=False)
    _, state = played(universe, strategy)
    served = universe.served()

    for pin in state.pins:
        if not pin.fitted:
            continue
        node = (pin.module, number(pin.version))
        assert pin.module in DEPENDANTS
        assert pin.module in pin.quoted
        assert fits(universe.sources[node], served)


@SOME
@given(SEEDS)
def test_a_run_that_consults_replays(seed: int) -> None:
    """What was looked up is in the journal; its text alone gives every action again."""
    policy = Policy(max_seconds=10_000)
    _, _, entries = play(world(seed, chained=True), policy)
    written = [line(Header(autofix="0", policy=policy)), *map(line, entries)]
    header, recorded = read(written)

    assert tuple(entries) == recorded
    assert first_difference(header, recorded) is None
