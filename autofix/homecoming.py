"""What a clean run brings home from the builder, with its comments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autofix.conclude import notes
from autofix.core.buildline import BuildLine
from autofix.core.comments import renewed
from autofix.core.lockfile import LOCK_FILE
from autofix.core.model import Finding, ModuleVersion
from autofix.core.serverrecord import ServerRecord
from autofix.core.state import State
from autofix.gotool import GO_MOD, GoTool
from autofix.gowork import in_step
from autofix.harvest import Harvest, Watch, harvest
from autofix.locking import renewed_lock
from autofix.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The changed files, and what was noticed while they were fetched."""

    harvest: Harvest
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Homecoming:
    """
    How the changes of one run are fetched.

    ``expected`` is the snapshot of the watched files that the run began with,
    ``build`` the project's own build line.
    """

    project: Project
    build: BuildLine
    watch: Watch
    expected: Mapping[str, str]
    scratch: Path

    def lock(self, record: ServerRecord | None) -> bytes | None:
        """Return the new lock file; None where it stays, or is not renewed."""
        if record is None or LOCK_FILE not in self.watch.own:
            return None
        return renewed_lock(self.project.module_folder, record)

    def fetched(
        self,
        go: GoTool,
        state: State,
        record: ServerRecord | None,
        *,
        revendored: bool,
    ) -> Home:
        """
        Fetch what changed; go.mod gets the comments that say what its lines match.

        ``record`` is what the lock file is to say of the server, if it is renewed.

        The module in the builder stays as it is, so this may be done while the server
        starts, and again.
        """

        def comments(text: str) -> dict[ModuleVersion, str]:
            server = state.server
            earlier = renewed(text, server.modules, server.label) if server else {}
            return {**earlier, **notes(state)}

        findings = in_step(go, self.project, self.build, state)
        fetched = harvest(
            go,
            self.watch,
            self.expected,
            self.scratch,
            written={GO_MOD: go.annotated(comments), LOCK_FILE: self.lock(record)},
            revendored=revendored,
        )
        return Home(harvest=fetched, findings=findings)
