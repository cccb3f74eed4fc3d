"""Where an upgrade's change goes at a clean end: into the project, or on a branch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autofix.core.model import EndKind, Finding, ServerFacts
from autofix.errors import ConfigError, ImageMissingError
from autofix.harvest import Harvest
from autofix.report.upgrade_markdown import commit_message
from autofix.result import RunResult, StepResult, UpgradeResult
from autofix.upgrading.commits import Change, Repository, Written
from autofix.upgrading.projectmoves import ProjectMoves
from autofix.workspace import apply


@dataclass(slots=True, kw_only=True)
class UpgradeDelivery:
    """
    One release's edits, and what becomes of them.

    With a ``repository`` the project stays as it is and its change becomes a commit.
    ``aim`` is the release that was asked for, ``earlier`` the steps before this one.
    """

    moves: ProjectMoves
    aim: str
    repository: Repository | None = None
    earlier: tuple[StepResult, ...] = ()
    step: StepResult | None = None
    _written: Written | None = field(default=None, init=False)

    @property
    def edits(self) -> Mapping[Path, bytes]:
        """Return the files that name the new Nakama."""
        return self.moves.edits

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what could not be moved."""
        return self.moves.findings

    @property
    def steps(self) -> tuple[StepResult, ...]:
        """Return every step so far, this one the last once it has ended."""
        return (*self.earlier, *([self.step] if self.step else ()))

    def deliver(
        self, harvest: Harvest, server: ServerFacts, *, backup: Path, intent: Path
    ) -> tuple[str, ...]:
        """
        Apply the change, or write the tree that a commit will have.

        ConfigError if another Nakama was started than the one that was moved to.
        """
        if server.release not in ("", self.moves.after):
            raise ConfigError(
                f"The server that started is Nakama {server.release}, not "
                f"{self.moves.after}: {server.reference}.",
                why="The project would name a Nakama that nobody has started.",
                todo=f"Give the server of {self.moves.after} (--server, or its image).",
            )
        changes = harvest.changes
        if self.repository is None:
            return apply(harvest.root, changes, backup=backup, intent=intent)
        change = Change(root=harvest.root, files=changes.files, trees=changes.trees)
        self._written = self.repository.write(change)
        return ()

    def conclude(self, result: RunResult) -> RunResult:
        """Say what was moved, and make the commit if the end was clean."""
        self.step = step_of(result, self.moves.after)
        told = UpgradeResult(
            before=self.moves.before,
            after=self.moves.after,
            aim=self.aim,
            moves=self.moves.places,
            steps=self.steps,
        )
        result = replace(result, upgrade=told)
        if self.aim != self.moves.after and result.exit_code == 0:
            result = replace(result, exit_code=1)
        if self.repository is None or self._written is None or result.error:
            return result
        result = replace(
            result, findings=(*result.findings, *_ignored(self._written.ignored, told))
        )
        commit, made = self.repository.commit(self._written, commit_message(result))
        branch = self.repository.branch if commit else ""
        told = replace(told, branch=branch, commit=commit, is_new=made)
        return replace(result, upgrade=told)


def step_of(result: RunResult, nakama: str) -> StepResult:
    """Tell how far one release came."""
    ending = result.ending if not result.error else None
    words = ending.words if ending else result.error
    if result.error_code == ImageMissingError.code:
        words = "Passed over: no image of it can be had."
    return StepResult(
        nakama=nakama,
        end=ending.kind.value if ending else result.error_code,
        words=words,
        seconds=result.seconds,
        run_folder=result.run_folder,
    )


def is_clean(result: RunResult) -> bool:
    """Tell whether the server started with the plugin."""
    clean = result.ending is not None and result.ending.kind is EndKind.CLEAN
    return clean and not result.error


def _ignored(names: tuple[str, ...], told: UpgradeResult) -> tuple[Finding, ...]:
    """Say which files a commit cannot have, although they name the old Nakama."""
    return tuple(
        Finding(
            name="file-ignored-by-git",
            text=f"{name} is ignored by git, so the commit leaves it as it is.",
            answer=f"Change it where it is used: it is for Nakama {told.before}.",
        )
        for name in names
    )
