"""What is to be reduced: a past run, from what it began with, or a project as it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autofix.config import Config
from autofix.core.model import Ending, EndKind
from autofix.core.state import Policy, Strategy
from autofix.durable import disk_errors
from autofix.inputs import (
    PROJECT,
    Inputs,
    given_files,
    keep_inputs,
    read_inputs,
    restored,
)
from autofix.lock import project_folder, project_lock
from autofix.project import Project, find_project
from autofix.reproducing import config_of
from autofix.runs import Run
from autofix.sameserver import settings_again

FOLDER = "reduction"
"""In the folder of the run that is reduced, or in what is kept of a project."""
START = "start"

_OWN_FAILURE = (EndKind.UNFIXABLE, EndKind.UNSATISFIABLE, EndKind.NO_PROGRESS)
"""Ends that are a plugin's own; the others are a limit's, or no failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """
    A plugin to be reduced, laid out in a folder of autofix's own.

    ``home`` keeps the reduction, ``module`` is the plugin's module below ``start``.
    ``ending`` is how the run ended where that is to be kept; None where the first
    failure of the plugin as it is. ``name`` is what a user calls it.
    """

    name: str
    home: Path
    module: str
    config: Config
    policy: Policy
    ending: Ending | None = None

    @property
    def start(self) -> Path:
        """Return the untouched project."""
        return self.home / START / PROJECT


@contextmanager
def of_run(run: Run, given: Mapping[str, Any], state: Path) -> Iterator[Origin]:
    """
    Lay out what a past run began with, and hold it.

    ``given`` are settings of this machine, which win over those of the run.
    RunUnreadableError if it was not kept, ProjectLockedError if it is being reduced.
    """
    inputs = read_inputs(run.about.path)
    home = run.about.path / FOLDER
    where = settings_again(run, given)
    stopped = run.story.stopped
    ending = stopped.ending if stopped else None
    own = ending is not None and ending.kind in _OWN_FAILURE
    with project_lock(state, home):
        yield Origin(
            name=run.about.path.name,
            home=home,
            module=inputs.module,
            config=config_of(run, inputs, into=_emptied(home / START), where=where),
            policy=run.header.policy,
            ending=ending if own else None,
        )


@contextmanager
def of_project(config: Config, state: Path, name: str = FOLDER) -> Iterator[Origin]:
    """
    Lay out a copy of a project, and hold the copy.

    ``name`` says what for. ProjectError if there is no plugin in it, ProjectLockedError
    if another autofix has a copy for the same.
    """
    project = find_project(config.project, package=config.package or None)
    home = project_folder(state, project.module_folder) / name
    with project_lock(state, home):
        # The copy passes through the same file as a run's, which keeps secrets out.
        inputs = _kept(_emptied(home / "copy"), config, project)
        module = restored(home / "copy", inputs, _emptied(home / START))
        shutil.rmtree(home / "copy")
        files = given_files(home / START)
        yield Origin(
            name=str(project.module_folder),
            home=home,
            module=inputs.module,
            config=replace(config, project=module, **{**files, "so": None}),
            policy=Policy(
                strategy=Strategy(config.strategy),
                max_rounds=config.max_rounds,
                max_seconds=config.max_time,
            ),
        )


def _kept(folder: Path, config: Config, project: Project) -> Inputs:
    keep_inputs(folder, project, project.files(), replace(config, so=None))
    return read_inputs(folder)


def _emptied(folder: Path) -> Path:
    with disk_errors(f"{folder} cannot be made"):
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True, mode=0o700)
    return folder.absolute()
