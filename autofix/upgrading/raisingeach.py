"""
Raising the dependencies of several modules: each for itself, one after the other.

Each module changes at its own clean end, as with ``run``. With a commit there is one
for each module, upon that of the module before: each is proven by itself, and can be
taken back by itself. A module that fails holds none of the others back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from autofix.attempting import Attempt, failed
from autofix.config import Config
from autofix.errors import AutofixError, UsageError
from autofix.project import Project
from autofix.upgrading.commits import repository_of
from autofix.upgrading.journey import Perform
from autofix.upgrading.raising import RaiseRequest, raised
from autofix.upgrading.together import in_order, names_of
from autofix.upgrading.upgrade import Outcome

RaiseOne = Callable[[RaiseRequest, Project, Perform, Callable[[str], None]], Attempt]
"""Raises the dependencies of one module."""


def raised_each(
    request: RaiseRequest,
    projects: Sequence[Project],
    perform: Perform,
    note: Callable[[str], None],
    *,
    raise_one: RaiseOne = raised,
) -> Outcome:
    """
    Raise each module's dependencies and return what came of its last run.

    BranchError, GitError or DirtyProjectError where a commit could not be made, before
    anything runs; of one module every AutofixError that keeps its run from beginning.
    """
    if len(projects) == 1:
        (only,) = projects
        return Outcome(attempts=(raise_one(request, only, perform, note),))
    projects = in_order(projects)
    request = replace(request, commits=len(projects))
    if request.commit:
        _require_ready(request, projects)
    made: list[Attempt] = []
    upon = request.upon
    pairs = zip(projects, names_of(projects), strict=True)
    for number, (project, name) in enumerate(pairs, start=1):
        note(f"module {number} of {len(projects)}: {project.module_folder}")
        config = _config(request, project, name)
        asked = replace(request, config=config, upon=upon)
        try:
            attempt = raise_one(asked, project, perform, note)
        except AutofixError as error:  # it ends only this one
            attempt = Attempt(result=failed(error, config, None), error=error)
        made.append(attempt)
        if attempt.is_last:
            break
        told = attempt.result.upgrade
        upon = (told.commit if told else "") or upon
    return Outcome(attempts=tuple(made))


def _require_ready(request: RaiseRequest, projects: Sequence[Project]) -> None:
    folders = {each.module_folder for each in projects}
    for each in projects:
        built_with = folders & set(each.replace_folders)
        if built_with:
            other = next(iter(sorted(built_with)))
            raise UsageError(
                f"{each.module_folder} is built with {other}, another plugin's module.",
                why="Its commit would be upon a change that it was not started with.",
                todo="Raise one after the other, or leave --commit out.",
            )
    repository_of(projects, request.branch).require_ready(
        allow_dirty=request.config.allow_dirty, commits=request.commits
    )


def _config(request: RaiseRequest, project: Project, name: str) -> Config:
    config = replace(request.config, project=project.module_folder)
    if config.run_dir is None:
        return config
    return replace(config, run_dir=config.run_dir / name.replace("/", "-"))
