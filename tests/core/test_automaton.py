"""The automaton in simulated worlds: it ends, rightly, and replays."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from autofix.core.automaton import decide
from autofix.core.compare import Cause
from autofix.core.journal import (
    Entry,
    Header,
    JournalError,
    first_difference,
    line,
    read,
)
from autofix.core.model import EndKind, Pin
from autofix.core.state import TRANSITIONS, Event, Phase, Policy, State, Strategy
from autofix.loop import run
from autofix.report.base import Reporter
from tests.core.simulated import (
    SimulatedWorld,
    Source,
    Universe,
    compile_error,
    named_first,
    solutions,
)
from tests.core.worlds import seeded, universes

SEEDS = st.integers(0, 2**32)
MANY = settings(max_examples=4000, deadline=None)
SOME = settings(MANY, max_examples=400)
CLASSIC = Policy(strategy=Strategy.FIRST, max_seconds=10_000)
SHRINKING = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class KeptEntries:
    """A journal in memory."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def keep(self, entry: Entry, state: State) -> None:
        """Keep one entry."""
        assert state.phase is not Phase.DIAGNOSE
        self.entries.append(entry)


def play(
    universe: Universe, policy: Policy | None = None
) -> tuple[SimulatedWorld, State, list[Entry]]:
    """Run the real loop in a simulated world."""
    world, journal = SimulatedWorld(universe), KeptEntries()
    ticks = itertools.count()
    state = run(
        world,
        policy=policy or Policy(max_seconds=10_000),
        journal=journal,
        reporter=Reporter(),
        clock=lambda: float(next(ticks)),
    )
    return world, state, journal.entries


@SHRINKING
@given(universes())
def test_a_small_world_ends_rightly(universe: Universe) -> None:
    """As the next one, with worlds that shrink when one fails."""
    ends_clean_exactly_when_a_solution_exists(universe)


@MANY
@given(SEEDS)
def test_ends_clean_exactly_when_a_solution_exists(seed: int) -> None:
    """A clean end is a plugin the server accepts, and no solution is missed."""
    ends_clean_exactly_when_a_solution_exists(seeded(seed))


def ends_clean_exactly_when_a_solution_exists(universe: Universe) -> None:
    """Assert it for one world."""
    for policy in (None, CLASSIC):
        world, state, _ = play(universe, policy)
        _ends_rightly(universe, world, state)


def _ends_rightly(universe: Universe, world: SimulatedWorld, state: State) -> None:
    assert state.ending is not None
    event(f"{state.ending.kind} after {min(state.round, 5)} builds")
    found = list(solutions(universe))
    if state.ending.kind is EndKind.CLEAN:
        assert found or any(pin.fitted for pin in state.pins)
        assert named_first(universe, world.selected, world.replaces) is None
        assert compile_error(universe, world.selected, world.replaces) is None
    else:
        assert True not in found


@MANY
@given(SEEDS)
def test_both_strategies_end_with_the_same_versions(seed: int) -> None:
    """Predicting saves builds and changes nothing about the end."""
    universe = seeded(seed)
    first, slow, _ = play(universe, CLASSIC)
    world, fast, _ = play(universe)

    assert slow.ending is not None
    assert fast.ending is not None
    clean = slow.ending.kind is EndKind.CLEAN
    assert clean == (fast.ending.kind is EndKind.CLEAN)
    if clean:
        event(f"{fast.round} builds instead of {min(slow.round, 5)}")
        assert fast.round <= slow.round
        assert world.shared() == first.shared()


@SOME
@given(SEEDS)
def test_what_a_listing_hides_is_found_in_the_plugin_file(seed: int) -> None:
    """
    A clean end does not rest on the prediction: comparing or the server finds it.

    Only what must be pinned for the code to compile at all has to be listed for that.
    """
    universe = seeded(seed)
    _, open_eyed, _ = play(universe)
    served = sorted(universe.served())
    hidden = random.Random(seed).sample(served, min(1, len(served)))
    world = SimulatedWorld(universe, unlisted=frozenset(hidden))
    half_blind = run(
        world,
        policy=Policy(max_seconds=10_000),
        journal=KeptEntries(),
        reporter=Reporter(),
    )

    assert open_eyed.ending is not None
    assert half_blind.ending is not None
    if half_blind.ending.kind is EndKind.CLEAN:
        event(f"{open_eyed.ending.kind} in {half_blind.round} builds")
        assert named_first(universe, world.selected, world.replaces) is None
    sources = (universe.project, *universe.sources.values())
    compiles_anyhow = not any(each.needs or each.breaks or each.go for each in sources)
    unreplaced = not universe.replaces
    if open_eyed.ending.kind is EndKind.CLEAN and compiles_anyhow and unreplaced:
        event("must be found")
        assert EndKind.CLEAN is half_blind.ending.kind


@SOME
@given(SEEDS)
def test_one_build_has_what_was_predicted(seed: int) -> None:
    """After the plan stands, no module of the built plugin differs by its version."""
    _, state, _ = play(seeded(seed))

    for record in state.rounds:
        if record.compared is not None:
            causes = {group.cause for group in record.compared.groups}
            assert Cause.ROOT not in causes


@SOME
@given(SEEDS)
def test_every_pin_is_the_servers_version_and_was_demanded(seed: int) -> None:
    """Nothing is pinned but modules of the server, at its versions, for a reason."""
    universe = seeded(seed)
    _, state, _ = play(universe, CLASSIC)

    served = universe.served()
    for pin in state.pins:
        assert pin.quoted
        if pin.fitted:
            assert pin.module not in served
            continue
        assert f"v1.{served[pin.module]}.0" == pin.version


@SOME
@given(SEEDS)
def test_a_healthy_plugin_is_left_alone(seed: int) -> None:
    """
    What the server accepts untouched ends clean after one build, unchanged.

    Only what an earlier run excluded in vain is taken out.
    """
    universe = seeded(seed)
    untouched = SimulatedWorld(universe)
    before, selected = untouched.gomod(), untouched.selected
    _, state, _ = play(universe)

    compiles = compile_error(universe, selected, untouched.replaces) is None
    if compiles and named_first(universe, selected, untouched.replaces) is None:
        assert (EndKind.CLEAN, 1, before) == (
            state.ending.kind if state.ending else None,
            state.round,
            replace(state.gomod or before, excludes=before.excludes),
        )
        assert {*(state.gomod or before).excludes} <= {*before.excludes}


@SOME
@given(SEEDS)
def test_a_journal_replays_to_the_same_decisions(seed: int) -> None:
    """The journal's text alone gives every action again, also when cut short."""
    universe = seeded(seed)
    policy = CLASSIC if seed % 2 else Policy(max_seconds=10_000)
    _, _, entries = play(universe, policy)
    written = [line(Header(autofix="0", policy=policy)), *map(line, entries)]
    header, recorded = read([*written, '{"kind":"Ent'])

    assert tuple(entries) == recorded
    assert first_difference(header, recorded) is None


@SOME
@given(SEEDS)
def test_limits_hold(seed: int) -> None:
    """Rounds and seconds are bounded, and the end says which limit it was."""
    universe = seeded(seed)
    _, free, _ = play(universe, CLASSIC)
    _, rounds, _ = play(universe, replace(CLASSIC, max_rounds=1))
    _, seconds, _ = play(universe, Policy(max_seconds=3))

    assert free.ending is not None
    assert rounds.ending is not None
    assert seconds.ending is not None
    if free.round > 1:
        assert (EndKind.ROUND_LIMIT, 1) == (rounds.ending.kind, rounds.round)
    assert seconds.ending.kind in (EndKind.TIME_LIMIT, EndKind.CLEAN) or (
        seconds.at < 10
    )


def test_a_changed_decision_is_found_by_replay() -> None:
    """The first step that differs is named."""
    universe = _one_mismatch()
    policy = Policy(max_seconds=10_000)
    _, _, entries = play(universe, policy)
    header = Header(autofix="0", policy=policy)
    tampered = [
        replace(entry, action=entries[0].action) if step == 2 else entry
        for step, entry in enumerate(entries)
    ]

    difference = first_difference(header, tuple(tampered))

    assert difference is not None
    assert (3, entries[2].action) == (difference.step, difference.decided)


def test_the_table_is_closed() -> None:
    """Every phase but the two ends can be left, and each event is used."""
    left = {phase for phase, _ in TRANSITIONS}

    assert set(Phase) - {Phase.CLEAN, Phase.STOPPED} == left
    assert set(Event) == {seen for _, seen in TRANSITIONS}


def test_decide_does_not_change_the_state_it_is_given() -> None:
    """The state is a value: deciding twice gives the same decision."""
    _, _, entries = play(_one_mismatch())
    state = State(policy=Policy(max_seconds=10_000))
    for entry in entries:
        first, second = (decide(state, entry.observation) for _ in range(2))

        assert first == second

        state = first.state


def test_each_journal_line_is_one_line_of_json() -> None:
    """An entry with line breaks in its evidence is still one line."""
    _, _, entries = play(_one_mismatch())

    for entry in entries:
        assert 1 == line(entry).count("\n")
        assert "Entry" == json.loads(line(entry))["is"]


def test_only_a_pin_that_stands_is_told() -> None:
    """A pin that go.mod itself forbids is not reported as pinned."""
    told: list[Pin] = []

    class Listener(Reporter):
        def pinned(self, *, pin: Pin, before: str | None) -> None:
            del before
            told.append(pin)

    ends = []
    for excluded in ((), (("example.com/m0", 1),)):
        world = SimulatedWorld(_one_mismatch())
        world.excludes.update(excluded)
        state = run(world, policy=Policy(), journal=KeptEntries(), reporter=Listener())
        ends.append((state.ending.kind if state.ending else None, len(told)))

    assert [(EndKind.CLEAN, 1), (EndKind.UNSATISFIABLE, 1)] == ends


def test_a_journal_of_another_format_is_refused_as_such() -> None:
    """What else is in it may be anything; the reason says which format it has."""
    with pytest.raises(JournalError, match="format 2, not 1"):
        read(['{"is":"Header","format":2,"rules":{}}', '{"is":"Step"}'])


def test_a_journal_takes_a_path_that_is_no_utf8() -> None:
    """A folder named in Latin-1 is written as ASCII and read back as it was."""
    header = Header(autofix="0", policy=Policy(), project="/caf\udce9")

    assert line(header).isascii()
    assert (header, ()) == read([line(header)])


def _one_mismatch() -> Universe:
    module = "example.com/m0"
    return Universe(
        sources={(module, version): Source() for version in (1, 2)},
        project=Source(requires={module: 2}, imports=frozenset({module})),
        replaces={},
        server=Source(requires={module: 1}, imports=frozenset({module})),
        patched=frozenset(),
    )
