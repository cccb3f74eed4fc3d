"""A past run as a scenario: what it began with, and what it came to, to be expected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autofix.conclude import exit_code
from autofix.config import SETTINGS, Kind
from autofix.core.actions import Build
from autofix.core.model import Diagnosis, EndKind
from autofix.core.state import Strategy
from autofix.errors import UsageError
from autofix.inputs import GIVEN, PROJECT, Inputs, given_files, restored
from autofix.result import RunResult
from autofix.runs import Run
from autofix.scenarios.quoting import lasting_words
from autofix.scenarios.scenario import Expectation, ExpectedDiagnosis, Scenario
from autofix.scenarios.writing import write_scenario

_OF_THE_WAY = frozenset({"engine", "kit", "database", "strategy"})
"""Settings that say where a scenario is run and how, not what its user has."""
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A scenario that was written; ``left_out`` are options that it could not keep."""

    scenario: Scenario
    left_out: tuple[str, ...] = ()


def record_run(
    run: Run, inputs: Inputs, *, catalogue: Path, name: str, into: Path
) -> Recorded:
    """
    Write the scenario that a run was to a folder of a catalogue.

    ``name`` is its folder, "" for one after the project and the failure; ``into`` is
    an empty folder to work in. UsageError if the run came to no end or the folder is
    not empty; what ``restored`` raises.
    """
    module = restored(run.about.path, inputs, into)
    name = name or usual_name(run)
    options, left_out = _options(run, inputs, into)
    given = into / GIVEN
    scenario = write_scenario(
        Scenario(
            name=name,
            path=catalogue / name,
            title=_title(run),
            story=f"Recorded from the run {run.about.run_id} of {_project(run)}.",
            nakama=_nakama(run, inputs),
            expect=expected(run, inputs),
            folder=module.relative_to(into / PROJECT).as_posix(),
            options=options,
            strategies=(run.header.policy.strategy.value,),
        ),
        plugin=into / PROJECT,
        given=given if given.is_dir() else None,
    )
    return Recorded(scenario=scenario, left_out=left_out)


def usual_name(run: Run) -> str:
    """Return what a run's scenario is called if nobody says: project and failure."""
    last = _last(run)
    words = f"{_project(run)} {last.name if last else _end(run)}"
    return _NOT_IN_A_NAME.sub("-", words.lower()).strip("-.")


def expected(run: Run, inputs: Inputs) -> Expectation:
    """
    Return what a run came to; of a repetition that is no dry run.

    UsageError if it came to no end.
    """
    result = run.result
    stopped = run.story.stopped
    if result is None or (stopped is None and not result.error_code):
        raise UsageError(
            f"The run {run.about.run_id} came to no end ({run.about.fate}).",
            why="A scenario says how a run ends.",
            todo="Run it again: autofix reproduce.",
        )
    builds = sum(isinstance(each.action, Build) for each in run.entries)
    classic = run.header.policy.strategy is Strategy.FIRST
    diagnoses = tuple(map(_expected, _diagnoses(run)))
    if stopped is None:
        return Expectation(
            exit_code=result.exit_code, error=result.error_code, diagnoses=diagnoses
        )
    ending = stopped.ending.kind
    clean = ending is EndKind.CLEAN
    return Expectation(
        exit_code=exit_code(stopped.ending),
        end=ending.value,
        builds=None if classic and not clean else 1 if classic else builds,
        classic_builds=builds if classic else None,
        diagnoses=diagnoses,
        pins={each.module: each.after for each in result.pins} if clean else {},
        fits={each.module: each.after for each in result.fits} if clean else {},
        excludes=tuple(
            f"{each.module}@{version}"
            for each in (*result.pins, *result.fits)
            for version in each.excludes
            if clean
        ),
        files=tuple(_files(result, inputs)) if clean else (),
    )


def _expected(diagnosis: Diagnosis) -> ExpectedDiagnosis:
    return ExpectedDiagnosis(
        failure_class=diagnosis.failure_class.value,
        name=diagnosis.name,
        module=diagnosis.facts.get("module", ""),
        package=diagnosis.facts.get("package", ""),
        says=lasting_words(diagnosis.quoted),
    )


def _files(result: RunResult, inputs: Inputs) -> Iterator[str]:
    """Name the changed files as git sees them from the folder that was kept."""
    base = _base(result, inputs)
    for name in sorted(result.files):
        yield (Path(result.root) / name).relative_to(base).as_posix()


def _base(result: RunResult, inputs: Inputs) -> Path:
    """Return the folder that the kept sources were below, around the module."""
    base = Path(result.project)
    for _ in Path(inputs.module).parts:
        base = base.parent
    return base


def _options(
    run: Run, inputs: Inputs, into: Path
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the options of the run, and those that cannot be kept."""
    kept: list[str] = []
    left_out: list[str] = []
    for setting in SETTINGS.values():
        value = inputs.settings.get(setting.key)
        if value is None or setting.name in _OF_THE_WAY:
            continue
        if setting.kind is Kind.SWITCH:
            kept.append(setting.flag if value else f"--no-{setting.key}")
        elif setting.kind is not Kind.PATH:
            kept += [setting.flag, str(value)]
        elif placed := _placed(str(value), run, inputs):
            kept += [setting.flag, placed]
        else:
            left_out.append(f"{setting.flag} {value}")
    for name, path in given_files(into).items():
        kept += [SETTINGS[name].flag, f"{{work}}/{path.relative_to(into).as_posix()}"]
    return tuple(kept), tuple(left_out)


def _placed(value: str, run: Run, inputs: Inputs) -> str:
    """Return where a scenario has a file of the project; "" for one outside of it."""
    if run.result is None:
        return ""
    base = _base(run.result, inputs)
    path = Path(run.result.project, value)
    return (
        f"{{work}}/plugin/{path.relative_to(base).as_posix()}"
        if path.is_relative_to(base)
        else ""
    )


def _nakama(run: Run, inputs: Inputs) -> str:
    prepared = run.story.prepared
    if prepared is not None and prepared.server.release:
        return prepared.server.release
    return str(inputs.settings.get("nakama", ""))


def _title(run: Run) -> str:
    last = _last(run)
    return (last.name if last else _end(run)).replace("-", " ").capitalize()


def _end(run: Run) -> str:
    if run.story.stopped is not None:
        return run.story.stopped.ending.kind.value
    return run.result.error_code if run.result else ""


def _project(run: Run) -> str:
    return Path(run.about.project).name or "a plugin"


def _last(run: Run) -> Diagnosis | None:
    found = _diagnoses(run)
    return found[-1] if found else None


def _diagnoses(run: Run) -> list[Diagnosis]:
    return [each.diagnosis for each in run.entries if each.diagnosis is not None]
