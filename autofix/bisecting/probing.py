"""
Whether a plugin would load as it is: by a plan as ``check`` makes it, or a real build.

A plan is quick and sees versions, go lines, replaces and build flags; what only a
compiler or the plugin's own code can tell, a build and a start do.
"""

from __future__ import annotations

import secrets
import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from autofix.attempting import Attempt, attempted
from autofix.bisecting.bisection import Probe
from autofix.checking import OpenEngine, Question, check
from autofix.config import Config
from autofix.core.bisecting import Mark
from autofix.core.model import EndKind, FailureClass
from autofix.core.releases import NAKAMA_COMMON
from autofix.errors import (
    DiskFullError,
    EngineLostError,
    ImageMissingError,
    NetworkError,
    ProjectError,
    ReadOnlyError,
    TargetError,
)
from autofix.judging import project_mismatches
from autofix.project import find_projects
from autofix.report.base import Reporter
from autofix.servercache import ServerCache
from autofix.verdict import Mismatch, Verdict

BUILT = "built and loaded"
OF_THE_LOCK = frozenset({"lock-unusable", "lock-stale", "lock-of-another-image"})
OF_THE_BUILDER = frozenset({"builder-tag-differs", "builder-go-differs"})
"""Findings that say nothing where the server was chosen by hand: its builder follows."""

UNTESTABLE = (ProjectError, TargetError, ImageMissingError, NetworkError)
OF_THE_MACHINE = frozenset(
    {
        FailureClass.MODULE_FETCH,
        FailureClass.RESOURCES,
        FailureClass.DATABASE,
        FailureClass.UNKNOWN,
    }
)
"""Classes of failures that do not tell whether the plugin would load."""

ENDS = frozenset(EndKind)
"""Names of findings that say why a plan does not stand."""

OF_PACKAGES = frozenset({"module-version", "replace-defeats"})
"""Findings that are none if plugin and server link no package in common."""

FATAL = (DiskFullError, ReadOnlyError, EngineLostError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """
    Judges by a plan; the release table serves where no image is at hand.

    ``by_hand`` says that the server was named by the user, not by the project.
    """

    open_engine: OpenEngine
    cache: ServerCache
    offline: bool
    by_hand: bool

    def probe(self, name: str, config: Config) -> Probe:
        """Judge a folder; what cannot be judged there is a skip."""
        began = time.monotonic()
        question = Question(config=config, offline=self.offline, fast=True)
        try:
            verdicts = check(
                question,
                Reporter(),
                open_engine=self.open_engine,
                cache=self.cache,
            )
        except UNTESTABLE as error:
            probe = Probe(name=name, mark=Mark.SKIP, words=error.what)
        else:
            probe = judged(name, verdicts, by_hand=self.by_hand)
        return replace(probe, seconds=time.monotonic() - began)


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """
    Judges by one round of a run that pins nothing; runs are kept in ``folder``.

    What the project's own build line lacks is no part of that build, and counts too.
    ``by_hand`` is as a ``Planner`` has it.
    """

    folder: Path
    by_hand: bool

    def probe(self, name: str, config: Config) -> Probe:
        """Build and start a folder as it is; what prevents that is a skip."""
        began = time.monotonic()
        try:
            projects = find_projects(config.project, package=config.package or None)
        except ProjectError as error:
            return Probe(name=name, mark=Mark.SKIP, words=error.what)
        probe = Probe(name=name, mark=Mark.SKIP, words="")
        for project in projects:
            as_it_is = replace(
                config,
                project=project.module_folder,
                so=None,
                strategy="first",
                max_rounds=1,
                dry_run=True,
                allow_dirty=True,
                run_dir=self.folder / secrets.token_hex(4),
            )
            made = attempted(as_it_is, project, nullcontext(Reporter()))
            probe = tried(name, made, by_hand=self.by_hand)
            if probe.mark is not Mark.GOOD:
                break
        return replace(probe, seconds=time.monotonic() - began)


def judged(name: str, verdicts: tuple[Verdict, ...], *, by_hand: bool) -> Probe:
    """
    Turn the verdicts on one candidate into a probe.

    ``by_hand`` says that the server was named by the user, not by the project.
    """
    ignored = OF_THE_LOCK | _of_the_builder(by_hand=by_hand)
    errors = tuple(
        each
        for verdict in verdicts
        for each in verdict.errors
        if each.name not in ignored
    )
    said = Probe(
        name=name,
        mark=Mark.GOOD,
        words="nothing would have to change",
        server="; ".join(dict.fromkeys(each.basis_text for each in verdicts)),
        plugin="; ".join(
            dict.fromkeys(one.depth.value for each in verdicts for one in each.judged)
        ),
        unknown=tuple(
            dict.fromkeys(text for each in verdicts for text in each.unknown)
        ),
    )
    found = tuple(each for each in errors if each.name not in ENDS)
    if not found:
        for each in (one for verdict in verdicts for one in verdict.judged):
            if each.ended is not None and each.ended.failure_class in OF_THE_MACHINE:
                return replace(said, mark=Mark.SKIP, words=each.ended.words)
    if not errors:
        return said
    if not all(verdict.server.packages for verdict in verdicts) and not any(
        map(_is_certain, errors)
    ):
        modules = ", ".join(each.module for each in errors)
        words = f"whether the server links what the plugin does of {modules} is unknown"
        return replace(said, mark=Mark.SKIP, words=words)
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    words = f"{errors[0].text.rstrip('.')}{more}"
    return replace(said, mark=Mark.BAD, words=words, findings=errors)


def _is_certain(mismatch: Mismatch) -> bool:
    """Tell whether it stands too where the server's packages are not known."""
    return mismatch.name not in OF_PACKAGES or mismatch.module == NAKAMA_COMMON


def _of_the_builder(*, by_hand: bool) -> frozenset[str]:
    return OF_THE_BUILDER if by_hand else frozenset()


def tried(name: str, made: Attempt, *, by_hand: bool) -> Probe:
    """Turn one round of a run into a probe; what ends all runs is raised."""
    if made.error is not None:
        if made.is_last or isinstance(made.error, FATAL):
            raise made.error
        return Probe(name=name, mark=Mark.SKIP, words=made.error.what)
    result = made.result
    said = Probe(
        name=name,
        mark=Mark.GOOD,
        words="it was built and the server started with it",
        server=result.server.reference if result.server else "",
        plugin=BUILT,
    )
    ending = result.ending
    if ending is not None and ending.kind is EndKind.CLEAN and not result.diff:
        ignored = _of_the_builder(by_hand=by_hand)
        lacks = tuple(
            each
            for each in project_mismatches(result.findings)
            if each.name not in ignored
        )
        if not lacks:
            return said
        words = lacks[0].text.rstrip(".")
        return replace(said, mark=Mark.BAD, words=words, findings=lacks)
    first = next((each.diagnosis for each in result.rounds if each.diagnosis), None)
    diagnosis = first or (ending.diagnosis if ending else None)
    if diagnosis is None:
        text = ending.words if ending else "The run has no end."
        if ending is not None and ending.kind is EndKind.TIME_LIMIT:
            return replace(said, mark=Mark.SKIP, words=text)
        if result.diff:
            text = "go.mod had to change before it could be built."
        finding = Mismatch(name="build", text=text)
    else:
        if diagnosis.failure_class in OF_THE_MACHINE:
            return replace(said, mark=Mark.SKIP, words=diagnosis.words)
        finding = Mismatch(
            name=diagnosis.name,
            text=diagnosis.words,
            module=diagnosis.facts.get("module", ""),
            reason=diagnosis.quoted,
            remedy=diagnosis.remedy,
        )
    words = finding.text.rstrip(".")
    return replace(said, mark=Mark.BAD, words=words, findings=(finding,))
