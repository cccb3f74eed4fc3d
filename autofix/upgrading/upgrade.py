"""
An upgrade from request to results: one release, or one after the other.

Several modules of a repository move together: each is a run of its own for every
release, and only where all of them start is the change made, all of it at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from autofix.attempting import Attempt
from autofix.core.releases import ReleaseTable
from autofix.durable import disk_errors
from autofix.errors import (
    AutofixError,
    ConfigError,
    EnvironmentUnusableError,
    ImageMissingError,
    InternalError,
    UsageError,
)
from autofix.project import Project
from autofix.scratch import scratch_folder
from autofix.upgrading.commits import repository_of
from autofix.upgrading.delivering import is_clean
from autofix.upgrading.journey import Journey, Perform, Request
from autofix.upgrading.share import Share
from autofix.upgrading.together import (
    held_back,
    in_order,
    made_together,
    names_of,
    not_made,
)

LATEST = "latest"
_TAG = re.compile(r"v?(\d+\.\d+\.\d+)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What came of the last run of each module.

    ``error`` is what kept the change of several from being made, although all of them
    started.
    """

    attempts: tuple[Attempt, ...]
    error: AutofixError | None = None


def upgraded(
    request: Request,
    projects: Sequence[Project],
    table: ReleaseTable,
    perform: Perform,
    note: Callable[[str], None],
) -> Outcome:
    """
    Move a project's modules to a release and return what came of their last runs.

    ConfigError for what is no release; BranchError, GitError or DirtyProjectError
    where a change could not be made, before anything runs.
    """
    aim = wanted(request.nakama, table)
    projects = in_order(projects)
    names = names_of(projects) if len(projects) > 1 else ("",)
    journeys = tuple(
        Journey(request, project, table, aim, name)
        for project, name in zip(projects, names, strict=True)
    )
    tags: tuple[str, ...] = (aim,)
    if request.through:
        tags = table.steps(_common_start(journeys, names), aim)
    _require_ready(request, journeys, aim)
    with ExitStack() as stack:
        with disk_errors("No temporary folder can be made"):
            scratch = stack.enter_context(scratch_folder())
        return _Way(request, journeys, names, perform, note, scratch).went(tags)


def wanted(nakama: str, table: ReleaseTable) -> str:
    """Return the tag that was asked for; ConfigError if it is none."""
    if nakama == LATEST:
        return table.newest.tag
    tag = _TAG.fullmatch(nakama.strip())
    if tag is None:
        raise ConfigError(
            f"--nakama {nakama!r} is no release.",
            why="An upgrade writes it into files, so it must be a tag such as "
            f"{table.newest.tag}, or {LATEST}.",
            todo="'autofix versions' lists the releases.",
        )
    return tag[1]


def _common_start(journeys: Sequence[Journey], names: Sequence[str]) -> str:
    """Return the release that all modules are at; UsageError if they differ."""
    found = {
        name: each.before or "none" for name, each in zip(names, journeys, strict=True)
    }
    if len(set(found.values())) > 1:
        told = ", ".join(f"{name} {release}" for name, release in found.items())
        raise UsageError(
            f"--through begins at one release, and the modules name several: {told}.",
            todo="Leave --through out, or name one module.",
        )
    return journeys[0].before


def _require_ready(request: Request, journeys: Sequence[Journey], aim: str) -> None:
    """Refuse before the first run what would keep the change from being made."""
    if request.commit:
        projects = tuple(each.project for each in journeys)
        repository_of(projects, request.branch_for(aim)).require_ready(
            allow_dirty=request.config.allow_dirty,
            commits=2 if request.port else 1,  # the pins, and the code upon them
        )
    if len(journeys) > 1:
        for each in journeys:
            each.require_clean()


@dataclass(slots=True)
class _Way:
    """The way of all modules: a step of each at every release."""

    request: Request
    journeys: tuple[Journey, ...]
    names: tuple[str, ...]
    perform: Perform
    note: Callable[[str], None]
    scratch: Path

    def went(self, tags: Sequence[str]) -> Outcome:
        """Go release by release; the last one, or the last good one, is kept."""
        good, broke, kept = "", "", False
        made: tuple[Attempt, ...] = ()
        for number, tag in enumerate(tags, start=1):
            if len(tags) > 1:
                self.note(f"release {number} of {len(tags)}: Nakama {tag}")
            kept = number == len(tags)
            made = self._step(tag, keep=kept)
            if self._is_clean(made):
                good = tag
            elif _passed_over(made) and not kept:
                continue
            else:
                broke = "" if all(map(_is_no_proof, made)) else tag
                break
        if not made:
            raise InternalError("An upgrade has at least one release to try.")
        again = broke and good and self.request.keep_last_good
        if again and not made[-1].is_last:
            self.note(f"Nakama {broke} broke; keeping {good}")
            made, kept = self._step(good, keep=True), True
        if len(self.journeys) == 1:
            return Outcome(attempts=made)
        if not self._is_clean(made):
            return Outcome(attempts=held_back(made, self.names))
        if not kept or self.request.config.dry_run:
            return Outcome(attempts=made)
        return self._ended(made)

    def _ended(self, made: Sequence[Attempt]) -> Outcome:
        """Make the change of all modules; without it the results say why not."""
        try:
            settled = made_together(self.request, self.journeys, made)
        except AutofixError as error:
            return Outcome(attempts=not_made(made, error), error=error)
        return Outcome(attempts=settled)

    def _step(self, tag: str, *, keep: bool) -> tuple[Attempt, ...]:
        """Run every module with a release, each upon what those before it changed."""
        if len(self.journeys) == 1:
            (only,) = self.journeys
            return (only.tried(tag, self.perform, self.note, keep=keep),)
        made: list[Attempt] = []
        share: Share | None = None
        for number, journey in enumerate(self.journeys, start=1):
            folder = journey.project.module_folder
            self.note(f"module {number} of {len(self.journeys)}: {folder}")
            share = Share(
                modules=self.names,
                keep=self.scratch / f"{tag}-{keep}-{number}",
                given=share.passed_on() if share else {},
            )
            attempt = journey.tried(
                tag, self.perform, self.note, keep=keep, share=share
            )
            made.append(attempt)
            if attempt.is_last:
                break
        return tuple(made)

    def _is_clean(self, made: Sequence[Attempt]) -> bool:
        clean = all(is_clean(each.result) for each in made)
        return clean and len(made) == len(self.journeys)


def _passed_over(made: Sequence[Attempt]) -> bool:
    """Tell whether nothing but a release's missing image stopped its runs."""
    bad = [each for each in made if not is_clean(each.result)]
    return all(isinstance(each.error, ImageMissingError) for each in bad)


def _is_no_proof(attempt: Attempt) -> bool:
    """Tell whether a run does not show that its release breaks anything."""
    by_machine = attempt.result.exit_code == EnvironmentUnusableError.exit_code
    cut_short = by_machine and not isinstance(attempt.error, ImageMissingError)
    return cut_short or is_clean(attempt.result)
