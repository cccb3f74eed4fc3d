"""What the local engine tries for each role, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autofix.core.model import ServerFacts
from autofix.core.releases import Release
from autofix.core.target import Target
from autofix.engines.local.server_file import server_files

GO = "go"
"""Before a version; alone it is any Go, for a server that does not say its own."""
GIVEN = "given database"
EMBEDDED = "embedded database"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRoles:
    """``server`` is the binary that a user named, ``database`` whether one was given."""

    server: Path | None
    database: bool
    environment: Mapping[str, str]

    def servers(self, _target: Target) -> Sequence[str]:
        """Return the server binaries to try; what they link decides, not the target."""
        return tuple(server_files(self.server, self.environment))

    def builders(
        self, _target: Target, server: ServerFacts, _release: Release | None
    ) -> Sequence[str]:
        """Return the server's exact Go; nothing else would do."""
        return (f"{GO}{server.go}",)

    def databases(self) -> Sequence[str]:
        """Return the user's database, or one to bring up."""
        return (GIVEN,) if self.database else (EMBEDDED,)
