"""Which image references are tried for each role, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autofix.config import Config
from autofix.core.imageref import KIT_NAMESPACE, parse_image
from autofix.core.model import ServerFacts
from autofix.core.releases import Release
from autofix.core.target import Target
from autofix.core.targetfindings import golang_image

KIT_DATABASE = f"{KIT_NAMESPACE}/postgres:15"
DATABASES = ("postgres:16-alpine", "postgres:16", "postgres:latest", KIT_DATABASE)
"""Nakama's own compose files use PostgreSQL 16 (3.40.0); the kit's is a real one too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRoles:
    """What an engine of containers tries for each role; a chosen image comes alone."""

    config: Config

    def servers(self, target: Target) -> Sequence[str]:
        """Return the servers to try."""
        if self.config.server_image:
            return (self.config.server_image,)
        return servers(target.server_images, kit=self.config.kit)

    def builders(
        self, target: Target, server: ServerFacts, release: Release | None
    ) -> Sequence[str]:
        """Return the builders to try."""
        if self.config.builder_image:
            return (self.config.builder_image,)
        return builders(target.builder_images, server, release)

    def databases(self) -> Sequence[str]:
        """Return the PostgreSQL images to try."""
        return databases(self.config.database_image)


def servers(references: Iterable[str], *, kit: bool) -> tuple[str, ...]:
    """
    Return the servers to try.

    The kit's is a stand-in for Nakama, so it is tried only where ``kit`` asks for it.
    """
    return with_kits_own(references) if kit else tuple(references)


def databases(chosen: str) -> tuple[str, ...]:
    """Return the PostgreSQL images to try."""
    return (chosen,) if chosen else DATABASES


def builders(
    references: Iterable[str], server: ServerFacts, release: Release | None
) -> tuple[str, ...]:
    """
    Return the builders to try: those of the project and release, then Go's own image.

    Go's own image of the server's exact Go always fits, whatever a builder's tag
    promises (3.38.0's builder has another Go than its server). The kit's builders
    hold the same Go and compiler, so they are as good where they are in the engine.
    """
    exact = golang_image(server.go, release.debian if release else "bookworm")
    return with_kits_own(dict.fromkeys((*references, exact)))


def with_kits_own(references: Iterable[str]) -> tuple[str, ...]:
    """Append the kit's counterpart of each official reference."""
    references = tuple(references)
    counterparts = (_counterpart(reference) for reference in references)
    return tuple(dict.fromkeys((*references, *filter(None, counterparts))))


def _counterpart(reference: str) -> str:
    image = parse_image(reference)
    if image is None or not image.tag:
        return ""
    is_go = image.name == "golang" and image.namespace in {"", "library"}
    if not (image.is_official or is_go):
        return ""
    return f"{KIT_NAMESPACE}/{image.name}:{image.tag}"
