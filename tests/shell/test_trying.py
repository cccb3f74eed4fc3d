"""Sets of newer versions are tried until it is known which start together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from autofix.attempting import Attempt
from autofix.config import Config
from autofix.core import narrowing
from autofix.core.compile_errors import CompileError
from autofix.core.gomod import GoMod
from autofix.core.model import (
    Answer,
    Diagnosis,
    Ending,
    EndKind,
    FailureClass,
    ModuleVersion,
)
from autofix.core.splitting import most_questions
from autofix.core.state import Policy, RoundRecord, State
from autofix.delivery import Delivery
from autofix.errors import AutofixError, InterruptedRunError
from autofix.project import Project, find_project
from autofix.reducing.oracle import Edits
from autofix.result import DependencyResult, RoundResult, RunResult
from autofix.upgrading.choosing import Candidate
from autofix.upgrading.lowering import Lowering, Verdict
from autofix.upgrading.projectmoves import ProjectMoves
from autofix.upgrading.raisedelivery import RaiseDelivery
from autofix.upgrading.trying import CUT as LEFT
from autofix.upgrading.trying import NO_TIME, Trial

NAMES = tuple("abcdefghijkl")
STEPS = tuple(Candidate(module=each, before="v1.0.0", after="v1.1.0") for each in NAMES)
CLEAN, BROKEN = EndKind.CLEAN, EndKind.UNFIXABLE


CUT = Diagnosis(
    name="network-unreachable",
    failure_class=FailureClass.MODULE_FETCH,
    answer=Answer.STOP,
    words="No module can be fetched.",
    remedy="Look at the network.",
    quoted="dial tcp: connection refused",
)


def name_of(step: Candidate) -> str:
    """Return a step's name: its path, with the number of a lower version."""
    return step.required.path + step.after.removeprefix("v1.1.0").removeprefix("v1.0.")


def ended(names: Sequence[str], bad: Sequence[str], *, starts: bool) -> Ending:
    """Return how a set ends: with the first bad one's name, or clean; a1 is an old a."""
    found = [each for each in names if each in bad]
    kind = BROKEN if found or not starts else CLEAN
    return Ending(kind=kind, words=f"{found[0]} breaks." if found else "Said so.")


@dataclass(slots=True, kw_only=True)
class World:
    """
    A shop, and runs in it; ``starts`` tells whether the plugin does as it is.

    ``bad`` are steps that break: ``a`` is the newest version of a module, ``a3`` a lower
    one; ``never`` are those that would never be chosen.
    """

    bad: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    uncompiled: tuple[str, ...] = ()
    """Steps with which the project's code does not compile, which needs no build."""
    starts: bool = True
    error: AutofixError | None = None
    asked: list[str] = field(default_factory=list)
    runs: list[tuple[str, ...]] = field(default_factory=list)
    time: float = 0.0
    cut_after: int | None = None
    """The network is cut once so many sets were asked about, runs counted."""

    def _ended(self, names: Sequence[str]) -> Ending:
        asked = len(self.runs) + len(self.asked)
        if self.cut_after is not None and asked > self.cut_after:
            return Ending(kind=BROKEN, words="It stopped.", diagnosis=CUT)
        return ended(names, self.bad, starts=self.starts)

    def edited(self, steps: Sequence[Candidate], /) -> Edits:
        """Return a go.mod that says what is in it."""
        names = " ".join(map(name_of, steps))
        gomod = GoMod(module="example.com/p", go="1.26", toolchain="")
        return Edits(files={"go.mod": names.encode()}, gomod=gomod)

    def judged(self, steps: Sequence[Candidate], /) -> State:
        """Judge, in a minute."""
        refused = self.refused(steps)
        if refused is not None:
            return refused
        self.time += 60
        names = [name_of(each) for each in steps]
        self.asked.append("".join(names))
        return State(
            policy=Policy(),
            ending=self._ended(names),
            rounds=(RoundRecord(number=1, began=0.0),),
        )

    def refused(self, steps: Sequence[Candidate], /) -> State | None:
        """Tell of the first step that does not compile."""
        found = [each for each in map(name_of, steps) if each in self.uncompiled]
        if not found:
            return None
        error = CompileError(file="main.go", line=3, text=f"{found[0]}.X", quoted="")
        ending = Ending(kind=BROKEN, words="No.")
        return State(policy=Policy(), errors=(error,), ending=ending)

    def lower(self, step: Candidate, at: ModuleVersion, /) -> Candidate | None:
        """Return a step at a lower version."""
        path = at.path if at.path != step.module else ""
        found = replace(step, path=path, after=at.version, days=int(at.version[-1]))
        return None if name_of(found) in self.never else found

    def perform(self, _config: Config, project: Project, delivery: Delivery) -> Attempt:
        """Run once."""
        assert isinstance(delivery, RaiseDelivery)
        edited = delivery.edits.get(project.module_folder / "go.mod", b"").decode()
        self.runs.append(tuple(edited.split()))
        ending = self._ended(self.runs[-1])
        if self.error is None and ending.kind is not CLEAN:
            delivery.last = State(policy=Policy(), ending=ending)
        result = RunResult(
            run_id="1",
            run_folder="/runs/1",
            project="/project",
            ending=ending,
            error=str(self.error or ""),
            error_code="",
            exit_code=0 if ending.kind is CLEAN else 1,
            server=None,
            builder=None,
            rounds=(
                RoundResult(
                    number=1, diagnosis=None, build_seconds=1.0, server_seconds=1.0
                ),
            ),
        )
        return Attempt(result=delivery.conclude(result), error=self.error)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Write a plugin."""
    (tmp_path / "go.mod").write_text("module example.com/p\n\ngo 1.26\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc InitModule() {}\n")
    return find_project(tmp_path)


def tried(
    world: World,
    project: Project,
    minutes: float = 600,
    steps: tuple[Candidate, ...] = STEPS,
) -> DependencyResult:
    """Try them all; return what is told."""
    base = RaiseDelivery(
        project=project,
        moves=ProjectMoves(before="", after="", places=(), edits={}, findings=()),
        aim="",
        rows=tuple(each.row for each in steps),
    )
    trial = Trial(
        shop=world,
        base=base,
        config=Config(max_time=minutes * 60),
        perform=world.perform,
        note=lambda _text: None,
        clock=lambda: world.time,
    )
    upgrade = trial.of(steps).result.upgrade
    assert upgrade is not None
    assert upgrade.dependencies is not None
    return upgrade.dependencies


def test_all_that_start_together_are_one_run(project: Project) -> None:
    """Nothing is tried twice."""
    world = World()
    told = tried(world, project)

    assert ([NAMES], []) == (world.runs, world.asked)
    assert (12, 1) == (len(told.raised), told.builds)


def test_two_of_twelve_are_set_aside_with_their_reasons(project: Project) -> None:
    """The others are run at last; every build is counted."""
    world = World(bad=("c", "k"))
    told = tried(world, project)

    assert tuple(each for each in NAMES if each not in "ck") == world.runs[-1]
    assert {"c": "c breaks.", "k": "k breaks."} == {
        each.module: each.why for each in told.modules if each.before == each.after
    }
    assert len(world.runs) + len(world.asked) == told.builds
    assert told.builds <= most_questions(12, 2) + 1


def test_a_plugin_that_never_starts_is_not_split_to_the_end(project: Project) -> None:
    """As soon as one version alone fails, it is asked whether any version matters."""
    world = World(starts=False)
    told = tried(world, project)

    assert "" == world.asked[-1]
    assert len(world.asked) <= 5
    assert ((), ()) == (world.runs[-1], told.raised)


def test_what_works_is_taken_when_time_is_up(project: Project) -> None:
    """The rest is told to have been left out for that."""
    world = World(bad=("a", "l"))
    told = tried(world, project, minutes=6)
    untried = [each.module for each in told.modules if each.why == NO_TIME]

    assert untried
    assert "a" not in untried
    assert "a" not in world.runs[-1]
    assert set(NAMES) == {*world.runs[-1], *untried, "a"}


def with_between(names: str, most: int = 7) -> tuple[Candidate, ...]:
    """Return the steps, of which some have versions in between: 1.0.1 and so on."""
    return tuple(
        replace(
            each,
            lower=tuple(
                ModuleVersion(path=each.module, version=f"v1.0.{number}")
                for number in range(1, most + 1)
            ),
        )
        if each.module in names
        else each
        for each in STEPS
    )


def above(name: str, good: int) -> tuple[str, ...]:
    """Return the steps of a module that break: its newest, and those above a number."""
    return (name, *(f"{name}{number}" for number in range(good + 1, 8)))


def test_what_breaks_goes_as_high_as_it_starts(project: Project) -> None:
    """Versions in between, all at once; what was tried above it is told with why."""
    world = World(bad=(*above("c", 4), *above("k", 0)))
    told = tried(world, project, steps=with_between("ck"))
    rows = {each.module: each for each in told.modules}

    assert "abdefghijlc4" == "".join(world.runs[-1])
    assert ("v1.0.4", "v1.1.0", 4) == (rows["c"].after, rows["c"].tried, rows["c"].days)
    assert "c breaks. v1.0.5 breaks too: c5 breaks." == rows["c"].why
    assert ("v1.0.0", "v1.1.0") == (rows["k"].after, rows["k"].tried)
    assert "k breaks. v1.0.1 breaks too: k1 breaks." == rows["k"].why
    assert len(world.runs) + len(world.asked) == told.builds
    assert told.builds <= 2 + most_questions(12, 2) + narrowing.most_questions(
        each.ladder for each in with_between("ck")
    )


def test_versions_that_would_never_be_chosen_are_not_tried(project: Project) -> None:
    """Nor is anything but the next one asked about."""
    world = World(bad=above("c", 4), never=("c4", "c2"))
    told = tried(world, project, steps=with_between("c"))
    (row,) = (each for each in told.modules if each.module == "c")

    assert "v1.0.3" == row.after
    assert not any(each.endswith(("c4", "c2")) for each in world.asked)


def test_versions_in_between_are_left_when_time_is_up(project: Project) -> None:
    """What started by then is taken, and it is said that there may be more."""
    bad = World(bad=above("c", 6))
    asked = len(tried_asked(bad, project))
    world = World(bad=above("c", 6))
    told = tried(world, project, minutes=asked - 2, steps=with_between("c"))
    (row,) = (each for each in told.modules if each.module == "c")

    assert asked - 2 == len(world.asked)
    assert "v1.0.4" == row.after
    assert row.why.endswith(LEFT)


def test_a_network_cut_in_between_keeps_what_started() -> None:
    """No version is to blame for it; the search is given up."""
    verdicts = iter((Verdict(works=True), Verdict(works=False, judged=False)))
    (step,) = (each for each in with_between("c") if each.module == "c")
    lowering = Lowering(
        taken=(),
        lower=World().lower,
        judge=lambda _steps: next(verdicts),
        is_late=lambda: False,
        note=lambda _text: None,
    )

    assert ["v1.0.4"] == [each.after for each in lowering.of([step])]
    assert (True, {}) == (lowering.cut, lowering.breaks)


def tried_asked(world: World, project: Project) -> list[str]:
    """Return the sets that are asked about while there is time."""
    tried(world, project, steps=with_between("c"))
    return world.asked


def test_a_major_that_does_not_compile_is_left_for_what_does(project: Project) -> None:
    """It takes no build; the newest of the present major is tried in its place."""
    lower = (
        ModuleVersion(path="c", version="v1.0.4"),
        ModuleVersion(path="c", version="v1.1.0"),
        ModuleVersion(path="c/v2", version="v2.0.0"),
    )
    major = Candidate(
        module="c", before="v1.0.0", after="v3.0.0", path="c/v3", lower=lower, tops=2
    )
    steps = (*STEPS[:2], major, *STEPS[3:])
    world = World(uncompiled=("c/v2v2.0.0", "c/v3v3.0.0"))
    told = tried(world, project, steps=steps)
    (row,) = (each for each in told.modules if each.module == "c")

    assert [(*NAMES[:2], *NAMES[3:], "c")] == world.runs
    assert ["abdefghijkl", "abdefghijklc"] == world.asked
    assert ("v1.1.0", "", "v3.0.0") == (row.after, row.path, row.tried)
    assert row.why.startswith("The plugin does not compile with it: main.go:3: c/v3")
    assert "v2.0.0 breaks too: The plugin does not compile" in row.why
    assert 3 == told.builds


def test_an_interruption_ends_it(project: Project) -> None:
    """As does any other error that is not the plugin's."""
    world = World(bad=("a",), error=InterruptedRunError(2))
    tried(world, project)

    assert ([NAMES], []) == (world.runs, world.asked)


def test_a_cut_network_sets_nothing_aside(project: Project) -> None:
    """No version is to blame for it; what worked before it is tried to the end."""
    at_once, later = World(cut_after=0), World(bad=("l",), cut_after=2)
    tried(at_once, project)
    told = tried(later, project)
    left = {each.module: each.why for each in told.modules}

    assert ([NAMES], []) == (at_once.runs, at_once.asked)
    assert 2 == len(later.asked)
    assert later.runs[-1]
    assert {CUT.words} == {left[each] for each in NAMES if each not in later.runs[-1]}
