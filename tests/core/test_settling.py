"""What stays in go.mod: enough for the pins to hold, and nothing else."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from autofix.core.actions import Settle, Stop, Survey
from autofix.core.automaton import decide
from autofix.core.comments import EXCLUDE, REQUIRE, Managed
from autofix.core.gomod import GoMod, ModEdit, Requirement
from autofix.core.model import (
    EndKind,
    Evidence,
    EvidenceSource,
    ModuleVersion,
    OutputLine,
    Stream,
)
from autofix.core.observations import Demand, Selected, Settled, Started, Surveyed
from autofix.core.settling import own_excludes
from autofix.core.state import Phase, Policy, State, Strategy
from autofix.loop import run
from autofix.report.base import Reporter
from tests.core.simulated import (
    VERSIONS_OF,
    SimulatedWorld,
    Universe,
    named_first,
    node_of,
)
from tests.core.test_automaton import KeptEntries
from tests.core.test_decisions import COMMON, SERVER, gomod
from tests.core.worlds import seeded

SEEDS = st.integers(0, 2**32)
SOME = settings(max_examples=600, deadline=None)
STRATEGIES = (Strategy.ALL, Strategy.FIRST)


def with_tests(seed: int) -> Universe:
    """Make a world whose project's tests import modules that go.mod does not name."""
    universe = seeded(seed)
    dice = random.Random(seed)
    modules = {path for path, _ in universe.sources} - {*universe.project.requires}
    chosen = dice.sample(sorted(modules), min(len(modules), dice.randint(0, 2)))
    return replace(universe, tests=dict.fromkeys(chosen, VERSIONS_OF))


def played(world: SimulatedWorld, strategy: Strategy = Strategy.ALL) -> State:
    """Run the loop in a world; lines it wrote carry its comment afterwards."""
    ticks = itertools.count()
    state = run(
        world,
        policy=Policy(strategy=strategy, max_seconds=10_000),
        journal=KeptEntries(),
        reporter=Reporter(),
        clock=lambda: float(next(ticks)),
    )
    world.mark(state)
    return state


def is_clean(state: State) -> bool:
    """Tell whether a run ended clean."""
    return state.ending is not None and state.ending.kind is EndKind.CLEAN


def holds(world: SimulatedWorld, exclude: ModuleVersion) -> bool:
    """Tell whether, without an exclude, go.mod's or a linked version moves."""
    copy = world.copied()
    copy.excludes -= {node_of(exclude)}
    kept = {*world.requires, *world._linked()}
    served = world.universe.served()
    return any(world.selected[path] != copy.selected.get(path) for path in kept) or any(
        world.tidied().selected[path] != copy.tidied().selected.get(path)
        for path in kept & served.keys()
    )


@SOME
@given(SEEDS, st.sampled_from(STRATEGIES))
def test_no_exclude_can_be_left_out(seed: int, strategy: Strategy) -> None:
    """Without any one of them something shared moves, now or at the next tidy."""
    world = SimulatedWorld(with_tests(seed))
    state = played(world, strategy)
    if not is_clean(state) or not state.pins:
        return
    served = state.server.modules if state.server else {}
    if any(pin.version != served.get(pin.module) for pin in state.pins):
        return  # a library was moved to what fits, which has other excludes

    own = own_excludes(state)
    event(f"{min(len(own), 4)} excludes")
    assert [] == [each for each in own if not holds(world, each)]


@SOME
@given(SEEDS)
def test_pins_outlast_a_tidy(seed: int) -> None:
    """Whatever tests import, tidying leaves what server and plugin share."""
    universe = with_tests(seed)
    world = SimulatedWorld(universe)
    state = played(world)
    if not is_clean(state) or not state.pins:
        return

    tidied = world.tidied()
    event(f"tidy adds {len(tidied.requires) - len(world.requires)}")
    shared = {path: world.selected[path] for path in world.shared()}
    assert shared == {path: tidied.selected[path] for path in shared}


@SOME
@given(SEEDS, st.sampled_from(STRATEGIES))
def test_a_second_run_changes_nothing(seed: int, strategy: Strategy) -> None:
    """The same Nakama again: one build, the same go.mod, nothing pinned."""
    world = SimulatedWorld(with_tests(seed))
    first = played(world, strategy)
    before, marks = world.gomod(), dict(world.marks)
    if not is_clean(first):
        return

    world.builds = 0
    second = played(world, strategy)

    assert is_clean(second)
    assert (1, (), before, marks) == (
        second.round,
        second.pins,
        world.gomod(),
        world.marks,
    )


@SOME
@given(SEEDS)
def test_a_run_for_another_server_leaves_no_line_that_holds_nothing(seed: int) -> None:
    """There and back again: what is left of autofix's serves this server."""
    universe = with_tests(seed)
    other = replace(universe, server=seeded(seed + 1).server)
    world = SimulatedWorld(universe)
    if not is_clean(played(world)):
        return
    world.serve(other, "3.26.0")
    if not is_clean(played(world)):
        return
    world.serve(universe, "3.40.0")
    state = played(world)
    if not is_clean(state):
        return

    fresh = SimulatedWorld(universe)
    played(fresh)
    event(f"{len(world.excludes)} excludes, {len(fresh.excludes)} in a fresh run")
    assert named_first(universe, world.selected, world.replaces) is None
    own = own_excludes(state)
    assert [] == [each for each in own if not holds(world, each)]


OTHER = "go.uber.org/multierr"
TOO_HIGH = ModuleVersion(path=COMMON, version="v1.47.0")
OLD = ModuleVersion(path=OTHER, version="v1.6.0")


def started(*marks: Managed, mod: GoMod) -> State:
    """Be where the server has just accepted a plugin of go.mod ``mod``."""
    linked = {COMMON: Selected(version="v1.36.0", packages=())}
    state = State(
        policy=Policy(),
        phase=Phase.START,
        server=SERVER,
        original=mod,
        gomod=mod,
        linked=linked,
        marks=frozenset(marks),
    )
    return decide(state, _STARTED).state


_SILENT = Evidence(source=EvidenceSource.SERVER, lines=(), exit_code=None)
_STARTED = Started(modules=("p.so",), evidence=_SILENT)


def mark(module: ModuleVersion, note: str, verb: str = EXCLUDE) -> Managed:
    """Make a line of an earlier run."""
    return Managed(verb=verb, module=module, note=note)


def test_lines_of_this_very_server_are_not_looked_at() -> None:
    """A run that changed nothing ends with the clean start."""
    mod = replace(gomod("v1.36.0"), excludes=(TOO_HIGH,))

    assert Phase.CLEAN is started(mark(TOO_HIGH, "nakama 3.26.0"), mod=mod).phase
    assert Phase.CLEAN is started(mod=mod).phase


def test_what_holds_nothing_is_taken_out_and_said() -> None:
    """An exclude and an indirect require of an earlier run; the user's stay."""
    unlinked = Requirement(
        module=ModuleVersion(path=OTHER, version="v1.5.0"), indirect=True
    )
    mod = replace(gomod("v1.36.0"), excludes=(TOO_HIGH, OLD))
    mod = replace(mod, requires=(*mod.requires, unlinked))
    state = started(
        mark(TOO_HIGH, "nakama 3.40.0"),
        mark(unlinked.module, "nakama 3.40.0", REQUIRE),
        mod=mod,
    )
    asked = decide(state, Surveyed())

    assert ModEdit(drop_excludes=(TOO_HIGH,), drop_requires=(OTHER,)) == (
        asked.action.edit if isinstance(asked.action, Settle) else None
    )
    after = replace(gomod("v1.36.0"), excludes=(OLD,))
    ended = decide(asked.state, Settled(gomod=after, stands=True))
    assert isinstance(ended.action, Stop)
    finding = ended.state.findings[-1]
    assert "outgrown-pins-removed" == finding.name
    assert f"exclude {TOO_HIGH}, require {OTHER}@v1.5.0" in finding.text


def test_what_still_holds_stays() -> None:
    """Something else asks for the excluded version still."""
    mod = replace(gomod("v1.36.0"), excludes=(TOO_HIGH,))
    state = started(mark(TOO_HIGH, "nakama 3.25.0"), mod=mod)
    demand = Demand(module=TOO_HIGH, chain=("example.com/p", "example.com/d@v1.0.0"))

    assert Phase.CLEAN is decide(state, Surveyed(holding=(demand,))).state.phase
    assert Phase.CLEAN is decide(state, Surveyed(kept=(TOO_HIGH,))).state.phase


def test_nothing_is_taken_out_where_nothing_can_be_told() -> None:
    """A private module keeps the graph from being read."""
    mod = replace(gomod("v1.36.0"), excludes=(TOO_HIGH,))
    state = started(mark(TOO_HIGH, "nakama 3.25.0"), mod=mod)

    assert Phase.CLEAN is decide(state, Surveyed(refused=_SILENT)).state.phase


def test_an_edit_that_moves_something_is_given_up() -> None:
    """Its pieces are tried one by one, and each is left if it moves something."""
    mod = replace(gomod("v1.36.0"), excludes=(OLD,))
    state = started(mark(OLD, "nakama 3.25.0"), mod=mod)
    demand = Demand(module=TOO_HIGH, chain=("example.com/p", "go mod tidy"))
    first = decide(state, Surveyed(tidied=(demand,)))
    second = decide(first.state, Settled(gomod=mod, stands=False))
    third = decide(second.state, Settled(gomod=mod, stands=False))
    fourth = decide(third.state, Settled(gomod=mod, stands=False))

    edits = [
        each.action.edit
        for each in (first, second, third)
        if isinstance(each.action, Settle)
    ]
    assert [
        ModEdit(excludes=(TOO_HIGH,), drop_excludes=(OLD,)),
        ModEdit(excludes=(TOO_HIGH,)),
        ModEdit(drop_excludes=(OLD,)),
    ] == edits
    assert isinstance(fourth.action, Survey)
    assert () == fourth.action.without.drop_excludes
    ended = decide(fourth.state, Surveyed())
    assert isinstance(ended.action, Stop)
    assert mod == ended.state.gomod


ADDED = Requirement(
    module=ModuleVersion(path="example.com/flood", version="v1.0.0"), indirect=True
)
OF_THE_FLOOD = Surveyed(unneeded=("example.com/flood", OTHER, "example.com/d"))


def grown(go: str) -> State:
    """Return a clean start after which go.mod names more than it did with a go line."""
    before = replace(gomod("v1.36.0"), go=go)
    named = Requirement(
        module=ModuleVersion(path=OTHER, version="v1.0.0"), indirect=True
    )
    before = replace(before, requires=(*before.requires, named), excludes=(OLD,))
    state = started(mark(OLD, "nakama 3.25.0"), mod=before)
    now = replace(before, go="1.26.5", requires=(*before.requires, ADDED))
    linked = {"example.com/d": Selected(version="v1.0.0")}
    return replace(state, gomod=now, linked=linked)


def test_what_only_the_new_go_line_brought_in_is_taken_out() -> None:
    """In an edit of its own, all or nothing; it was nobody's line, so it is not told."""
    state = grown("1.16")
    assert state.gomod is not None
    without = replace(state.gomod, requires=state.gomod.requires[:-1])
    first = decide(state, OF_THE_FLOOD)
    second = decide(first.state, Settled(gomod=state.gomod, stands=True))
    ended = decide(second.state, Settled(gomod=without, stands=True))
    given_up = decide(second.state, Settled(gomod=state.gomod, stands=False))

    assert isinstance(second.action, Settle)
    assert ModEdit(drop_requires=("example.com/flood",)) == second.action.edit
    assert isinstance(ended.action, Stop)
    assert isinstance(given_up.action, Stop)
    assert without == ended.state.gomod
    assert [] == [each.text for each in ended.state.findings if "flood" in each.text]


def test_where_indirect_modules_were_named_before_all_stay() -> None:
    """Whatever tidy would take out is the project's own matter then."""
    edit = decide(grown("1.17"), OF_THE_FLOOD).action

    assert isinstance(edit, Settle)
    assert () == edit.edit.drop_requires


def test_a_tidy_that_fails_is_said() -> None:
    """Its first line that means something is quoted."""
    mod = replace(gomod("v1.36.0"), excludes=(TOO_HIGH,))
    state = started(mark(TOO_HIGH, "nakama 3.25.0"), mod=mod)
    ended = decide(state, Surveyed(kept=(TOO_HIGH,), untidy=_SILENT))

    assert ["tidy-fails"] == [each.name for each in ended.state.findings]


def test_what_tidy_fails_by_stands_below_a_chain_of_imports() -> None:
    """Not the chain is quoted but its end; the sentence ends before the next begins."""
    said = (
        "go: downloading golang.org/x/net v0.19.0",
        "go: example.com/game tested by",
        "\texample.com/game.test imports",
        "\texample.com/lib: example.com/lib@v0.12.3: 403 Forbidden",
        "\tserver response: This module version is not available.",
    )
    lines = tuple(OutputLine(stream=Stream.STDERR, text=text) for text in said)
    mod = replace(gomod("v1.36.0"), excludes=(TOO_HIGH,))
    state = started(mark(TOO_HIGH, "nakama 3.25.0"), mod=mod)
    failed = Evidence(source=EvidenceSource.GO, lines=lines, exit_code=1)
    (finding,) = decide(state, Surveyed(kept=(TOO_HIGH,), untidy=failed)).state.findings

    assert (
        "`go mod tidy` fails here: example.com/lib: example.com/lib@v0.12.3: "
        "403 Forbidden."
    ) == finding.text


def test_a_survey_asks_for_what_both_link() -> None:
    """And for linked modules whose excludes are autofix's own."""
    mod = replace(gomod("v1.36.0"), excludes=(TOO_HIGH,))
    state = started(mark(TOO_HIGH, "nakama 3.25.0"), mod=mod)
    action = decide(replace(state, phase=Phase.START), _STARTED).action

    assert (
        Survey(
            wanted={COMMON: "v1.36.0"},
            selected={COMMON: "v1.36.0"},
            without=ModEdit(drop_excludes=(TOO_HIGH,)),
            tidy=False,
        )
        == action
    )
