"""A scenario written as a folder: its file, its plugin, and what lies beside it."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from autofix.core.tomltext import toml_key, toml_value
from autofix.durable import disk_errors, write_durably
from autofix.errors import UsageError
from autofix.scenarios.scenario import (
    ACTIONS,
    ENGINES,
    FILE,
    GIVEN,
    MODULES,
    PLUGIN,
    STRATEGIES,
    Expectation,
    ExpectedDiagnosis,
    PrivateModule,
    Scenario,
    Step,
    load,
)


def write_scenario(
    scenario: Scenario,
    *,
    plugin: Path,
    given: Path | None = None,
    modules: Path | None = None,
) -> Scenario:
    """
    Write a scenario to its own ``path``, a new or an empty folder, and read it back.

    ``plugin`` is the folder that its user has, git's own left out; ``given`` and
    ``modules`` are folders that are staged beside it (``{work}/given`` ...). The file
    comes last, so that what was cut short is no scenario. UsageError if something is
    at ``path``; DiskFullError and its kin.
    """
    folder = scenario.path
    with disk_errors(f"The scenario cannot be written to {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(
                f"{folder} is not empty.",
                why="A scenario is written to a new folder, never over another.",
                todo="Give another name, or remove it.",
            )
        for source, name in ((plugin, PLUGIN), (given, GIVEN), (modules, MODULES)):
            if source is not None:
                shutil.copytree(
                    source,
                    folder / name,
                    symlinks=True,
                    ignore=shutil.ignore_patterns(".git"),
                )
        write_durably(folder / FILE, scenario_toml(scenario).encode())
    return load(folder)


def scenario_toml(scenario: Scenario) -> str:
    """Return a scenario's file; what is at its default is left out."""
    return "\n".join(_lines(scenario)) + "\n"


def _lines(scenario: Scenario) -> Iterator[str]:
    yield from _keys(
        {
            "title": scenario.title,
            "story": scenario.story,
            "nakama": scenario.nakama,
            **_said(
                strategies=_unless(scenario.strategies, STRATEGIES),
                pinning=scenario.pinning,
                engines=_unless(scenario.engines, ENGINES),
                engines_why=scenario.engines_why,
            ),
        }
    )
    folder = "" if scenario.folder == "." else scenario.folder
    command = _said(folder=folder, options=scenario.options, explains=scenario.explains)
    yield from _table("[command]", command)
    if scenario.private is not None:
        yield from _table("[private]", _changed(scenario.private))
    actions = {kind: action for action, kind in ACTIONS.items()}
    for step in scenario.prepare:
        table = {"action": actions[type(step)], **_changed(step)}
        yield from _table("[[prepare]]", table)
    yield from _expected(scenario.expect)


def _expected(expect: Expectation) -> Iterator[str]:
    values = _changed(expect)
    for name in ("pins", "fits", "diagnoses"):
        values.pop(name, None)
    if expect.end == "clean" and expect.builds == 1:
        del values["builds"]  # a clean end has one unless the file says otherwise
    yield from _table("[expect]", values)
    yield from _table("[expect.pins]", expect.pins)
    yield from _table("[expect.fits]", expect.fits)
    for diagnosis in expect.diagnoses:
        yield from _table("[[expect.diagnoses]]", _of(diagnosis))


def _of(diagnosis: ExpectedDiagnosis) -> Mapping[str, object]:
    values = _changed(diagnosis)
    return {"class": values.pop("failure_class"), **values}


def _unless(value: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
    return () if value == default else value


def _changed(
    value: Step | PrivateModule | Expectation | ExpectedDiagnosis,
) -> dict[str, object]:
    """Map the fields that are not at their defaults to their values."""
    found = {}
    for field in dataclasses.fields(value):
        given = getattr(value, field.name)
        usual = (
            field.default_factory()
            if field.default_factory is not dataclasses.MISSING
            else field.default
        )
        if given != usual:
            found[field.name] = given
    return found


def _said(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value not in ("", ())}


def _table(heading: str, values: Mapping[str, object]) -> Iterator[str]:
    if values:
        yield from ("", heading, *_keys(values))


def _keys(values: Mapping[str, object]) -> Iterator[str]:
    for name, value in values.items():
        yield f"{toml_key(name)} = {toml_value(value)}"
