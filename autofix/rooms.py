"""
The world of a real run: performs the core's actions on engine, builder and server.

Each action is one method; what the plugin does wrong comes back as an observation,
what the machine does wrong as an exception.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import assert_never

from autofix.ahead import Ahead
from autofix.beside import LARGEST, lines_beside, lower, outside_findings
from autofix.binaries import linked_file, mapped
from autofix.building import build_plugins
from autofix.consulting import consult
from autofix.core import settling
from autofix.core.actions import (
    Action,
    Build,
    Check,
    Compare,
    Consult,
    Edit,
    Prepare,
    Settle,
    Start,
    Stop,
    Survey,
    Vendor,
)
from autofix.core.artifact import describe_artifact
from autofix.core.comments import managed
from autofix.core.compare import Comparison, compare
from autofix.core.compared import compared
from autofix.core.gomod import ModEdit
from autofix.core.model import OutputLine
from autofix.core.observations import (
    Built,
    Edited,
    Failed,
    Loaded,
    Observation,
    Prepared,
    Started,
    Surveyed,
)
from autofix.core.serverrecord import ServerRecord
from autofix.core.state import Event, Phase, State
from autofix.engines.base import Database, Image
from autofix.errors import ConfigError, InternalError
from autofix.gotool import GO_MOD, GoTool
from autofix.gowork import builds_in_workspace
from autofix.homecoming import Home, Homecoming
from autofix.locking import image_record
from autofix.preparing import (
    Setting,
    bring_in,
    go_tool,
    open_builder,
    open_server,
    siblings,
)
from autofix.projectfiles import ProjectFiles
from autofix.server import (
    Hear,
    Migration,
    Plugin,
    check,
    migrate,
    start,
)
from autofix.surveying import settle, survey
from autofix.tree import read_text
from autofix.truth import Reading
from autofix.vendoring import GO_SUM, edit_in_vendor, vendor

INTERRUPTED_SECONDS = 5.0
"""How long the end of a run waits for a migration that nobody needs any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Aside:
    """What was done while the server started; ``asked`` led to ``seen``."""

    asked: Survey | None
    seen: Surveyed | None
    home: Home | None = None


@dataclass(slots=True, kw_only=True)
class Rooms:
    """
    The world of one run; ``stack`` owns everything it opens.

    ``files`` are the project's, where they were listed already.
    ``homecoming`` fetches what a clean run changed; a plan has none. ``go`` is there
    once the run is prepared; ``edited`` tells whether go.mod, go.sum or vendor/ of the
    scratch copy may have changed, ``revendored`` whether vendor/ was written anew.
    """

    setting: Setting
    stack: ExitStack
    files: ProjectFiles | None = None
    homecoming: Homecoming | None = None
    go: GoTool | None = None
    edited: bool = False
    revendored: bool = False
    _server: Image | None = None
    _reading: Reading | None = None
    _database: Database | None = None
    _built: Mapping[str, Path] = field(default_factory=dict)
    _siblings: Mapping[str, Path] = field(default_factory=dict)
    _aside: Ahead[_Aside] | None = None
    _fits: bool = False
    _migrating: Ahead[Migration] | None = None

    def perform(self, action: Action, state: State) -> Observation:
        """Do what the action asks; see the classes of ``autofix.core.actions``."""
        self._end_aside(action)
        match action:
            case Prepare():
                return self._prepare()
            case Edit():
                return self._edit(action)
            case Consult():
                release = state.builder.go if state.builder else ""
                return consult(self._gotool, action, release)
            case Vendor():
                self.edited = self.revendored = True
                return vendor(self._gotool, self._original())
            case Build():
                return self._build(state)
            case Compare():
                return self._compare(state.round)
            case Check():
                return self._check()
            case Start():
                return self._start(state)
            case Survey():
                return self._survey(action)
            case Settle():
                self.edited = True
                return settle(self._gotool, action)
            case Stop():
                raise InternalError("A stop is not performed.")
            case _:
                assert_never(action)

    def _prepare(self) -> Observation:
        config, plan = self.setting.config, self.setting.plan
        # First, because they end a run whose project or options cannot be read.
        files = self.files or plan.project.files()
        self._siblings = siblings(config.modules)
        given = None
        if config.so is not None:
            self._built = {plan.plugin: config.so}
            given = describe_artifact(plan.plugin, _mapped(config.so))
        known = self.setting.known
        if known is not None:
            self._server, self._database = known.server, known.database
            self._reading = known.reading
        reading = known.reading if known else self._open_server()
        server = reading.facts
        if known is not None:
            builder, facts, passed_over = known.open_builder(self.stack, server)
        else:
            builder, facts, passed_over = open_builder(self.stack, self.setting, server)
            self._open_database()
        self.setting.reporter.note(text="bringing the project into the builder")
        bring_in(builder, plan.project, files, plan.edits)
        self.go = go_tool(builder, plan)
        looked = self.go.look()
        if isinstance(looked, Failed):
            return looked
        gomod, linked = looked
        return Prepared(
            server=server,
            builder=facts,
            gomod=gomod,
            plugin=plan.plugin,
            others=tuple(each.name for each in plan.plugins[1:]),
            vendored=plan.project.vendored,
            given=given,
            siblings=tuple(self._siblings),
            linked=linked,
            beside=lines_beside(
                plan.project, workspace=builds_in_workspace(plan.project, plan.build)
            ),
            marks=managed(read_text(plan.project.go_mod, LARGEST)),
            findings=(
                *plan.findings,
                *files.findings,
                *reading.findings,
                *passed_over,
                *outside_findings(plan.project, facts.go),
            ),
        )

    def _open_server(self) -> Reading:
        self.setting.reporter.note(text="reading the server")
        self._server, self._reading = open_server(self.setting)
        if self.setting.linked is not None:
            self.setting.linked.keep_server(self._reading.linked)
        return self._reading

    def _open_database(self) -> None:
        """Start PostgreSQL; it comes up while the plugin is built."""
        references = self.setting.roles.databases()
        image = self.setting.engine.image(references, role="database")
        self._database = self.stack.enter_context(self.setting.engine.database(image))

    def _edit(self, action: Edit) -> Observation:
        self.edited = True
        beside = lower(self._gotool, action.beside)
        if action.in_vendor:
            self.revendored = True
            edited = edit_in_vendor(self._gotool, action.edit, action.pins)
        else:
            edited = self._gotool.edit(action.edit, action.pins)
        if isinstance(edited, Edited):
            edited = replace(edited, beside=beside)
        imports = self.setting.config.blank_imports and not action.edit.is_empty
        imports = imports and not action.in_vendor
        if not imports or isinstance(edited, Failed):
            return edited
        imported = self._gotool.blank_imports([pin.module for pin in action.pins])
        if isinstance(imported, Failed):
            return imported
        again = self._gotool.edit(ModEdit(), action.pins)  # the imports may move more
        return replace(again, beside=beside) if isinstance(again, Edited) else again

    def _build(self, state: State) -> Observation:
        built = build_plugins(
            self._gotool,
            self.setting.plan,
            folder=f"round-{state.round}",
            scratch=self.setting.scratch,
            seconds=self.setting.config.build_timeout,
            hear=self._hear(Phase.BUILD),
        )
        if isinstance(built, Failed):
            return built
        self._built = built
        name, file = next(iter(built.items()))
        return Built(artifact=describe_artifact(name, _mapped(file)))

    def _compare(self, round_: int) -> Observation:
        each = (self._comparison(*one, round_) for one in self._loading.built.items())
        found = compared(filter(None, each))
        self._fits = bool(found.shared) and not found.differing
        return found

    def _comparison(self, name: str, path: Path, round_: int) -> Comparison | None:
        """Compare one plugin; None where the server says better what kind of file it is."""
        server = self._reading.linked if self._reading else None
        plugin = linked_file(path, name)
        if server is None or plugin is None or not (server.hashes and plugin.hashes):
            return None
        if self.setting.linked is not None:
            self.setting.linked.keep_plugin(plugin, name=name, round_=round_)
        return compare(server, plugin)

    def _check(self) -> Observation:
        if self._fits and self._database is not None:  # a start is to be expected
            self._migrate_ahead(self._database)
        evidence = check(
            self.setting.engine,
            self._image,
            self._loading,
            seconds=self.setting.config.startup_timeout,
            hear=self._hear(Phase.LOAD),
        )
        accepted = evidence.exit_code == 0 and not evidence.timed_out
        return Loaded(evidence=evidence) if accepted else Failed(evidence=evidence)

    def _migrate_ahead(self, database: Database) -> None:
        engine, image = self.setting.engine, self._image
        seconds = self.setting.config.startup_timeout
        self._migrating = Ahead(
            lambda: migrate(engine, image, database, seconds=seconds), name="migrate"
        )
        self.stack.callback(self._migrating.wait, INTERRUPTED_SECONDS)

    def _start(self, state: State) -> Observation:
        if self._database is None:
            raise InternalError("The database was not opened before a start.")
        self._aside = Ahead(lambda: self._look_aside(state), name="survey")
        migrating, self._migrating = self._migrating, None
        outcome = start(
            self.setting.engine,
            self._image,
            self._database,
            self._loading,
            seconds=self.setting.config.startup_timeout,
            config_file=self.setting.config.server_config,
            hear=self._hear(Phase.START),
            migrated=migrating.result() if migrating else None,
        )
        if outcome.clean:
            return Started(modules=outcome.modules or (), evidence=outcome.evidence)
        return Failed(evidence=outcome.evidence)

    def _original(self) -> Mapping[str, bytes]:
        """Return go.mod and go.sum as the project has them."""
        folder = self.setting.plan.project.module_folder
        names = [name for name in (GO_MOD, GO_SUM) if (folder / name).is_file()]
        return {name: _mapped(folder / name).tobytes() for name in names}

    def _look_aside(self, state: State) -> _Aside:
        """Do what follows a clean start while it takes its time."""
        asked = settling.survey(state)
        seen = survey(self._gotool, asked) if asked else None
        if seen is not None and settling.after(state, seen)[1] is not Event.DONE:
            return _Aside(asked=asked, seen=seen)
        return _Aside(asked=asked, seen=seen, home=self._fetched(state))

    def _end_aside(self, action: Action) -> None:
        """Wait for it before another command: two at once would hinder each other."""
        if self._aside is not None and not isinstance(action, Survey):
            self._aside.wait()
            self._aside = None

    def _survey(self, action: Survey) -> Surveyed:
        aside = self._aside.result() if self._aside else None
        if aside is not None and aside.seen is not None and aside.asked == action:
            return aside.seen
        return survey(self._gotool, action)

    def home(self, state: State) -> Home | None:
        """Return what a clean run brings home; None if nothing can have changed."""
        aside = self._aside.result() if self._aside else None
        return (aside.home if aside else None) or self._fetched(state)

    def _fetched(self, state: State) -> Home | None:
        if self.homecoming is None or self.go is None:
            return None
        edited = self.edited or self.setting.plan.edits or settling.is_outdated(state)
        record = self.record
        if not (edited or self.homecoming.lock(record)):
            return None
        return self.homecoming.fetched(
            self.go, state, record, revendored=self.revendored
        )

    @property
    def record(self) -> ServerRecord | None:
        """Return what a lock file says of the server; None before it was read."""
        if self._server is None or self._reading is None:
            return None
        return image_record(self._server, self._reading, self.setting.plan.target)

    @property
    def at_hand(self) -> tuple[Image | None, Mapping[str, Path], Database | None]:
        """Return the server's image, what lies in its module folder, and a database."""
        return self._server, {**self._siblings, **self._built}, self._database

    @property
    def _gotool(self) -> GoTool:
        if self.go is None:
            raise InternalError("The builder was not opened before it was used.")
        return self.go

    @property
    def _image(self) -> Image:
        if self._server is None:
            raise InternalError("The server's image was not found before a start.")
        return self._server

    @property
    def _loading(self) -> Plugin:
        if not self._built:
            raise InternalError("There is no plugin file to load.")
        (name, path), *others = self._built.items()
        return Plugin(
            path=path, name=name, others=dict(others), siblings=self._siblings
        )

    def _hear(self, phase: Phase) -> Hear:
        def hear(line: OutputLine) -> None:
            self.setting.reporter.output(phase=phase, line=line)

        return hear


def _mapped(path: Path) -> memoryview:
    try:
        return mapped(path)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error}.", todo="Give a plugin file with --so."
        ) from error
