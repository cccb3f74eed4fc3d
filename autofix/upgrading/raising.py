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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from autofix.attempting import Attempt
from autofix.config import Config
from autofix.core.gomod import ModEdit
from autofix.core.model import EndKind, ModuleVersion
from autofix.core.raising import Wish, raisable, suspects
from autofix.core.splitting import Splitting, answered, question
from autofix.core.state import Goal, State, Strategy
from autofix.durable import copy_tree
from autofix.engines.opening import open_engine
from autofix.project import Project
from autofix.reducing.bench import Bench, open_bench
from autofix.reducing.oracle import Edits
from autofix.reducing.origin import Origin, of_project
from autofix.report.base import Reporter
from autofix.runfolder import state_home
from autofix.upgrading.choosing import Candidate, chosen
from autofix.upgrading.commits import Repository, repository_of
from autofix.upgrading.delivering import is_clean
from autofix.upgrading.projectmoves import ProjectMoves
from autofix.upgrading.raisedelivery import RaiseDelivery
from autofix.upgrading.upgrade import Perform

BRANCH = "autofix/dependencies"
FOLDER = "dependencies"
"""Where the copy of a project is, in what is kept of it."""

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseRequest:
    """What was asked for; with ``commit`` the change goes to ``branch``."""

    config: Config
    wish: Wish = field(default_factory=Wish)
    commit: bool = False
    branch: str = BRANCH


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
        repository = repository_of(project, request.branch)
        repository.require_ready(allow_dirty=config.allow_dirty)
    with _workshop(config, note) as shop:
        plan = shop.planned()
        found = shop.chosen(plan, request.wish)
        release = shop.bench.facts.release
        base = RaiseDelivery(
            project=project,
            moves=_moves(release),
            aim=release,
            repository=repository,
            original=plan.original,
            rows=tuple(each.row for each in found),
        )
        steps = [each for each in found if each.after]
        if not steps:
            return perform(config, project, base)
        note(f"newer versions of {len(steps)} modules: trying all together")
        trial = _Trial(shop=shop, base=base, config=config, perform=perform, note=note)
        return trial.of(steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """What sets of versions are tried with; ``base`` delivers none of them."""

    shop: _Workshop
    base: RaiseDelivery
    config: Config
    perform: Perform
    note: Note

    def of(self, steps: Sequence[Candidate]) -> Attempt:
        """Run with all, and if they do not start, with those that do."""
        project = self.base.project
        delivery = _delivery(self.base, self.shop.edited(steps), steps)
        tried = self.perform(_apart(self.config, "all"), project, delivery)
        if is_clean(tried.result) or tried.error is not None or delivery.last is None:
            return tried
        taken, reasons, builds = self._split(steps, delivery.last)
        self.note(f"{len(taken)} of {len(steps)} work together")
        last = replace(
            _delivery(self.base, self.shop.edited(taken) if taken else None, taken),
            reasons=reasons,
            builds=builds + len(tried.result.rounds),
        )
        return self.perform(_apart(self.config, "taken"), project, last)

    def _split(
        self, steps: Sequence[Candidate], failed: State
    ) -> tuple[list[Candidate], Mapping[str, State], int]:
        """
        Return those that work together, how the others failed, and the builds it took.

        ``failed`` is how all of them together did.
        """
        modules = tuple(each.module for each in steps)
        named = suspects(failed, modules)
        search = answered(Splitting(rest=modules), works=False, suspects=named)
        reasons = dict.fromkeys(search.dropped, failed)
        builds = 0
        while (asked := question(search)) is not None:
            aside = f", {len(search.dropped)} set aside" if search.dropped else ""
            self.note(f"trying {len(asked)} of {len(modules)}{aside}")
            state = self.shop.judged([each for each in steps if each.module in asked])
            builds += len(state.rounds)
            works = state.ending is not None and state.ending.kind is EndKind.CLEAN
            failed = failed if works else state
            known = len(search.dropped)
            search = answered(search, works=works, suspects=suspects(state, modules))
            reasons |= dict.fromkeys(search.dropped[known:], failed)
        taken = [each for each in steps if each.module in search.taken]
        return taken, reasons, builds


def _delivery(
    base: RaiseDelivery, edits: Edits | None, taken: Sequence[Candidate]
) -> RaiseDelivery:
    """Return a delivery that begins with edited go.mod and go.sum."""
    folder = base.project.module_folder
    files = edits.files if edits else {}
    found = {folder / name: content for name, content in files.items()}
    return replace(
        base,
        moves=replace(base.moves, edits=found),
        taken=frozenset(each.module for each in taken),
        after=edits.gomod if edits else None,
    )


def _moves(release: str) -> ProjectMoves:
    """Return that nothing which names Nakama moves."""
    return ProjectMoves(before=release, after=release, places=(), edits={}, findings=())


def _apart(config: Config, name: str) -> Config:
    """Keep the runs of one command in folders of their own, where one is named."""
    if config.run_dir is None:
        return config
    return replace(config, run_dir=config.run_dir / name)


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
        return chosen(go, plan, modules, wish, now=datetime.now(UTC))

    def edited(self, steps: Sequence[Candidate]) -> Edits:
        """Return go.mod and go.sum with versions of modules, completed."""
        requires = tuple(
            ModuleVersion(path=each.module, version=each.after) for each in steps
        )
        return self.bench.edited(self.origin.start, ModEdit(requires=requires))

    def judged(self, steps: Sequence[Candidate]) -> State:
        """Let the automaton work with versions of modules, up to a start."""
        folder = self.origin.home / "candidate"
        if not folder.exists():
            copy_tree(self.origin.start, folder)
        for name, content in self.edited(steps).files.items():
            (folder / self.origin.module / name).write_bytes(content)
        return self.bench.state(folder, self.bench.policy)


@contextmanager
def _workshop(config: Config, note: Note) -> Iterator[_Workshop]:
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
                yield _Workshop(bench=bench, origin=origin)
        finally:
            shutil.rmtree(origin.home, ignore_errors=True)
