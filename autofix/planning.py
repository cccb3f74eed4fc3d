"""
A plan without a build: the run's own automaton and rooms, up to the point of building.

Three ways: the go command of this machine, which needs no container to start (offline:
over its module cache alone), the go command in a builder of the engine, go.mod's text.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace

from autofix.core.actions import Action, Edit, Prepare
from autofix.core.gomod import GoMod
from autofix.core.gomodtext import edited, gomod_of, required
from autofix.core.journal import Entry
from autofix.core.model import (
    BuilderFacts,
    EndKind,
    Evidence,
    FailureClass,
    ServerFacts,
)
from autofix.core.modulestxt import ModulesTxtError, parse_modules_txt
from autofix.core.observations import Edited, Observation, Prepared, Selected
from autofix.core.state import Goal, Policy, State, Strategy
from autofix.core.versions import compare_go
from autofix.engines.base import Builder, Database, Image, held
from autofix.engines.local.builder import local_builder
from autofix.engines.local.toolchain import exact_go
from autofix.errors import ImageMissingError, InternalError
from autofix.loop import World, run
from autofix.preparing import (
    Known,
    OpenedBuilder,
    Plan,
    PluginPlan,
    Setting,
    open_builder,
)
from autofix.report.base import Reporter
from autofix.rooms import Rooms
from autofix.tree import read_text
from autofix.truth import Reading
from autofix.verdict import Depth

OFFLINE = {"GOPROXY": "off", "GOSUMDB": "off", "GONOSUMDB": "*", "GOFLAGS": "-mod=mod"}
"""What keeps the go command to the module cache; nothing it writes is kept."""

LARGEST = 64 << 20
NO_GO = "go.mod alone"

NOT_LISTED = (
    "Which packages the plugin links was not listed: every module that go.mod names "
    "and the server has counts, so a finding may be a false alarm."
)
VENDORED_ONLY = (
    "Which packages the plugin links was taken from vendor/modules.txt, which also "
    "names what only tests need."
)
NO_INDIRECT = (
    "go.mod is older than Go 1.17 and does not name indirect modules: of those nothing "
    "is known."
)
NOT_CACHED = "The project's modules are not all in this machine's module cache."
CACHE_LACKS = (
    "The module cache lacks a module that the pins bring in, so which further modules "
    "they would move is not known."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The last state of a plan, and what its view of the plugin rests on."""

    state: State
    depth: Depth
    unknown: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Memory:
    """A journal that keeps nothing but the last state."""

    state: State = field(default_factory=lambda: State(policy=Policy()))

    def keep(self, entry: Entry, state: State) -> None:  # noqa: ARG002 (Journal)
        """Remember the state."""
        self.state = state


def surest_plan(
    setting: Setting, reading: Reading, *, in_engine: bool, offline: bool
) -> Planned:
    """
    Plan in the surest way that can be had, of equally sure ones the fastest.

    The server's exact Go lists the same on this machine as in a builder, and is fetched
    sooner than a builder's image. What it cannot plan is left to the builder, which has
    a run's own last word.
    """
    if in_engine:
        planned = _spared_builder(setting, reading)
        if planned is not None:
            return planned
        try:
            return plan_in_engine(setting, reading)
        except ImageMissingError as error:
            setting.reporter.note(text=error.what.splitlines()[0])
    setting = replace(setting, engine=NoEngine())
    try:
        planned = plan_on_machine(setting, reading, offline=offline)
    except ImageMissingError as error:
        why = f"{error.what} go.mod was read as text."
    else:
        if planned.depth is not Depth.TEXT:
            return planned
        why = NOT_CACHED
    planned = plan_from_text(setting.plan, reading, setting.reporter)
    return replace(planned, unknown=(why, *planned.unknown))


def _spared_builder(setting: Setting, reading: Reading) -> Planned | None:
    """Plan with the exact Go of this machine; None where the builder is the better."""
    server, config = reading.facts, setting.config
    if config.engine != "auto" or config.builder_image or not server.go:
        return None
    release = setting.table.by_tag(server.release)
    builders = setting.roles.builders(setting.plan.target, server, release)
    at_hand = held(setting.engine, builders, machine=server.machine) is not None
    if at_hand and not machine_has(server.go):
        return None
    try:
        planned = plan_on_machine(setting, reading, offline=False)
    except ImageMissingError:
        return None
    ending = planned.state.ending
    stands = ending is not None and ending.kind is EndKind.PLANNED
    is_exact = not planned.unknown
    return planned if is_exact and (stands or not at_hand) else None


def plan_in_engine(setting: Setting, reading: Reading) -> Planned:
    """
    Plan with the exact Go in a builder of the engine.

    ImageMissingError if no builder can be had.
    """

    def opened(stack: ExitStack, server: ServerFacts) -> OpenedBuilder:
        return open_builder(stack, setting, server)

    state = _planned(setting, Known(reading=reading, open_builder=opened))
    return Planned(state=state, depth=Depth.LISTED)


def plan_on_machine(setting: Setting, reading: Reading, *, offline: bool) -> Planned:
    """
    Plan with this machine's Go: the server's exact one, else any.

    ImageMissingError if there is none. ``offline`` uses the module cache alone; what
    is missing there leaves the first listing, or no pins at all.
    """
    unknown: list[str] = []

    def opened(stack: ExitStack, server: ServerFacts) -> OpenedBuilder:
        builder = _machine_builder(
            stack, server.go, offline=offline, note=lambda _text: None
        )
        go = builder.image.reference.removeprefix("go")
        facts = BuilderFacts(
            reference=f"this machine's Go {go}", go=server.go or go, digest=""
        )
        if server.go and go != server.go:
            unknown.append(_by_another_go(go, server.go))
        return builder, facts, ()

    settings = {**(OFFLINE if offline else {}), **_for_machine(reading.facts)}
    plugins = tuple(_set(each, settings) for each in setting.plan.plugins)
    setting = replace(setting, plan=replace(setting.plan, plugins=plugins))
    state = _planned(setting, Known(reading=reading, open_builder=opened))
    depth = Depth.LISTED
    if offline and _lacks_modules(state):
        depth = Depth.FIRST_LISTING if state.pins else Depth.TEXT
        unknown.append(CACHE_LACKS)
    return Planned(state=state, depth=depth, unknown=tuple(unknown))


def machine_has(go: str) -> bool:
    """Tell whether exactly this Go is on this machine, fetching nothing."""
    try:
        exact_go(go, {**os.environ, **OFFLINE})
    except ImageMissingError:
        return False
    return True


def _for_machine(server: ServerFacts) -> dict[str, str]:
    """List the files for the server's processor, whatever this machine's is."""
    return {"GOARCH": server.machine} if server.machine else {}


def _set(plugin: PluginPlan, settings: Mapping[str, str]) -> PluginPlan:
    environment = {**plugin.build.environment, **settings}
    return replace(plugin, build=replace(plugin.build, environment=environment))


def plan_from_text(plan: Plan, reading: Reading, reporter: Reporter) -> Planned:
    """Plan from go.mod (and vendor/modules.txt) alone, where there is no Go."""
    text = read_text(plan.project.go_mod, LARGEST)
    gomod = gomod_of(text)
    world = TextWorld(
        plan=plan, reading=reading, gomod=gomod, packages=_vendored_packages(plan)
    )
    state = _run(world, reporter)
    unknown = [VENDORED_ONLY if world.packages else NOT_LISTED]
    if not gomod.go or compare_go(gomod.go, "1.17") < 0:
        unknown.append(NO_INDIRECT)
    return Planned(state=state, depth=Depth.TEXT, unknown=tuple(unknown))


@dataclass(slots=True, kw_only=True)
class TextWorld:
    """A world in which go.mod is all there is: what it requires is what is selected."""

    plan: Plan
    reading: Reading
    gomod: GoMod
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def perform(self, action: Action, state: State) -> Observation:  # noqa: ARG002
        """Read or edit the value; nothing else is ever asked of a plan."""
        match action:
            case Prepare():
                server = self.reading.facts
                return Prepared(
                    server=server,
                    builder=BuilderFacts(reference=NO_GO, go=server.go),
                    gomod=self.gomod,
                    plugin=self.plan.plugin,
                    vendored=self.plan.project.vendored,
                    linked=self._linked(),
                    findings=(*self.plan.findings, *self.reading.findings),
                )
            case Edit(edit=edit, pins=pins):
                self.gomod = edited(self.gomod, edit)
                selected = required(self.gomod)
                return Edited(
                    gomod=self.gomod,
                    selected={
                        pin.module: selected[pin.module]
                        for pin in pins
                        if pin.module in selected
                    },
                    linked=self._linked(),
                )
            case _:
                raise InternalError("A plan builds and starts nothing.")

    def _linked(self) -> Mapping[str, Selected]:
        found = required(self.gomod)
        if not self.packages:
            return found
        return {
            path: replace(each, packages=self.packages[path])
            for path, each in found.items()
            if path in self.packages
        }


class NoEngine:
    """The engine of a plan on this machine: it is never asked for anything."""

    name = "none"

    def image(self, *_arguments: object, **_wanted: object) -> Image:
        """Have no images."""
        raise ImageMissingError("There is no engine to take an image from.")

    def copy_out(self, *_arguments: object) -> None:
        """Have no images."""
        raise InternalError("A plan copies nothing.")

    def builder(self, *_arguments: object) -> AbstractContextManager[Builder]:
        """Have no builders."""
        raise InternalError("A plan on this machine has a builder of its own.")

    def database(self, *_arguments: object) -> AbstractContextManager[Database]:
        """Have no database."""
        raise InternalError("A plan needs no database.")

    def serve(self, *_arguments: object, **_sandbox: object) -> Evidence:
        """Start nothing."""
        raise InternalError("A plan starts no server.")


def _planned(setting: Setting, known: Known) -> State:
    with ExitStack() as stack:
        rooms = Rooms(setting=replace(setting, known=known), stack=stack)
        return _run(rooms, setting.reporter, seconds=setting.config.max_time)


def _run(world: World, reporter: Reporter, *, seconds: float = 3600.0) -> State:
    policy = Policy(strategy=Strategy.ALL, goal=Goal.PLAN, max_seconds=seconds)
    return run(world, policy=policy, journal=Memory(), reporter=reporter)


def _machine_builder(
    stack: ExitStack, go: str, *, offline: bool, note: Callable[[str], None]
) -> Builder:
    """Open a builder with the exact Go, or any other of this machine."""
    environment = {**os.environ, **(OFFLINE if offline else {})}
    try:
        exact = local_builder(go, environment=environment, note=note)
        return stack.enter_context(exact)
    except ImageMissingError:
        return stack.enter_context(local_builder("", environment=environment))


def _by_another_go(go: str, server: str) -> str:
    return (
        f"The packages were listed by this machine's Go {go}; the server has Go "
        f"{server}. A module that wants a newer Go than the server's is not noticed, "
        "and files that only one of the two compiles may import other packages."
    )


def _lacks_modules(state: State) -> bool:
    ending = state.ending
    diagnosis = ending.diagnosis if ending else None
    return diagnosis is not None and diagnosis.failure_class in (
        FailureClass.MODULE_FETCH,
        FailureClass.GO_SUM,
        FailureClass.UNKNOWN,
    )


def _vendored_packages(plan: Plan) -> Mapping[str, tuple[str, ...]]:
    """Return the packages of each vendored module; none if nothing is vendored."""
    path = plan.project.module_folder / "vendor" / "modules.txt"
    if not plan.project.vendored:
        return {}
    try:
        packages = parse_modules_txt(read_text(path, LARGEST)).packages
    except (OSError, ModulesTxtError):
        return {}
    found: dict[str, list[str]] = {}
    for package, module in packages.items():
        found.setdefault(module, []).append(package)
    return {module: tuple(each) for module, each in found.items()}
