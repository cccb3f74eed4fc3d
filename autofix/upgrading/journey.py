"""One module's way to another Nakama: a run for each release, with its own edits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from autofix.attempting import Attempt
from autofix.config import Config
from autofix.core.model import Finding
from autofix.core.releases import ReleaseTable
from autofix.delivery import Delivery
from autofix.errors import ProjectError
from autofix.project import Project, find_projects
from autofix.session import refuse_dirty
from autofix.upgrading.codeport import CodePort
from autofix.upgrading.commits import repository_of
from autofix.upgrading.delivering import UpgradeDelivery, is_clean
from autofix.upgrading.projectmoves import ProjectMoves, named_release, project_moves
from autofix.upgrading.share import Share

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


class Journey:
    """
    The releases on a module's way to ``aim``, and the steps made so far.

    ``name`` tells the module from those that move together with it, "" alone.
    """

    def __init__(
        self,
        request: Request,
        project: Project,
        table: ReleaseTable,
        aim: str,
        name: str = "",
    ) -> None:
        self.project = project
        self.before = named_release(project, table)
        self.last: UpgradeDelivery | None = None
        self._request = request
        self._table = table
        self._aim = aim
        self._name = name
        self._ports: dict[str, CodePort] = {}

    def require_clean(self) -> None:
        """Refuse now what the module's own run would refuse after those of others."""
        refuse_dirty(
            self.project,
            self.config(self._aim, keep=True),
            self.delivery(self._aim, keep=False),
        )

    def tried(
        self,
        tag: str,
        perform: Perform,
        note: Callable[[str], None],
        *,
        keep: bool,
        share: Share | None = None,
    ) -> Attempt:
        """Run with a release, and once more with ported code if that is asked for."""
        delivery = self.delivery(tag, keep=keep, share=share)
        tried = perform(self.config(tag, keep=keep), self.project, delivery)
        ported = None if is_clean(tried.result) else delivery.ported()
        if ported is not None:
            note("its code does not compile; trying again with ported code")
            delivery = ported
            config = self.config(tag, keep=keep, folder="ported")
            tried = perform(config, self.project, delivery)
        self.last = delivery
        if delivery.port is not None:
            self._ports[tag] = delivery.port
        return tried

    def config(self, tag: str, *, keep: bool, folder: str = "") -> Config:
        """
        Return the configuration of one release; only the last one may change.

        What the settings say of a server or a plugin file is of the old Nakama.
        ``folder`` keeps a second run of a release apart from the first.
        """
        config = self._request.config
        run_dir = config.run_dir
        if run_dir is not None and self._name:
            run_dir = run_dir / self._name.replace("/", "-")
        if run_dir is not None and self._request.through:
            number = len(self.last.steps) + 1 if self.last else 1
            run_dir = run_dir / f"{number:02}-{tag}"
        if run_dir is not None and folder:
            run_dir = run_dir.with_name(f"{run_dir.name}-{folder}")
        return replace(
            config,
            project=self.project.module_folder if self._name else config.project,
            nakama=tag,
            server_image="",
            so=None,
            diff=False,
            dry_run=config.dry_run or not keep,
            run_dir=run_dir,
        )

    def delivery(
        self, tag: str, *, keep: bool, share: Share | None = None
    ) -> UpgradeDelivery:
        """Plan the edits of one release."""
        commits = self._request.commit and keep and share is None
        branch = self._request.branch_for(tag)
        given = share.given if share else {}
        moves = project_moves(self.project, tag, self._table, self.before, given)
        if not self._name:
            findings = (*moves.findings, *self._left_behind(moves))
            moves = replace(moves, findings=findings)
        return UpgradeDelivery(
            project=self.project,
            ports=self._request.port,
            port=self._ports.get(tag),
            moves=moves,
            aim=self._aim,
            repository=repository_of((self.project,), branch) if commits else None,
            earlier=self.last.steps if self.last else (),
            share=share,
        )

    def _left_behind(self, moves: ProjectMoves) -> Iterator[Finding]:
        """Say which files move under modules that do not move with this one."""
        folder = self.project.module_folder
        moved = sorted(each for each in moves.edits if not each.is_relative_to(folder))
        others = self._others if moved else ()
        if not others:
            return
        base = self.project.repository
        files, modules = (
            ", ".join(Path(os.path.relpath(each, base)).as_posix() for each in paths)
            for paths in (moved, others)
        )
        yield Finding(
            name="modules-left-behind",
            text=f"{files} may speak for other modules with plugins too, which do not "
            f"move: {modules}.",
            answer="Name the repository instead to move all of them together.",
        )

    @cached_property
    def _others(self) -> tuple[Path, ...]:
        """Find the repository's other modules with plugins."""
        try:
            found = find_projects(self.project.repository)
        except ProjectError:
            return ()
        own = self.project.module_folder
        folders = (each.module_folder for each in found)
        return tuple(each for each in folders if each != own)
