"""Run a past run again, from the inputs it kept, and tell what comes out otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from autofix.config import Config
from autofix.core.gomod import fingerprint
from autofix.core.model import Diagnosis, EndKind
from autofix.inputs import Inputs, given_files, restored
from autofix.layers import ConfigFile, merge
from autofix.runs import Run, read_run

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
    was given: another server under the same tag explains another end.
    """

    then: Run
    now: Run
    rows: tuple[Row, ...]
    reproduced: bool


def reproduced(
    run: Run,
    inputs: Inputs,
    *,
    into: Path,
    given: Mapping[str, Any],
    perform: Perform,
) -> Reproduction:
    """
    Restore the inputs into an empty folder, run again, and compare.

    ``given`` are settings of this machine (``engine``, ``server``, ``kit`` ...), which
    win over those of the run.
    """
    config = config_of(run, inputs, into=into, given=given)
    again = read_run(perform(config))
    rows = tuple(_rows(run, again))
    return Reproduction(
        then=run,
        now=again,
        rows=rows,
        reproduced=_end(run) == _end(again) and _reason(run) == _reason(again),
    )


def config_of(
    run: Run, inputs: Inputs, *, into: Path, given: Mapping[str, Any]
) -> Config:
    """Return the configuration of a repetition; ConfigError if it contradicts itself."""
    module = restored(run.about.path, inputs, into)
    table = {**inputs.settings}
    merged = merge(
        project=module,
        flags={},
        environment={},
        file=ConfigFile(path=into / "settings", table=table),
    ).config
    exact = dict(_exact(run)) | {name: value for name, value in given.items() if value}
    if exact.get("engine") == "docker" or exact.get("server_image"):
        exact.pop("server", None)
    policy = run.header.policy
    return replace(
        merged,
        dry_run=True,
        allow_dirty=True,
        strategy=policy.strategy.value,
        max_rounds=policy.max_rounds,
        max_time=policy.max_seconds,
        **given_files(into),
        **exact,
    )


def _exact(run: Run) -> Mapping[str, Any]:
    """Name the very server and builder of a run, as far as it came to them."""
    prepared = run.story.prepared
    if prepared is None:
        return {}
    server, builder = prepared.server.reference, prepared.builder.reference
    if Path(server).is_absolute():
        return {"engine": "local", "server": Path(server)}
    return {"server_image": server, "builder_image": builder}


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


def _end(run: Run) -> str:
    """Return the typed end, or the code of the error that came before one."""
    if run.story.stopped is not None:
        return run.story.stopped.ending.kind.value
    code = run.result.error_code if run.result else ""
    return f"error {code}" if code else run.about.fate.value


def _reason(run: Run) -> str:
    """Identify what ended a run; addresses and times in a program's line do not count."""
    found = [step.diagnosis for step in run.story.steps if step.diagnosis is not None]
    if not found or _end(run) == EndKind.CLEAN.value:
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
    ("end", _end),
)
