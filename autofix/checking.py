"""
``autofix check`` without its terminal: what must change, found without a build.

Read-only: the project is copied into a builder, planned there by the same automaton
as a run's, and never written; the lock file is, where it is asked for.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from autofix.beside import lines_beside
from autofix.builtplugin import judged_file
from autofix.conclude import go_line, side_effects
from autofix.config import Config
from autofix.core.buildline import BuildLine
from autofix.core.golines import lowered
from autofix.core.hints import Hints
from autofix.core.lockfile import LOCK_FILE
from autofix.core.releases import ReleaseTable
from autofix.core.state import State
from autofix.core.target import decide_target
from autofix.errors import (
    ConfigError,
    EngineUnavailableError,
    ImageMissingError,
    ProjectError,
    TargetError,
)
from autofix.images import ImageRoles
from autofix.judging import (
    TOLD_OTHERWISE,
    GoModFile,
    beside_mismatch,
    build_mismatches,
    planned_mismatches,
    project_mismatches,
)
from autofix.locking import write_lock
from autofix.planning import (
    NoEngine,
    Planned,
    plan_from_text,
    plan_in_engine,
    plan_on_machine,
)
from autofix.preparing import Plan, PluginPlan, Setting, plan_run
from autofix.project import Project, find_project
from autofix.releases import release_table
from autofix.report.base import Reporter
from autofix.scratch import scratch_folder
from autofix.servercache import ServerCache
from autofix.serversource import (
    HoldingEngine,
    LockFile,
    Source,
    fitting,
    from_cache,
    from_image,
    from_lock,
    from_table,
    held_image,
    lock_beside,
    nothing_known,
)
from autofix.tree import read_text
from autofix.verdict import Depth, Judged, Mismatch, Verdict

LARGEST_GO_MOD = 4 << 20

OpenEngine = Callable[[], AbstractContextManager[HoldingEngine]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    What a check is asked.

    ``files`` are plugins already built, to be judged in the place of the source;
    ``offline`` forbids engine and network; ``lock`` writes the lock file.
    """

    config: Config
    files: tuple[Path, ...] = ()
    offline: bool = False
    lock: bool = False


def check(
    question: Question,
    reporter: Reporter,
    *,
    open_engine: OpenEngine,
    cache: ServerCache,
) -> Verdict:
    """
    Judge a project, or built plugins, against the server they are for.

    Errors are those of a run: what stops the check, not what it finds.
    """
    began = time.monotonic()
    with ExitStack() as stack:
        checker = _Checker(
            question=question,
            reporter=reporter,
            open_engine=open_engine,
            cache=cache,
            stack=stack,
            table=release_table(),
        )
        return replace(checker.verdict(), seconds=time.monotonic() - began)


@dataclass(slots=True, kw_only=True)
class _Checker:
    question: Question
    reporter: Reporter
    open_engine: OpenEngine
    cache: ServerCache
    stack: ExitStack
    table: ReleaseTable
    engine: HoldingEngine | None = None
    no_engine: str = ""
    unknown: list[str] = field(default_factory=list)

    def verdict(self) -> Verdict:
        """Find project, server and plan, and say what must change."""
        question, config = self.question, self.question.config
        project, found = self._project()
        lock = LockFile()
        if not question.lock:
            name = _relative(project, project.module_folder / LOCK_FILE)
            lock = lock_beside(project.module_folder, name)
        plan = self._plan(project, lock, found=found)
        setting = Setting(
            config=config,
            plan=plan,
            engine=NoEngine(),
            roles=ImageRoles(config=config),
            table=self.table,
            reporter=self.reporter,
            scratch=self.stack.enter_context(scratch_folder()),
            cache=self.cache,
        )
        self._open_engine(needed=lock.record is None)
        if self.engine is not None:
            setting = replace(setting, engine=self.engine)
        source = self._source(setting, lock)
        self.unknown.extend(source.unknown)
        written = self._written(project, source)
        if question.files:
            file = _go_mod(project) if found else None
            judged = tuple(self._judged_files(source, file))
            planned = None
        else:
            planned = self._planned(setting, source)
            judged = (self._judged_plan(planned, plan),)
        state = planned.state if planned else None
        mismatches = (
            *source.mismatches,
            *(self._own_files(plan, source) if not question.files else ()),
        )
        told = {each.text for each in mismatches}
        return Verdict(
            project=str(project.module_folder) if found else "",
            server=source.reading.facts,
            basis=source.basis,
            basis_text=source.words,
            builder=state.builder if state else None,
            mismatches=mismatches,
            judged=judged,
            noticed=tuple(
                dict.fromkeys(
                    each
                    for each in (
                        state.findings
                        if state
                        else (*plan.findings, *source.reading.findings)
                    )
                    if each.name not in TOLD_OTHERWISE
                    and each not in plan.build.findings
                    and each.text not in told
                )
            ),
            unknown=tuple(dict.fromkeys(self.unknown)),
            side_effects=side_effects(state) if state else (),
            go_line=_moved_go_line(state, judged) if state else None,
            written=str(written) if written else "",
        )

    def _project(self) -> tuple[Project, bool]:
        """Find the project; where there is none, a folder will do to judge files."""
        config = self.question.config
        try:
            return find_project(config.project, package=config.package or None), True
        except ProjectError:
            if not self.question.files or self.question.lock:
                raise
            return _no_project(config.project.absolute()), False

    def _plan(self, project: Project, lock: LockFile, *, found: bool) -> Plan:
        """Decide the target; where no file names one, the lock file does."""
        config = self.question.config
        if not found:
            named = config.nakama or config.server_image or _named_by(lock)
            return _plan_of_files(project, named, self.table)
        try:
            return plan_run(project, config, self.table)
        except TargetError:
            if lock.record is None:
                raise
            return plan_run(
                project, replace(config, nakama=_named_by(lock)), self.table
            )

    def _open_engine(self, *, needed: bool) -> None:
        if self.question.offline:
            self.no_engine = "The check is offline."
            return
        try:
            self.engine = self.stack.enter_context(self.open_engine())
        except EngineUnavailableError as error:
            self.no_engine = error.what
            if needed:
                self.reporter.note(text=error.what)

    def _source(self, setting: Setting, lock: LockFile) -> Source:
        """Take the surest source of the server's facts that can be had."""
        project, target = setting.plan.project, setting.plan.target
        name = _relative(project, project.module_folder / LOCK_FILE)
        lock = fitting(lock, target, name)
        if lock.record is not None:
            held = held_image(setting, self.engine)
            found = from_lock(lock.record, self.table, name, held)
        else:
            found = self._source_elsewhere(setting)
        return replace(found, mismatches=(*lock.mismatches, *found.mismatches))

    def _source_elsewhere(self, setting: Setting) -> Source:
        why = self.no_engine
        if self.engine is not None:
            try:
                return from_image(setting)
            except ImageMissingError as error:
                if self.question.lock and from_cache(self.cache, setting) is None:
                    raise
                why = error.what
        found = from_cache(self.cache, setting)
        if found is None and self.question.offline:
            found = from_table(setting)
        if found is None or (self.question.lock and found.record is None):
            raise nothing_known(setting, why)
        return found

    def _written(self, project: Project, source: Source) -> Path | None:
        """Write the lock file, if one was asked for and it differs."""
        if not self.question.lock or source.record is None:
            return None
        release = source.reading.facts.release
        return write_lock(
            project.module_folder, replace(source.record, release=release)
        )

    def _planned(self, setting: Setting, source: Source) -> Planned:
        """Plan in the surest way that can be had."""
        reading = source.reading
        if self.engine is not None:
            try:
                return plan_in_engine(setting, reading)
            except ImageMissingError as error:
                self.reporter.note(text=error.what.splitlines()[0])
        setting = replace(setting, engine=NoEngine())
        offline = self.question.offline
        try:
            planned = plan_on_machine(setting, reading, offline=offline)
        except ImageMissingError as error:
            self.unknown.append(f"{error.what} go.mod was read as text.")
        else:
            if planned.depth is not Depth.TEXT:
                self.unknown.extend(planned.unknown)
                return planned
            self.unknown.append(
                "The project's modules are not all in this machine's module cache."
            )
        planned = plan_from_text(setting.plan, reading, self.reporter)
        self.unknown.extend(planned.unknown)
        return planned

    def _judged_plan(self, planned: Planned, plan: Plan) -> Judged:
        file = _go_mod(plan.project)
        state = planned.state
        if planned.depth is Depth.FIRST_LISTING:
            state = replace(state, ending=None)
        server = state.server
        return Judged(
            depth=planned.depth,
            mismatches=tuple(planned_mismatches(state, file)),
            shared=sum(
                1 for module in state.linked if server and module in server.modules
            ),
        )

    def _judged_files(self, source: Source, file: GoModFile | None) -> Iterator[Judged]:
        release = self.table.by_tag(source.reading.facts.release)
        for path in self.question.files:
            name = str(path)
            if not path.is_file():
                raise ConfigError(f"There is no file {path}.", todo="Name a built .so.")
            self.reporter.note(text=f"reading {name}")
            yield judged_file(
                path, name, source, file, debian=release.debian if release else ""
            )

    def _own_files(self, plan: Plan, source: Source) -> Iterator[Mismatch]:
        """Yield what is wrong in files other than go.mod, the project's own build."""
        project, server = plan.project, source.reading.facts
        for edit in lowered(lines_beside(project), server.go):
            path = project.module_folder / edit.file
            name = _relative(project, path)
            text = read_text(path, LARGEST_GO_MOD)
            yield beside_mismatch(GoModFile(name=name, text=text), edit.go, server)
        yield from build_mismatches(plan.build)
        yield from project_mismatches(
            tuple(each for each in plan.findings if each not in plan.build.findings)
        )


def _no_project(folder: Path) -> Project:
    """Return a folder in the place of a project, where only files are judged."""
    return Project(
        root=folder,
        repository=folder,
        module_dir=".",
        package_dir=".",
        module_path="",
        folders=(),
    )


def _plan_of_files(project: Project, named: str, table: ReleaseTable) -> Plan:
    """Decide the target of files that belong to no project."""
    target = decide_target(Hints(), table, named)
    return Plan(
        project=project,
        target=target,
        plugins=(PluginPlan(package=".", build=BuildLine(), name=""),),
        findings=target.findings,
    )


def _named_by(lock: LockFile) -> str:
    return (lock.record.release or lock.record.reference) if lock.record else ""


def _moved_go_line(state: State, judged: tuple[Judged, ...]) -> tuple[str, str] | None:
    """Return how pins move the go line, unless that is a finding of its own."""
    names = {each.name for plugin in judged for each in plugin.mismatches}
    return None if "go-line-too-high" in names else go_line(state)


def _go_mod(project: Project) -> GoModFile:
    return GoModFile(
        name=_relative(project, project.go_mod),
        text=read_text(project.go_mod, LARGEST_GO_MOD),
    )


def _relative(project: Project, path: Path) -> str:
    """Name a file as the repository does."""
    return Path(os.path.relpath(path, project.repository)).as_posix()
