"""
Raising what the server does not dictate: choose versions, try them all, split if needed.

Versions are chosen from go.mod files alone. The first try is an ordinary run with all of
them; only if that stops, sets are judged on a bench that keeps builder, server and
database open, each by the same automaton up to a start. What works together is then run
once more, as any run is, and only its clean start changes anything.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from autofix.attempting import Attempt
from autofix.config import Config
from autofix.core.gomod import ModEdit
from autofix.core.model import EndKind, ModuleVersion
from autofix.core.raising import Wish, raisable
from autofix.core.state import Goal, State, Strategy
from autofix.core.vulnerabilities import Fix
from autofix.engines.opening import open_engine
from autofix.errors import ProjectChangedError
from autofix.project import Project
from autofix.reducing.bench import Bench, open_bench
from autofix.reducing.oracle import Edits
from autofix.reducing.origin import Origin, of_project
from autofix.report.base import Reporter
from autofix.runfolder import state_home
from autofix.upgrading.choosing import Candidate, Chooser, fixes_first, mending
from autofix.upgrading.commits import HEAD, Repository, repository_of
from autofix.upgrading.journey import Perform
from autofix.upgrading.majors import Layout, Majors, required
from autofix.upgrading.projectmoves import ProjectMoves
from autofix.upgrading.raisedelivery import RaiseDelivery
from autofix.upgrading.trying import Trial
from autofix.upgrading.vulnerabilities import known_fixes

BRANCH = "autofix/dependencies"
FOLDER = "dependencies"
"""Where the copy of a project is, in what is kept of it."""

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseRequest:
    """
    What was asked for; with ``commit`` the change goes to ``branch``.

    ``upon`` is what the commit is made upon: HEAD, or that of another module; the
    branch may hold ``commits`` already, by an earlier run.
    """

    config: Config
    wish: Wish = field(default_factory=Wish)
    commit: bool = False
    branch: str = BRANCH
    upon: str = HEAD
    commits: int = 1


def raised(
    request: RaiseRequest, project: Project, perform: Perform, note: Note
) -> Attempt:
    """
    Raise a project's dependencies and return what came of the last run.

    BranchError, GitError or DirtyProjectError where a commit could not be made, and
    ImageMissingError and its kin, before anything is changed.
    """
    config = replace(request.config, so=None)
    repository: Repository | None = None
    if request.commit:
        repository = repository_of((project,), request.branch, request.upon)
        dirty = config.allow_dirty
        repository.require_ready(allow_dirty=dirty, commits=request.commits)
    with _workshop(config, project, note) as shop:
        plan = shop.planned()
        found = shop.chosen(plan, request.wish)
        if found:
            module = shop.origin.start / shop.origin.module
            shop.fixes = known_fixes(module, os.environ, note)
            found = fixes_first(found, shop.fixes)
        release = shop.bench.facts.release
        base = RaiseDelivery(
            project=project,
            moves=_moves(release),
            aim=release,
            repository=repository,
            original=plan.original,
            present=_present(plan),
            rows=tuple(each.row for each in found),
        )
        steps = [each for each in found if each.after]
        if not steps:
            return perform(config, project, base)
        note(f"newer versions of {len(steps)} modules: trying all together")
        trial = Trial(shop=shop, base=base, config=config, perform=perform, note=note)
        return trial.of(steps)


def _present(plan: State) -> dict[str, str]:
    """Map modules to the versions that a project has before it is planned."""
    requires = plan.original.requires if plan.original else ()
    required = {each.module.path: each.module.version for each in requires}
    selected = {**plan.linked, **plan.before}
    return {**required, **{name: each.version for name, each in selected.items()}}


def _moves(release: str) -> ProjectMoves:
    """Return that nothing which names Nakama moves."""
    return ProjectMoves(before=release, after=release, places=(), edits={}, findings=())


class _Notes(Reporter):
    """Says what is opened."""

    def __init__(self, note: Note) -> None:
        self._note = note

    def note(self, *, text: str) -> None:
        """Say it."""
        self._note(text)


@dataclass(kw_only=True)
class _Workshop:
    """A copy of the project, and the bench on which sets of versions are judged."""

    bench: Bench
    origin: Origin
    project: Project
    fixes: tuple[Fix, ...] = ()
    _chooser: Chooser | None = None
    _majors: Majors | None = None

    def planned(self) -> State:
        """Plan the project as it is."""
        policy = replace(self.bench.policy, strategy=Strategy.ALL, goal=Goal.PLAN)
        return self.bench.state(self.origin.start, policy)

    def chosen(self, plan: State, wish: Wish) -> tuple[Candidate, ...]:
        """
        Choose versions of what a plan leaves free.

        None are chosen where the project as it is cannot be planned: a run says why.
        """
        if plan.ending is None or plan.ending.kind is not EndKind.PLANNED:
            return ()
        go, _ = self.bench.brought_in(self.origin.start)
        modules = raisable(plan, wish)
        excludes = plan.gomod.excludes if plan.gomod else ()
        now = datetime.now(UTC)
        self._chooser = Chooser.of(go, plan, modules, wish, now=now)
        found = self._chooser.candidates(modules, excludes)
        if wish.majors:
            self._majors = Majors.of(self.bench, self.origin.start)
            found = self._majors.candidates(self._chooser, plan, wish, found)
        return found

    def lower(self, step: Candidate, at: ModuleVersion) -> Candidate | None:
        """Return a step at a lower version; None if that would never be chosen."""
        found = self._chooser.lower(step, at) if self._chooser else None
        return mending(found, self.fixes) if found else None

    def edited(self, steps: Sequence[Candidate]) -> Edits:
        """
        Return go.mod and go.sum with versions of modules, completed.

        With new majors also the code that imports them. ProjectChangedError if somebody
        else wrote to these files meanwhile.
        """
        return self._edited(steps, self._laid_out(steps))

    def refused(self, steps: Sequence[Candidate]) -> State | None:
        """Tell of code that new majors break, before anything is built."""
        return self._refused(self._laid_out(steps))

    def judged(self, steps: Sequence[Candidate]) -> State:
        """Let the automaton work with versions of modules, up to a start."""
        layout = self._laid_out(steps)
        refused = self._refused(layout)
        if refused is not None:
            return refused
        # Beside the project's own go.mod, or all of vendor/ would count as changed by
        # hand, and be kept as it is.
        files = self._edited(steps, layout).files
        edits = {self._folder / name: content for name, content in files.items()}
        return self.bench.state(self.origin.start, self.bench.policy, edits)

    def _laid_out(self, steps: Sequence[Candidate]) -> Layout | None:
        """Lay out the project with new majors; None if there are none among the steps."""
        if self._majors is None or not any(each.path for each in steps):
            return None
        return self._majors.laid_out(steps)

    def _refused(self, layout: Layout | None) -> State | None:
        return self._majors.refusal(layout) if self._majors and layout else None

    def _edited(self, steps: Sequence[Candidate], layout: Layout | None) -> Edits:
        if layout is not None:
            edits = layout.edits
        else:
            edit = ModEdit(requires=required(steps))
            edits = self.bench.edited(self.origin.start, edit)
        self._require_same(edits.files)
        return edits

    @property
    def _folder(self) -> Path:
        """Return the module's folder in the copy."""
        return (self.origin.start / self.origin.module).resolve()

    def _require_same(self, names: Iterable[str]) -> None:
        changed = [
            name
            for name in names
            if _bytes(self._folder / name) != _bytes(self.project.module_folder / name)
        ]
        if changed:
            raise ProjectChangedError(
                f"{', '.join(changed)} changed while autofix worked.",
                why="Somebody, or an editor, wrote there during the run.",
                todo="Nothing of yours was touched. Run autofix again.",
            )


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


@contextmanager
def _workshop(config: Config, project: Project, note: Note) -> Iterator[_Workshop]:
    with of_project(config, state_home(os.environ), FOLDER) as origin:
        opened = open_engine(
            origin.config,
            run_id=secrets.token_hex(4),
            environment=os.environ,
            progress=note,
        )
        try:
            with open_bench(
                opened,
                origin.config,
                folder=origin.start,
                module=origin.module,
                policy=origin.policy,
                reporter=_Notes(note),
            ) as bench:
                yield _Workshop(bench=bench, origin=origin, project=project)
        finally:
            shutil.rmtree(origin.home, ignore_errors=True)
