"""Run a past run again, from the inputs it kept, and tell what comes out otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from autofix.config import SETTINGS, Config, Kind, Setting
from autofix.core.gomod import fingerprint
from autofix.core.model import Diagnosis, EndKind
from autofix.errors import RunUnreadableError
from autofix.inputs import Inputs, given_files, is_kept, restored
from autofix.layers import ConfigFile, merge
from autofix.project import find_projects
from autofix.runs import Run, end_of, read_run
from autofix.sameserver import Served, served

_PLACES = frozenset({"engine", "server_image", "builder_image"})
"""Settings that only say where a run went, which the run itself knows better."""

Perform = Callable[[Config], Path]
"""Runs with a configuration and returns the run's folder, whatever the end was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing as it was and as it is now."""

    what: str
    then: str
    now: str

    @property
    def same(self) -> bool:
        """Tell whether it did not change."""
        return self.then == self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """
    A past run beside its repetition.

    ``reproduced`` tells whether it ended the same way, for the same reason: the same
    typed end and the same last diagnosis, or the same error. ``rows`` also hold what
    was given: another server under the same tag explains another end, and ``served``
    says whether it was another one.
    """

    then: Run
    now: Run
    rows: tuple[Row, ...]
    reproduced: bool
    served: Served


def reproduced(
    run: Run,
    inputs: Inputs,
    *,
    into: Path,
    where: Mapping[str, Any],
    perform: Perform,
    foreign: bool = False,
) -> Reproduction:
    """
    Restore the inputs into an empty folder, run again, and compare.

    ``where`` are the settings of ``settings_again``; ``foreign`` tells whether the run
    came in a bundle.
    """
    config = config_of(run, inputs, into=into, where=where, foreign=foreign)
    return beside(run, read_run(perform(config)))


def beside(run: Run, again: Run) -> Reproduction:
    """Compare a run with its repetition."""
    return Reproduction(
        then=run,
        now=again,
        rows=tuple(_rows(run, again)),
        reproduced=end_of(run) == end_of(again) and _reason(run) == _reason(again),
        served=served(run, again),
    )


def config_of(
    run: Run,
    inputs: Inputs,
    *,
    into: Path,
    where: Mapping[str, Any],
    foreign: bool = False,
) -> Config:
    """
    Return the configuration of a repetition; ConfigError if it contradicts itself.

    RunUnreadableError if the sources cannot be restored, or a ``foreign`` run's lead to
    folders of this machine.
    """
    module = restored(run.about.path, inputs, into)
    if foreign:
        _require_whole(module, into)
    keys = {each.key for each in SETTINGS.values() if _counts(each, foreign=foreign)}
    table = {key: value for key, value in inputs.settings.items() if key in keys}
    merged = merge(
        project=module,
        flags={},
        environment={},
        file=ConfigFile(path=into / "settings", table=table),
    ).config
    policy = run.header.policy
    exact: dict[str, Any] = {
        "dry_run": True,
        "allow_dirty": True,
        "strategy": policy.strategy.value,
        "max_rounds": policy.max_rounds,
        "max_time": policy.max_seconds,
    }
    return replace(merged, **exact | given_files(into) | dict(where))


def _require_whole(module: Path, into: Path) -> None:
    """Refuse sources whose go.mod or go.work would bring in folders of this machine."""
    for project in find_projects(module):
        for each in project.folders:
            folder = (project.root / each).resolve()
            if not folder.is_relative_to(into.resolve()):
                raise RunUnreadableError(
                    f"The sources lead out of the bundle, to {folder}.",
                    why="What a replace or a go.work names is brought into the builder, "
                    "where somebody else's code could read it.",
                    todo="Replay it: --replay. Or unpack it and look at its go.mod.",
                )


def _counts(setting: Setting, *, foreign: bool) -> bool:
    """Tell whether a setting kept with a run may say how it is run again."""
    of_another_machine = setting.kind is Kind.PATH or setting.name == "database_image"
    here = not (foreign and of_another_machine)
    return is_kept(setting) and here and setting.name not in _PLACES


def _rows(then: Run, now: Run) -> Iterator[Row]:
    for what, tell in _TOLD:
        yield Row(what=what, then=tell(then), now=tell(now))
    failures = zip_longest(_failures(then), _failures(now), fillvalue="nothing")
    for number, (before, after) in enumerate(failures, start=1):
        yield Row(what=f"failure {number}", then=before, now=after)


def _server(run: Run) -> str:
    prepared = run.story.prepared
    if prepared is None:
        return "none"
    server = prepared.server
    return f"{server.reference}, Go {server.go}, {server.digest[:19]}"


def _builder(run: Run) -> str:
    prepared = run.story.prepared
    return (
        f"{prepared.builder.reference}, Go {prepared.builder.go}"
        if prepared
        else "none"
    )


def _requirements(run: Run) -> str:
    prepared = run.story.prepared
    return f"go.mod {fingerprint(prepared.gomod)[:12]}" if prepared else "none"


def _reason(run: Run) -> str:
    """Identify what ended a run; addresses and times in a program's line do not count."""
    found = [step.diagnosis for step in run.story.steps if step.diagnosis is not None]
    if not found or end_of(run) == EndKind.CLEAN.value:
        return ""
    return "\n".join((found[-1].name, *map("=".join, sorted(found[-1].facts.items()))))


def _failures(run: Run) -> list[str]:
    return [_line(step.diagnosis) for step in run.story.steps if step.diagnosis]


def _line(diagnosis: Diagnosis) -> str:
    """Return a failure in the program's own words, as far as they do not vary."""
    package = diagnosis.facts.get("package", "")
    told = package if package and package in diagnosis.quoted else diagnosis.words
    return f"{diagnosis.name}: {told}"


_TOLD: tuple[tuple[str, Callable[[Run], str]], ...] = (
    ("server", _server),
    ("builder", _builder),
    ("requirements", _requirements),
    ("end", end_of),
)
