"""
What was read of a server, as one value that can be kept: in the cache, in a lock file.

It holds only what the image itself says. How that fits the release table and a
modules.txt is worked out each time, because both may have changed since.
"""

from __future__ import annotations

from dataclasses import dataclass

from autofix.core.buildinfo import BuildInfo, Dependency
from autofix.core.linked import Linked
from autofix.core.model import ModuleVersion
from autofix.core.modulestxt import ModulesTxt
from autofix.core.serverfacts import ServerSources


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRecord:
    """
    A server as it was read from its image.

    ``identity`` is the engine's own id of the image and ``digest`` what a registry
    knows it by; ``release`` is Nakama's version, "" if the server does not tell it and
    None if nobody has asked it yet. ``read`` is the UTC time of reading in ISO form.
    """

    reference: str
    machine: str
    linked: Linked
    identity: str = ""
    digest: str = ""
    release: str | None = None
    stand_in: bool = False
    read: str = ""

    @property
    def called(self) -> str:
        """Return what a person calls it: its release, or else its image."""
        return f"Nakama {self.release}" if self.release else self.reference

    @property
    def day(self) -> str:
        """Return the day on which it was read: ``2026-11-22``."""
        return self.read[:10]


def build_info(linked: Linked) -> BuildInfo | None:
    """Return the build information a binary carries; None if it has none."""
    if not linked.version:
        return None
    return BuildInfo(
        version=linked.version,
        path=linked.package,
        main=ModuleVersion(path=linked.main, version="") if linked.main else None,
        dependencies={
            path: Dependency(version=version, replacement=linked.replaced.get(path))
            for path, version in linked.modules.items()
        },
        settings=linked.settings,
    )


def sources(record: ServerRecord, vendored: ModulesTxt | None = None) -> ServerSources:
    """Return a record as one of the sources of a server's facts."""
    return ServerSources(
        reference=record.reference,
        machine=record.machine,
        release=record.release or "",
        info=build_info(record.linked),
        vendored=vendored,
        packages=tuple(record.linked.hashes),
        digest=record.digest,
        stand_in=record.stand_in,
    )
