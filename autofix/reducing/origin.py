"""What is to be reduced: a past run, from what it began with, or a project as it is."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
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
from autofix.project import find_project
from autofix.reproducing import config_of
from autofix.runs import Run

RUN_FOLDER = "reduction"
"""In the folder of the run that is reduced."""
PROJECTS_FOLDER = "reductions"
"""In autofix's state folder: one folder a project, by a digest of its path."""
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


def of_run(run: Run, given: Mapping[str, Any]) -> Origin:
    """
    Lay out what a past run began with; RunUnreadableError if it was not kept.

    ``given`` are settings of this machine, which win over those of the run.
    """
    inputs = read_inputs(run.about.path)
    home = run.about.path / RUN_FOLDER
    config = config_of(run, inputs, into=_emptied(home / START), given=given)
    stopped = run.story.stopped
    ending = stopped.ending if stopped else None
    own = ending is not None and ending.kind in _OWN_FAILURE
    return Origin(
        name=run.about.path.name,
        home=home,
        module=inputs.module,
        config=config,
        policy=run.header.policy,
        ending=ending if own else None,
    )


def of_project(config: Config, state: Path) -> Origin:
    """Lay out a copy of a project; ProjectError if there is no plugin in it."""
    project = find_project(config.project, package=config.package or None)
    path = str(project.module_folder)
    name = f"{project.module_folder.name}-{sha256(path.encode()).hexdigest()[:8]}"
    home = state / PROJECTS_FOLDER / name
    # The copy passes through the same file as a run's, which keeps secrets out.
    inputs = _kept(_emptied(home / "copy"), config)
    module = restored(home / "copy", inputs, _emptied(home / START))
    shutil.rmtree(home / "copy")
    files = given_files(home / START)
    return Origin(
        name=path,
        home=home,
        module=inputs.module,
        config=replace(config, project=module, **{**files, "so": None}),
        policy=Policy(
            strategy=Strategy(config.strategy),
            max_rounds=config.max_rounds,
            max_seconds=config.max_time,
        ),
    )


def _kept(folder: Path, config: Config) -> Inputs:
    project = find_project(config.project, package=config.package or None)
    keep_inputs(folder, project, project.files(), replace(config, so=None))
    return read_inputs(folder)


def _emptied(folder: Path) -> Path:
    with disk_errors(f"{folder} cannot be made"):
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True, mode=0o700)
    return folder.absolute()
