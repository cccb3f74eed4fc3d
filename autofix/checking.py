"""
``autofix check`` without its terminal: what must change, found without a build.

Read-only: the project is copied into a builder, planned there by the same automaton
as a run's, and never written; the lock file is, where it is asked for.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
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
from autofix.core.model import Finding
from autofix.core.pinning import dictated
from autofix.core.releases import ReleaseTable
from autofix.core.state import State
from autofix.core.target import decide_target
from autofix.engines.opening import Opened
from autofix.errors import (
    ConfigError,
    EngineUnavailableError,
    ImageMissingError,
    ProjectError,
    TargetError,
)
from autofix.gowork import builds_in_workspace
from autofix.images import ImageRoles
from autofix.judging import (
    GoModFile,
    beside_mismatch,
    build_mismatches,
    is_mismatch,
    planned_mismatches,
    project_mismatches,
)
from autofix.locking import write_lock
from autofix.planning import (
    NoEngine,
    Planned,
    surest_plan,
)
from autofix.preparing import Plan, PluginPlan, Roles, Setting, plan_run
from autofix.project import Project, find_project, find_projects
from autofix.releases import release_table
from autofix.report.base import Reporter
from autofix.scratch import scratch_folder
from autofix.servercache import ServerCache
from autofix.serversource import (
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

OpenEngine = Callable[[], Opened]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    What a check is asked.

    ``files`` are plugins already built, to be judged in the place of the source;
    ``offline`` forbids engine and network; ``lock`` writes the lock file. With
    ``fast`` no image is pulled to learn what a server links: the release table will do.
    """

    config: Config
    files: tuple[Path, ...] = ()
    offline: bool = False
    lock: bool = False
    fast: bool = False


def check(
    question: Question,
    reporter: Reporter,
    *,
    open_engine: OpenEngine,
    cache: ServerCache,
) -> tuple[Verdict, ...]:
    """
    Judge each module with plugins, or built plugins, against the server they are for.

    Errors are those of a run: what stops the check, not what it finds.
    """
    verdicts = []
    # A file that a run would load first has no place in a plan of the source.
    config = replace(question.config, so=None, modules=None)
    question = replace(question, config=config)
    projects, found = _projects(question)
    with ExitStack() as stack:
        opened, why = None, "The check is offline."
        if not question.offline:
            opened, why = _opened(open_engine, stack)
        for project in projects:
            began = time.monotonic()
            checker = _Checker(
                question=question,
                project=project,
                found=found,
                reporter=reporter,
                opened=opened,
                no_engine=why,
                cache=cache,
                stack=stack,
                table=release_table(),
            )
            verdict = checker.verdict()
            seconds = time.monotonic() - began
            verdicts.append(replace(verdict, seconds=seconds))
    return tuple(verdicts)


def _projects(question: Question) -> tuple[tuple[Project, ...], bool]:
    """Find the modules; where there is none, a folder will do to judge files."""
    config = question.config
    package = config.package or None
    try:
        if question.files:
            return (find_project(config.project, package=package),), True
        return find_projects(config.project, package=package), True
    except ProjectError:
        if not question.files or question.lock:
            raise
        return (_no_project(config.project.absolute()),), False


def _opened(open_engine: OpenEngine, stack: ExitStack) -> tuple[Opened | None, str]:
    """Open the engine; where there is none, say why."""
    try:
        opened = open_engine()
    except EngineUnavailableError as error:
        return None, error.what
    stack.enter_context(opened.engine)
    return opened, ""


@dataclass(slots=True, kw_only=True)
class _Checker:
    """Judges one module; ``found`` is false where a folder stands in its place."""

    question: Question
    project: Project
    found: bool
    reporter: Reporter
    opened: Opened | None
    no_engine: str
    cache: ServerCache
    stack: ExitStack
    table: ReleaseTable
    unknown: list[str] = field(default_factory=list)

    def verdict(self) -> Verdict:
        """Find the server and a plan, and say what must change."""
        question, project = self.question, self.project
        lock = LockFile()
        if not question.lock:
            name = _relative(project, project.module_folder / LOCK_FILE)
            lock = lock_beside(project.module_folder, name)
        plan = self._plan(lock)
        roles: Roles = ImageRoles(config=question.config)
        setting = Setting(
            config=question.config,
            plan=plan,
            engine=self.opened.engine if self.opened else NoEngine(),
            roles=self.opened.roles if self.opened else roles,
            table=self.table,
            reporter=self.reporter,
            scratch=self.stack.enter_context(scratch_folder()),
            cache=self.cache,
        )
        source = self._source(setting, lock)
        self.unknown.extend(source.unknown)
        written = self._written(source)
        if question.files:
            file = _go_mod(project) if self.found else None
            judged = tuple(self._judged_files(source, file))
            planned = None
        else:
            planned = surest_plan(
                setting,
                source.reading,
                in_engine=self.opened is not None,
                offline=question.offline,
            )
            self.unknown.extend(planned.unknown)
            judged = (self._judged_plan(planned, plan),)
        state = planned.state if planned else None
        findings = (*plan.findings, *source.reading.findings)
        mismatches = (
            *source.mismatches,
            *(self._own_files(plan, source) if not question.files else ()),
        )
        return Verdict(
            project=str(project.module_folder) if self.found else "",
            server=source.reading.facts,
            basis=source.basis,
            basis_text=source.words,
            builder=state.builder if state else None,
            mismatches=mismatches,
            judged=judged,
            noticed=_noticed(state.findings if state else findings, mismatches),
            unknown=tuple(dict.fromkeys(self.unknown)),
            side_effects=side_effects(state) if state else (),
            go_line=_moved_go_line(state, judged) if state else None,
            written=str(written) if written else "",
        )

    def _plan(self, lock: LockFile) -> Plan:
        """Decide the target; where no file names one, the lock file does."""
        config = self.question.config
        if not self.found:
            named = config.nakama or config.server_image or _named_by(lock)
            return _plan_of_files(self.project, named, self.table)
        try:
            return plan_run(self.project, config, self.table)
        except TargetError:
            if lock.record is None:
                raise
            by_lock = replace(config, nakama=_named_by(lock))
            return plan_run(self.project, by_lock, self.table)

    def _source(self, setting: Setting, lock: LockFile) -> Source:
        """Take the surest source of the server's facts that can be had."""
        project, target = setting.plan.project, setting.plan.target
        name = _relative(project, project.module_folder / LOCK_FILE)
        lock = fitting(lock, target, name)
        if lock.record is not None:
            found = from_lock(lock.record, self.table, name, held_image(setting))
        else:
            found = self._source_elsewhere(setting)
        return replace(found, mismatches=(*lock.mismatches, *found.mismatches))

    def _source_elsewhere(self, setting: Setting) -> Source:
        why = self.no_engine
        fast = self.question.fast and not self.question.config.server
        if self.opened is not None and not (fast and held_image(setting) is None):
            try:
                return from_image(setting)
            except ImageMissingError as error:
                if self.question.lock and from_cache(self.cache, setting) is None:
                    raise
                why = error.what
        found = from_cache(self.cache, setting)
        if found is None and (self.question.offline or fast):
            found = from_table(setting)
        if found is None or (self.question.lock and found.record is None):
            raise nothing_known(setting, why)
        return found

    def _written(self, source: Source) -> Path | None:
        """Write the lock file, if one was asked for and it differs."""
        if not self.question.lock or source.record is None:
            return None
        release = source.reading.facts.release
        record = replace(source.record, release=release)
        return write_lock(self.project.module_folder, record)

    def _judged_plan(self, planned: Planned, plan: Plan) -> Judged:
        file = _go_mod(plan.project)
        state = planned.state
        if planned.depth is Depth.FIRST_LISTING:
            state = replace(state, ending=None)
        server, ending = state.server, state.ending
        return Judged(
            depth=planned.depth,
            mismatches=tuple(planned_mismatches(state, file)),
            shared=sum(
                1 for module in state.linked if server and module in server.modules
            ),
            dictated=tuple(dictated(state)),
            ended=ending.diagnosis if ending else None,
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
        inside = builds_in_workspace(project, plan.build)
        beside = lines_beside(project, workspace=inside)
        for edit in lowered(beside, server.go):
            path = project.module_folder / edit.file
            name = _relative(project, path)
            text = read_text(path, LARGEST_GO_MOD)
            yield beside_mismatch(GoModFile(name=name, text=text), edit.go, server)
        builds = {each.build.place: each.build for each in plan.plugins}.values()
        for build in builds:
            yield from build_mismatches(build)
        told = {each for build in builds for each in build.findings}
        yield from project_mismatches(
            tuple(each for each in plan.findings if each not in told)
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


def _noticed(
    findings: tuple[Finding, ...], mismatches: tuple[Mismatch, ...]
) -> tuple[Finding, ...]:
    """Leave out what is told as a mismatch."""
    told = {each.text for each in mismatches}
    return tuple(
        each
        for each in dict.fromkeys(findings)
        if not is_mismatch(each) and each.text not in told
    )


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
