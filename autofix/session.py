"""One run from configuration to result: what is opened, in order, and closed."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

from autofix import __version__
from autofix.beside import editable_files
from autofix.building import NO_ROOM
from autofix.conclude import (
    classic_cost,
    code_groups,
    dropped_toolchain,
    exit_code,
    fit_results,
    go_line,
    pin_results,
    round_results,
    side_effects,
)
from autofix.config import Config
from autofix.core.apichanges import api_choices
from autofix.core.journal import Entry, Header
from autofix.core.lockfile import LOCK_FILE
from autofix.core.model import EndKind, Finding
from autofix.core.state import Policy, State, Strategy
from autofix.core.unfit import choices
from autofix.delivery import Delivery, InPlace
from autofix.durable import disk_errors
from autofix.engines.opening import open_engine
from autofix.errors import AutofixError, DirtyProjectError, InterruptedRunError
from autofix.git import is_dirty
from autofix.harvest import Harvest, watched
from autofix.homecoming import Homecoming
from autofix.inputs import keep_inputs
from autofix.linkedfiles import LinkedFiles
from autofix.lock import intent_path, project_lock
from autofix.locking import lock_findings
from autofix.loop import run
from autofix.preparing import Plan, Setting, plan_run
from autofix.project import Project, find_project
from autofix.projectfiles import ProjectFiles
from autofix.releases import api_changes, release_table
from autofix.report.base import Reporter
from autofix.report.fanout import Fanout
from autofix.result import RunResult
from autofix.rooms import Rooms
from autofix.runfolder import RunFolder, prune, state_home
from autofix.scratch import scratch_folder, sweep_scratch
from autofix.servercache import ServerCache
from autofix.watching import DiskWatch
from autofix.workspace import Recovery, recover, require_writable, snapshot

if TYPE_CHECKING:
    from autofix.halting import Halt


def run_session(
    config: Config,
    reporter: Reporter,
    found: Project | None = None,
    delivery: Delivery | None = None,
    halt: Halt | None = None,
) -> RunResult:
    """
    Run the loop on a project and apply what it found, if it ended clean.

    ``found`` is the project, where it was looked for already; ``delivery`` edits more
    of it, or applies the change elsewhere; ``halt`` stops the run after a round.

    An AutofixError comes out after ``reporter.run_ended`` has heard of it, so that
    there is a result of every run that had a run folder.
    """
    state_folder = state_home(os.environ)
    delivery = delivery or InPlace()
    with held_project(config, state_folder, found) as (project, recovery):
        refuse_dirty(project, config, delivery)
        kept = config.run_dir or state_folder
        places = (kept, project.root, Path(gettempdir()))
        disks = DiskWatch(places, config.disk_reserve)
        disks.look()
        run_id = secrets.token_hex(4)
        with RunFolder.create(
            state=state_folder,
            project=project.module_folder,
            run_id=run_id,
            now=datetime.now(UTC),
            at=config.run_dir,
        ) as folder:
            session = _Session(
                config=config,
                project=project,
                reporter=Fanout(disks, reporter),
                disks=disks,
                folder=folder,
                state_folder=state_folder,
                delivery=delivery,
                halt=halt,
                findings=(*_taken_back(recovery), *delivery.findings),
            )
            reporter.run_began(
                project=str(project.module_folder), run_folder=str(folder.path)
            )
            for finding in session.findings:
                reporter.found(finding=finding)
            try:
                return session.conclude()
            finally:
                # After bad nights too: those leave the largest logs.
                prune(state_folder)


@contextmanager
def held_project(
    config: Config, state_folder: Path, found: Project | None = None
) -> Iterator[tuple[Project, Recovery | None]]:
    """
    Find the project and hold it, whole: a killed run's half change is taken back.

    ProjectError, and ProjectLockedError where another autofix holds it.
    """
    package = config.package or None
    project = found or find_project(config.project, package=package)
    with project_lock(state_folder, project.module_folder):
        recovery = _recovered(state_folder, project.module_folder)
        if recovery is not None:
            # What was seen before may have been half changed: vendor/ on its way.
            project = find_project(config.project, package=package)
        yield project, recovery


def _recovered(state_folder: Path, folder: Path) -> Recovery | None:
    """Take back a half change; one of several modules, for one process only."""
    intent = intent_path(state_folder, folder)
    if not intent.is_symlink():
        return recover(intent)
    with project_lock(state_folder, intent.readlink()):
        return recover(intent)


def _taken_back(recovery: Recovery | None) -> Iterator[Finding]:
    """Say what was done about the change that a killed run left half made."""
    if recovery is None:
        return
    if recovery.restored:
        yield Finding(
            name="half-made-change",
            text=f"A run was killed while it changed {', '.join(recovery.restored)}.",
            answer="Its change was taken back first.",
        )
    if recovery.kept:
        yield Finding(
            name="half-made-change-edited",
            text="A run was killed while it changed the project, and "
            f"{', '.join(recovery.kept)} was edited since.",
            answer="The edited files were left as they are; the originals are in that "
            "run's backup.",
        )


def refuse_dirty(project: Project, config: Config, delivery: Delivery) -> None:
    """
    Refuse to mix a run's changes with changes nobody has committed yet.

    DirtyProjectError names the files, unless the configuration allows it.
    """
    if config.allow_dirty or config.dry_run or config.diff:
        return
    folder = project.module_folder
    edited = (Path(os.path.relpath(each, folder)).as_posix() for each in delivery.edits)
    renewed = (LOCK_FILE,) if delivery.renews_lock else ()
    dirty = is_dirty(folder, (*editable_files(project), *edited, *renewed))
    if dirty:
        names = ", ".join(dirty)
        verb = "has" if len(dirty) == 1 else "have"
        raise DirtyProjectError(
            f"{names} in {folder} {verb} uncommitted changes.",
            why="A run would mix its changes with yours.",
            todo="Commit them, or give --allow-dirty (the originals are kept either "
            "way), or --dry-run.",
        )


@dataclass(slots=True, kw_only=True)
class _Session:
    """A run that has its folder; remembers how far it came, also for an error."""

    config: Config
    project: Project
    reporter: Reporter
    disks: DiskWatch
    folder: RunFolder
    state_folder: Path
    delivery: Delivery = field(default_factory=InPlace)
    halt: Halt | None = None
    findings: tuple[Finding, ...] = ()
    began: float = field(default_factory=time.monotonic)
    state: State = field(default_factory=lambda: State(policy=Policy()))
    harvest: Harvest | None = None
    applied: tuple[str, ...] = ()

    def conclude(self) -> RunResult:
        """Run, and report the result whatever ends it."""
        try:
            self._run()
            result = self.delivery.conclude(self._result(None))
        except AutofixError as error:
            self._end(self.delivery.conclude(self._result(error)))
            raise
        self._end(result)
        return result

    def keep(self, entry: Entry, state: State) -> None:
        """Write a journal entry to the run folder; an error later finds the state."""
        self.state = state
        self.folder.keep(entry)

    def _end(self, result: RunResult) -> None:
        self.reporter.run_ended(result=result, state=self.state)

    def _run(self) -> None:
        delivery = self.delivery
        plan = plan_run(self.project, self.config, release_table(), self._built_with)
        watch = watched(
            plan.project,
            delivery.edits,
            given=delivery.given,
            lock=delivery.renews_lock,
        )
        if not self._changes_nothing:
            require_writable(plan.project.module_folder, watch.own)
            require_writable(watch.root, watch.edits)
        expected = snapshot(watch.root, watch.names)
        files = plan.project.files()
        self._begin(plan.project, files)
        with ExitStack() as stack:
            setting = self._setting(plan, stack)
            homecoming = Homecoming(
                project=plan.project,
                build=plan.build,
                watch=watch,
                expected=expected,
                scratch=setting.scratch,
            )
            rooms = Rooms(
                setting=setting, stack=stack, files=files, homecoming=homecoming
            )
            policy = self.state.policy
            halt = self.halt
            world = halt.around_rooms(rooms, self.reporter) if halt else rooms
            run(world, policy=policy, journal=self, reporter=self.reporter)
            if halt is not None:
                halt.ended(self.state)
            ending = self.state.ending
            if ending is not None and ending.kind is EndKind.CLEAN:
                self._bring_home(plan.project, rooms)
                if rooms.record is not None and not self.delivery.renews_lock:
                    folder = plan.project.module_folder
                    for finding in lock_findings(folder, rooms.record):
                        self._find(finding)
            elif rooms.go is not None:
                self.delivery.stopped(rooms.go, self.state)

    @property
    def _built_with(self) -> Mapping[Path, bytes]:
        return {**self.delivery.given, **self.delivery.edits}

    @property
    def _changes_nothing(self) -> bool:
        return self.config.dry_run or self.config.diff

    def _begin(self, project: Project, files: ProjectFiles) -> None:
        """Write down what the run begins with."""
        policy = Policy(
            strategy=Strategy(self.config.strategy),
            max_rounds=self.config.max_rounds,
            max_seconds=self.config.max_time,
        )
        self.state = State(policy=policy)
        self.folder.begin(
            Header(
                autofix=__version__, policy=policy, project=str(project.module_folder)
            )
        )
        edits = self._built_with
        keep_inputs(self.folder.path, project, files, self.config, edits)

    def _setting(self, plan: Plan, stack: ExitStack) -> Setting:
        """Open the engine, and clear up after runs that were killed."""
        with disk_errors("No temporary folder can be made", todo=NO_ROOM):
            scratch = stack.enter_context(scratch_folder())
        opened = open_engine(
            self.config,
            run_id=self.folder.run_id,
            environment=os.environ,
            progress=lambda text: self.reporter.note(text=text),
        )
        engine = stack.enter_context(opened.engine)
        for finding in opened.findings:
            self._find(finding)
        engine.sweep()
        sweep_scratch()
        self.disks.add(opened.engine.disks())
        return Setting(
            config=self.config,
            plan=plan,
            engine=engine,
            roles=opened.roles,
            table=release_table(),
            reporter=self.reporter,
            scratch=scratch,
            cache=ServerCache.of(os.environ),
            linked=LinkedFiles(run=self.folder.path),
        )

    def _find(self, finding: Finding) -> None:
        self.findings = (*self.findings, finding)
        self.reporter.found(finding=finding)

    def _bring_home(self, project: Project, rooms: Rooms) -> None:
        """Fetch what changed in the scratch copy and apply it, unless only asked."""
        home, server = rooms.home(self.state), self.state.server
        if home is None or server is None:
            return
        self.delivery.require(server)
        for finding in home.findings:
            self._find(finding)
        self.harvest = home.harvest
        wanted = self.delivery.keeps or not self._changes_nothing
        if self.harvest.names and wanted:
            self.applied = self.delivery.deliver(
                self.harvest,
                backup=self.folder.backup,
                intent=intent_path(self.state_folder, project.module_folder),
            )

    def _result(self, error: AutofixError | None) -> RunResult:
        state = self.state
        names = self.harvest.names if self.harvest else ()
        return RunResult(
            run_id=self.folder.run_id,
            run_folder=str(self.folder.path),
            project=str(self.project.module_folder),
            ending=state.ending,
            error=str(error) if error else "",
            error_code=error.code if error else "",
            exit_code=self._exit_code(error, names),
            server=state.server,
            builder=state.builder,
            plugins=(state.plugin, *state.others) if state.plugin else (),
            pins=pin_results(state),
            fits=fit_results(state),
            code=code_groups(state),
            choices=(
                *choices(state, release_table()),
                *api_choices(state, api_changes(), release_table()),
            ),
            side_effects=side_effects(state),
            dropped_replaces=tuple(str(each) for each in state.dropped),
            go_line=go_line(state),
            dropped_toolchain=dropped_toolchain(state),
            rounds=round_results(state),
            classic=classic_cost(state),
            findings=(*self.findings, *state.findings),
            modules_found=state.modules_found,
            applied=bool(self.applied),
            root=str(self.harvest.root if self.harvest else self.project.module_folder),
            in_git=self.project.git_root is not None,
            files=self.applied or names,
            created=self.harvest.created if self.harvest else (),
            diff=self.harvest.diff if self.harvest else "",
            seconds=time.monotonic() - self.began,
        )

    def _exit_code(self, error: AutofixError | None, names: tuple[str, ...]) -> int:
        """Return the exit code of the contract in the README."""
        if isinstance(error, InterruptedRunError):
            return error.exit_status
        if error is not None:
            return error.exit_code
        if self.state.ending is None:
            return 70
        code = exit_code(self.state.ending)
        config = self.config
        asked = config.dry_run or config.diff or config.exit_non_zero_on_fix
        return 1 if code == 0 and names and asked else code
