"""An upgrade from request to result: one release, or one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from autofix.attempting import Attempt
from autofix.config import Config
from autofix.core.releases import ReleaseTable
from autofix.delivery import Delivery
from autofix.errors import (
    ConfigError,
    EnvironmentUnusableError,
    ImageMissingError,
    InternalError,
)
from autofix.project import Project
from autofix.upgrading.codeport import CodePort
from autofix.upgrading.commits import Repository, repository_of
from autofix.upgrading.delivering import UpgradeDelivery, is_clean
from autofix.upgrading.projectmoves import named_release, project_moves

LATEST = "latest"
_TAG = re.compile(r"v?(\d+\.\d+\.\d+)", re.ASCII)


Perform = Callable[[Config, Project, Delivery], Attempt]
"""Runs a project with a configuration and a delivery; raises nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """
    What was asked for.

    ``nakama`` is a tag or ``latest``. With ``commit`` the change goes to ``branch``
    ("" for one named after the release). ``through`` tries every minor release on the
    way, and ``keep_last_good`` keeps the last of them that started, if one broke. With
    ``port`` own code is rewritten where nakama-common's API changed.
    """

    config: Config
    nakama: str
    commit: bool = False
    branch: str = ""
    through: bool = False
    keep_last_good: bool = False
    port: bool = False

    def branch_for(self, tag: str) -> str:
        """Name the branch of a release."""
        return self.branch or f"autofix/nakama-{tag}"


def upgraded(
    request: Request,
    project: Project,
    table: ReleaseTable,
    perform: Perform,
    note: Callable[[str], None],
) -> Attempt:
    """
    Move a project to a release and return what came of the last run.

    ConfigError for what is no release; BranchError, GitError or DirtyProjectError
    where a commit could not be made, before anything runs.
    """
    aim = wanted(request.nakama, table)
    before = named_release(project, table)
    tags = table.steps(before, aim) if request.through else (aim,)
    journey = _Journey(request, project, table, before, aim)
    tried: Attempt | None = None
    good, broke = "", ""
    for number, tag in enumerate(tags, start=1):
        if len(tags) > 1:
            note(f"release {number} of {len(tags)}: Nakama {tag}")
        last = number == len(tags)
        delivery = journey.delivery(tag, keep=last)
        tried = perform(journey.config(tag, keep=last), project, delivery)
        ported = None if is_clean(tried.result) else delivery.ported()
        if ported is not None:
            note("its code does not compile; trying again with ported code")
            delivery = ported
            config = journey.config(tag, keep=last, folder="ported")
            tried = perform(config, project, delivery)
        journey.passed(delivery)
        if is_clean(tried.result):
            good = tag
        elif isinstance(tried.error, ImageMissingError) and not last:
            continue
        else:
            broke = "" if _is_the_machines(tried) else tag
            break
    if tried is None:
        raise InternalError("An upgrade has at least one release to try.")
    if broke and good and request.keep_last_good and not tried.is_last:
        note(f"Nakama {broke} broke; keeping {good}")
        delivery = journey.delivery(good, keep=True)
        tried = perform(journey.config(good, keep=True), project, delivery)
    return tried


def _is_the_machines(tried: Attempt) -> bool:
    """Tell whether a release was not proven to break anything: its run was cut short."""
    by_machine = tried.result.exit_code == EnvironmentUnusableError.exit_code
    return by_machine and not isinstance(tried.error, ImageMissingError)


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


class _Journey:
    """The releases on the way, and the steps made so far."""

    def __init__(
        self,
        request: Request,
        project: Project,
        table: ReleaseTable,
        before: str,
        aim: str,
    ) -> None:
        self._request = request
        self._project = project
        self._table = table
        self._before = before
        self._aim = aim
        self._steps: UpgradeDelivery | None = None
        self._ports: dict[str, CodePort] = {}
        if request.commit:
            dirty = request.config.allow_dirty
            commits = 2 if request.port else 1  # the pins, and the code upon them
            repository = self._repository(aim)
            repository.require_ready(allow_dirty=dirty, commits=commits)

    def config(self, tag: str, *, keep: bool, folder: str = "") -> Config:
        """
        Return the configuration of one release; only the last one may change.

        What the settings say of a server or a plugin file is of the old Nakama.
        ``folder`` keeps a second run of a release apart from the first.
        """
        config = self._request.config
        run_dir = config.run_dir
        if run_dir is not None and self._request.through:
            number = len(self._steps.steps) + 1 if self._steps else 1
            run_dir = run_dir / f"{number:02}-{tag}"
        if run_dir is not None and folder:
            run_dir = run_dir.with_name(f"{run_dir.name}-{folder}")
        return replace(
            config,
            nakama=tag,
            server_image="",
            so=None,
            diff=False,
            dry_run=config.dry_run or not keep,
            run_dir=run_dir,
        )

    def delivery(self, tag: str, *, keep: bool) -> UpgradeDelivery:
        """Plan the edits of one release."""
        commits = self._request.commit and keep
        return UpgradeDelivery(
            project=self._project,
            ports=self._request.port,
            port=self._ports.get(tag),
            moves=project_moves(self._project, tag, self._table, self._before),
            aim=self._aim,
            repository=self._repository(tag) if commits else None,
            earlier=self._steps.steps if self._steps else (),
        )

    def passed(self, delivery: UpgradeDelivery) -> None:
        """Remember a step that was made."""
        self._steps = delivery
        if delivery.port is not None:
            self._ports[delivery.moves.after] = delivery.port

    def _repository(self, tag: str) -> Repository:
        return repository_of(self._project, self._request.branch_for(tag))
