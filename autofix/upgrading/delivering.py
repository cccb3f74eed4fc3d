"""Where an upgrade's change goes at a clean end: into the project, or on a branch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autofix.core.apichanges import ADVICE
from autofix.core.model import EndKind, Finding, ServerFacts
from autofix.core.state import State
from autofix.errors import ConfigError, ImageMissingError
from autofix.gotool import GoTool
from autofix.harvest import Harvest
from autofix.locking import lock_path
from autofix.project import Project
from autofix.report.port_markdown import port_message
from autofix.report.upgrade_markdown import commit_message
from autofix.result import (
    DependencyResult,
    MovedPlace,
    RunResult,
    StepResult,
    UpgradeResult,
)
from autofix.upgrading.codeport import CodePort, code_port
from autofix.upgrading.commits import Change, Repository, Written
from autofix.upgrading.projectmoves import ProjectMoves
from autofix.upgrading.share import Share
from autofix.workspace import apply


@dataclass(slots=True, kw_only=True)
class UpgradeDelivery:
    """
    One release's edits, and what becomes of them.

    With a ``repository`` the project stays as it is and its change becomes a commit.
    ``aim`` is the release that was asked for, ``earlier`` the steps before this one.
    With ``ports`` the code of a run that stops is ported; ``port`` is what came of it,
    and a delivery that begins with one has its edits too. With a ``share`` the change
    is kept until those of other modules are there as well.
    """

    project: Project
    moves: ProjectMoves
    aim: str
    ports: bool = False
    port: CodePort | None = None
    repository: Repository | None = None
    share: Share | None = None
    earlier: tuple[StepResult, ...] = ()
    step: StepResult | None = None
    _written: tuple[Written, ...] = field(default=(), init=False)

    @property
    def edits(self) -> Mapping[Path, bytes]:
        """Return the files that name the new Nakama, and those with ported code."""
        return {**self.moves.edits, **(self.port.edits if self.port else {})}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what could not be moved."""
        return self.moves.findings

    @property
    def given(self) -> Mapping[Path, bytes]:
        """Return what the modules before this one have changed."""
        return self.share.given if self.share else {}

    @property
    def keeps(self) -> bool:
        """Tell whether the change is kept for the end."""
        return self.share is not None

    @property
    def renews_lock(self) -> bool:
        """Tell whether there is a lock file, which has to move too."""
        return self.moves.lock is not None

    @property
    def steps(self) -> tuple[StepResult, ...]:
        """Return every step so far, this one the last once it has ended."""
        return (*self.earlier, *([self.step] if self.step else ()))

    def require(self, server: ServerFacts) -> None:
        """Refuse another Nakama than the one moved to, with a ConfigError."""
        if server.release not in ("", self.moves.after):
            raise ConfigError(
                f"The server that started is Nakama {server.release}, not "
                f"{self.moves.after}: {server.reference}.",
                why="The project would name a Nakama that nobody has started.",
                todo=f"Give the server of {self.moves.after} (--server, or its image).",
            )

    def deliver(
        self, harvest: Harvest, *, backup: Path, intent: Path
    ) -> tuple[str, ...]:
        """Apply the change, or write the tree that a commit will have."""
        changes = harvest.changes
        if self.share is not None:
            self.share.take(harvest)
            return ()
        if self.repository is None:
            return apply(harvest.root, changes, backup=backup, intent=intent)
        code = self.ported_files
        pins = {
            name: new
            for name, new in changes.files.items()
            if harvest.root / name not in code
        }
        self._written = tuple(
            self.repository.write(
                Change(root=harvest.root, files=files, trees=changes.trees)
            )
            for files in ((pins, changes.files) if code else (changes.files,))
        )
        return ()

    def _lock(self, result: RunResult) -> Iterator[MovedPlace]:
        """Yield the lock file's place, if the lock file changed."""
        path = lock_path(self.project.module_folder)
        changed = {Path(result.root) / each for each in result.files}
        if self.moves.lock is not None and path in changed:
            yield self.moves.lock

    @property
    def ported_files(self) -> frozenset[Path]:
        """Return the files whose code was ported."""
        return frozenset(self.port.edits if self.port else ())

    def stopped(self, go: GoTool, state: State) -> None:
        """Port the project's code, if asked and not done yet."""
        if self.ports and self.port is None:
            self.port = code_port(go, state, self.project)

    def ported(self) -> UpgradeDelivery | None:
        """Return the same delivery with ported code; None if there is none to try."""
        if self.port is None or not self.port.edits:
            return None
        return replace(self, port=self.port, step=None)

    def dependencies_of(self, result: RunResult) -> DependencyResult | None:
        """Return what became of dependencies; an upgrade of Nakama raises none."""
        del result
        return None

    def conclude(self, result: RunResult) -> RunResult:
        """Say what was moved, and make the commit if the end was clean."""
        self.step = step_of(result, self.moves.after)
        told = UpgradeResult(
            before=self.moves.before,
            after=self.moves.after,
            aim=self.aim,
            moves=(*self.moves.places, *self._lock(result)),
            steps=self.steps,
            port=self.port.result if self.port else None,
            dependencies=self.dependencies_of(result),
            together=self.share.modules if self.share else (),
            go_mod=Path(
                os.path.relpath(self.project.go_mod, self.project.repository)
            ).as_posix(),
        )
        result = replace(result, upgrade=told)
        if told.port is not None:  # what it advises has been done
            choices = (each.removesuffix(f" {ADVICE}") for each in result.choices)
            result = replace(result, choices=tuple(choices))
        if self.aim != self.moves.after and result.exit_code == 0:
            result = replace(result, exit_code=1)
        if self.repository is None or not self._written or result.error:
            return result
        ignored = self._written[-1].ignored
        result = replace(
            result, findings=(*result.findings, *ignored_findings(ignored, told.before))
        )
        messages = [commit_message(result)]
        if told.port is not None:
            messages.append(port_message(told.port))
        steps = tuple(zip(self._written, messages, strict=False))
        commit, made = self.repository.commits(steps)
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


def ignored_findings(names: tuple[str, ...], before: str) -> tuple[Finding, ...]:
    """Say which files a commit cannot have, although they name the old Nakama."""
    return tuple(
        Finding(
            name="file-ignored-by-git",
            text=f"{name} is ignored by git, so the commit leaves it as it is.",
            answer=f"Change it where it is used: it is for Nakama {before}.",
        )
        for name in names
    )
