"""
What a run changes besides its pins, and where the change of a clean end goes.

A plain run has no edits of its own and changes the project's folder. An upgrade adds
edits, and may leave the folder alone and make a commit instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from autofix.core.model import Finding, ServerFacts
from autofix.core.state import State
from autofix.gotool import GoTool
from autofix.harvest import Harvest
from autofix.result import RunResult
from autofix.workspace import apply


class Delivery(Protocol):
    """
    What is edited before a run, and what becomes of the change at its clean end.

    ``edits`` map files of the project to the content they are built with and get in
    the end; of go.mod and go.sum it is what the run begins with, vendor/ is its own.
    """

    @property
    def edits(self) -> Mapping[Path, bytes]:
        """Return the new contents of files, by their absolute paths."""
        ...

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what was noticed while the edits were made."""
        ...

    @property
    def given(self) -> Mapping[Path, bytes]:
        """Return files as others have changed them: built with, and none of its own."""
        ...

    @property
    def keeps(self) -> bool:
        """Tell whether it changes nothing yet, so that a dry run may be delivered."""
        ...

    @property
    def renews_lock(self) -> bool:
        """Tell whether the project's autofix.lock is to be of the server as well."""
        ...

    def require(self, server: ServerFacts) -> None:
        """Refuse a change that was proven with a server that it is not for."""
        ...

    def deliver(
        self, harvest: Harvest, *, backup: Path, intent: Path
    ) -> tuple[str, ...]:
        """Take the change of a clean end; return the names changed in the project."""
        ...

    def stopped(self, go: GoTool, state: State) -> None:
        """Look at a run that did not end clean, while its builder is still open."""
        ...

    def conclude(self, result: RunResult) -> RunResult:
        """Have the last word on a result, of a clean end or any other."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InPlace:
    """A plain run's: the project's folder changes, all at once."""

    edits: Mapping[Path, bytes] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    given: Mapping[Path, bytes] = field(default_factory=dict)
    keeps: bool = False
    renews_lock: bool = False

    def require(self, server: ServerFacts) -> None:
        """Accept any: the pins are of the server that started."""

    def deliver(
        self, harvest: Harvest, *, backup: Path, intent: Path
    ) -> tuple[str, ...]:
        """Apply the change; see ``workspace.apply`` for its errors."""
        return apply(harvest.root, harvest.changes, backup=backup, intent=intent)

    def stopped(self, go: GoTool, state: State) -> None:
        """Leave it at that."""

    def conclude(self, result: RunResult) -> RunResult:
        """Return the result as it is."""
        return result
