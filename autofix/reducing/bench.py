"""
One builder and one server, kept open, in which every candidate is judged.

A candidate is a folder as its user would have it. It is planned as a run plans it and
performed by the same rooms; only what is opened is opened once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from posixpath import join

from autofix.config import Config
from autofix.core.actions import Build, Check, Compare, Prepare, Start
from autofix.core.diagnose import Context, diagnose
from autofix.core.gocuts import GoFile
from autofix.core.gomod import GoMod, ModEdit
from autofix.core.journal import Entry as JournalEntry
from autofix.core.model import EndKind, ServerFacts
from autofix.core.observations import Built, Compared, Edited, Failed, Prepared
from autofix.core.sameness import Failure, alike, same_end
from autofix.core.state import Goal, Phase, Policy, State, Strategy
from autofix.engines.base import Builder, Database
from autofix.engines.opening import Opened
from autofix.errors import ForeignImageError, UsageError
from autofix.gotool import GO_MOD, GoTool
from autofix.harvest import watched
from autofix.homecoming import Homecoming
from autofix.loop import run
from autofix.preparing import (
    OUTPUT,
    SOURCES,
    Known,
    Plan,
    Setting,
    bring_in,
    go_tool,
    open_builder,
    open_server,
    plan_run,
)
from autofix.project import find_project
from autofix.reducing.candidates import digest_of
from autofix.reducing.lister import Lister
from autofix.reducing.oracle import Edits
from autofix.releases import release_table
from autofix.report.base import Reporter
from autofix.rooms import Rooms
from autofix.scratch import scratch_folder
from autofix.servercache import ServerCache
from autofix.surveying import pruned
from autofix.vendoring import GO_SUM
from autofix.workspace import snapshot

WIPING_SECONDS = 60.0
_LINE = (
    (Phase.BUILD, Build()),
    (Phase.COMPARE, Compare()),
    (Phase.LOAD, Check()),
    (Phase.START, Start()),
)
"""What is done to a plugin as it is, until something fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """The last state of a run, and the files that it would change in the project."""

    state: State
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What came of a plugin as it is: a failure, or a foretold one, or none."""

    failure: Failure | None = None
    foretold: str = ""
    passed: bool = False


class _Unheard:
    """A journal that nobody reads."""

    def keep(self, entry: JournalEntry, state: State) -> None:
        """Keep nothing."""


@dataclass(kw_only=True)
class Bench:
    """The oracle of a real search; ``module`` is the plugin's folder in a candidate."""

    setting: Setting
    known: Known
    stack: ExitStack
    module: str
    policy: Policy = field(default_factory=Policy)
    _listed: tuple[str, tuple[GoFile, ...]] | None = None

    @property
    def facts(self) -> ServerFacts:
        """Return the server's facts."""
        return self.known.reading.facts

    def server_modules(self) -> dict[str, str]:
        """Map each module that the server links to its version."""
        return dict(self.facts.modules)

    def first_failure(self, folder: Path) -> Failure | None:
        """Build, load and start a plugin as it is; None if nothing fails."""
        seen = self._seen(folder, starts=False)
        if seen.passed:  # so far: PostgreSQL is only brought up where it is needed
            seen = self._seen(folder, starts=True)
        return seen.failure

    def performed(self, folder: Path, strategy: Strategy) -> Performed:
        """Let the automaton work on a plugin to its end; nothing is brought home."""
        with ExitStack() as stack:
            rooms = self._rooms(folder, stack, database=self._database)
            plan = rooms.setting.plan
            watch = watched(plan.project)
            rooms.homecoming = Homecoming(
                project=plan.project,
                build=plan.build,
                watch=watch,
                expected=snapshot(watch.root, watch.names),
                scratch=self.setting.scratch,
            )
            policy = replace(self.policy, strategy=strategy)
            state = run(rooms, policy=policy, journal=_Unheard(), reporter=Reporter())
            home = rooms.home(state)
        prefix = watch.root.relative_to(folder.resolve())
        names = home.harvest.names if home else ()
        return Performed(
            state=state, changed=tuple((prefix / name).as_posix() for name in names)
        )

    def state(
        self, folder: Path, policy: Policy, edits: Mapping[Path, bytes] | None = None
    ) -> State:
        """
        Let the automaton work on a plugin by a policy; return its last state.

        ``edits`` are files of it that are built with another content than they have.
        """
        database = None if policy.goal is Goal.PLAN else self._database
        with ExitStack() as stack:
            rooms = self._rooms(folder, stack, database=database, edits=edits)
            return run(rooms, policy=policy, journal=_Unheard(), reporter=Reporter())

    def end(self, folder: Path) -> Failure | None:
        """Let the automaton work on a plugin; return how it ended, None if clean."""
        state = self.performed(folder, self.policy.strategy).state
        ending = state.ending
        if ending is None or ending.kind is EndKind.CLEAN:
            return None
        return Failure(phase=state.phase, diagnosis=ending.diagnosis, ending=ending)

    def still_fails(self, folder: Path, failure: Failure) -> bool:
        """Tell whether a candidate fails the same way; one that is no plugin does not."""
        try:
            if failure.ending is not None:
                found = self.end(folder)
                return found is not None and same_end(failure.ending, found.ending)
            starts = failure.phase is Phase.START
            seen = self._seen(folder, starts=starts, asks=not failure.foretold)
        except (UsageError, ForeignImageError):
            return False
        if seen.failure is None:
            return bool(failure.foretold) and seen.foretold == failure.foretold
        return alike(failure.diagnosis, seen.failure.diagnosis)

    def _seen(self, folder: Path, *, starts: bool, asks: bool = True) -> _Seen:
        """
        Do to a plugin what a run does, as it is, until something fails.

        Without ``asks`` a comparison that names a package is taken for the server's
        word, which is not asked then.
        """
        foretold = ""
        with ExitStack() as stack:
            database = self._database if starts else None
            rooms = self._rooms(folder, stack, database=database)
            context = Context(plugin=rooms.setting.plan.plugin)
            state = State(policy=self.policy, phase=Phase.PREPARE, round=1)
            seen = rooms.perform(Prepare(), state)
            if isinstance(seen, Prepared):
                context = _context(seen)
                for phase, action in _LINE if starts else _LINE[:-1]:
                    state = replace(state, phase=phase)
                    seen = rooms.perform(action, state)
                    if isinstance(seen, Failed):
                        break
                    if isinstance(seen, Built):
                        context = replace(context, artifact=seen.artifact)
                    if isinstance(seen, Compared):
                        foretold = seen.foretold
                        if foretold and not asks:
                            return _Seen(foretold=foretold)
        if not isinstance(seen, Failed):
            return _Seen(passed=True)
        diagnosis = diagnose(seen.evidence, context)
        named = state.phase is Phase.LOAD and foretold == diagnosis.facts.get("package")
        return _Seen(
            failure=Failure(
                phase=state.phase,
                diagnosis=diagnosis,
                foretold=foretold if named else "",
            )
        )

    def go_parts(self, folder: Path, names: Sequence[str]) -> tuple[GoFile, ...]:
        """List what may be taken from the Go files named, relative to the folder."""
        digest = digest_of(folder)
        if self._listed is None or self._listed[0] != digest:
            self._listed = digest, self._go_parts(folder, names)
        return self._listed[1]

    def _go_parts(self, folder: Path, names: Sequence[str]) -> tuple[GoFile, ...]:
        go, plan = self.brought_in(folder)
        inside = _inside(plan, folder, names)
        listed = self._lister.parts(go, tuple(inside))
        return tuple(replace(each, name=inside[each.name]) for each in listed)

    def formatted(self, folder: Path, names: Sequence[str]) -> dict[str, bytes]:
        """Return the Go files named, formatted."""
        _, plan = self.brought_in(folder)
        inside = _inside(plan, folder, names)
        texts = self._lister.formatted(tuple(inside))
        return {inside[name]: text for name, text in texts.items()}

    def go_mod(self, folder: Path) -> GoMod | None:
        """Read the plugin's go.mod; None if the go command cannot."""
        go, _ = self.brought_in(folder)
        read = go.read()
        return None if isinstance(read, Failed) else read

    def edited(self, folder: Path, edit: ModEdit) -> Edits:
        """Return go.mod and go.sum as they are after an edit, completed."""
        go, _ = self.brought_in(folder)
        before = go.read()
        seen = go.edit(edit)
        gomod = seen.gomod
        if isinstance(seen, Edited) and isinstance(before, GoMod):
            gomod = pruned(go, before, seen)
        return Edits(files=module_files(go), gomod=gomod)

    def summed(self, folder: Path) -> bytes:
        """Return a go.sum with only what building the plugin needs."""
        go, _ = self.brought_in(folder)
        go.put(GO_SUM, b"")
        go.edit(ModEdit())
        return module_files(go).get(GO_SUM, b"")

    def _rooms(
        self,
        folder: Path,
        stack: ExitStack,
        *,
        database: Database | None,
        edits: Mapping[Path, bytes] | None = None,
    ) -> Rooms:
        plan = self._planned(folder, edits)
        self._wipe()
        known = replace(self.known, database=database)
        setting = replace(self.setting, plan=plan, known=known)
        return Rooms(setting=setting, stack=stack)

    def brought_in(self, folder: Path) -> tuple[GoTool, Plan]:
        """Bring a candidate in; return its go command, good until the next one is."""
        plan = self._planned(folder)
        self._wipe()
        bring_in(self._builder, plan.project, plan.project.files())
        return go_tool(self._builder, plan), plan

    def _planned(self, folder: Path, edits: Mapping[Path, bytes] | None = None) -> Plan:
        config = self.setting.config
        project = find_project(folder / self.module, package=config.package or None)
        return plan_run(project, config, self.setting.table, edits)

    def _wipe(self) -> None:
        """Remove the candidate before; what it compiled stays in Go's cache."""
        root = self._builder.root
        self._builder.run(
            ["rm", "-rf", join(root, SOURCES), join(root, OUTPUT)],
            folder=root,
            environment={},
            seconds=WIPING_SECONDS,
        )

    @cached_property
    def _builder(self) -> Builder:
        builder, _, _ = self.known.open_builder(self.stack, self.facts)
        return builder

    @cached_property
    def _database(self) -> Database:
        """Start PostgreSQL, once for all candidates; each start has its own in it."""
        setting = self.setting
        image = setting.engine.image(setting.roles.databases(), role="database")
        return self.stack.enter_context(setting.engine.database(image))

    @cached_property
    def _lister(self) -> Lister:
        return Lister.built(self._builder, join(self._builder.root, SOURCES))


@contextmanager
def open_bench(
    opened: Opened,
    config: Config,
    *,
    folder: Path,
    module: str,
    policy: Policy,
    reporter: Reporter,
) -> Iterator[Bench]:
    """
    Open server and builder for the candidates of one project.

    ``folder`` is the untouched one, ``module`` the plugin's in it, and in each
    candidate. ImageMissingError and the like, as a run has them.
    """
    table = release_table()
    project = find_project(folder / module, package=config.package or None)
    with ExitStack() as stack:
        engine = stack.enter_context(opened.engine)
        engine.sweep()
        setting = Setting(
            config=config,
            plan=plan_run(project, config, table),
            engine=engine,
            roles=opened.roles,
            table=table,
            reporter=reporter,
            scratch=stack.enter_context(scratch_folder()),
            cache=ServerCache.of(os.environ),
        )
        reporter.note(text="reading the server")
        image, reading = open_server(setting)
        builder = open_builder(stack, setting, reading.facts)
        release = reading.facts.release
        # A candidate without its Dockerfile is still for the same server.
        config = replace(config, nakama=release or config.nakama, so=None)
        yield Bench(
            setting=replace(setting, config=config, reporter=Reporter()),
            known=Known(
                reading=reading,
                open_builder=lambda _stack, _facts: builder,
                server=image,
            ),
            stack=stack,
            module=module,
            policy=policy,
        )


def _inside(plan: Plan, folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Map names as they are in the builder, where they get to it, to those given."""
    root = plan.project.root.relative_to(folder.resolve())
    paths = {Path(name): name for name in names}
    return {
        path.relative_to(root).as_posix(): name
        for path, name in paths.items()
        if path.is_relative_to(root)
    }


def _context(seen: Prepared) -> Context:
    return Context(
        plugin=seen.plugin,
        others=seen.others,
        server=seen.server,
        builder=seen.builder,
        project_module=seen.gomod.module,
    )


def module_files(go: GoTool) -> dict[str, bytes]:
    """Return go.mod and go.sum as they are in the builder."""
    found = {}
    for name in (GO_MOD, GO_SUM):
        with suppress(FileNotFoundError):
            found[name] = go.file(name)
    return found
