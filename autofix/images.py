"""Which image references are tried for each role, in order."""

from __future__ import annotations

from collections.abc import Iterable

from autofix.core.imageref import parse_image
from autofix.core.model import ServerFacts
from autofix.core.releases import Release
from autofix.core.target import golang_image

KIT_NAMESPACE = "autofix-kit"
KIT_DATABASE = f"{KIT_NAMESPACE}/postgres:15"
DATABASES = ("postgres:16-alpine", "postgres:16", "postgres:latest")
"""Nakama's own compose files use PostgreSQL 16 (3.40.0)."""


def with_stand_ins(references: Iterable[str], *, kit: bool) -> tuple[str, ...]:
    """Append the kit's counterpart of each reference that has one, if asked to."""
    references = tuple(references)
    if not kit:
        return references
    stand_ins = (_stand_in(reference) for reference in references)
    return tuple(dict.fromkeys((*references, *filter(None, stand_ins))))


def databases(*, chosen: str, kit: bool) -> tuple[str, ...]:
    """Return the PostgreSQL images to try."""
    if chosen:
        return (chosen,)
    return (*DATABASES, KIT_DATABASE) if kit else DATABASES


def builders(
    references: Iterable[str],
    server: ServerFacts,
    release: Release | None,
    *,
    kit: bool,
) -> tuple[str, ...]:
    """
    Return the builders to try: those of the project and release, then Go's own image.

    Go's own image of the server's exact Go always fits, whatever a builder's tag
    promises (3.38.0's builder has another Go than its server).
    """
    exact = golang_image(server.go, release.debian if release else "bookworm")
    return with_stand_ins(dict.fromkeys((*references, exact)), kit=kit)


def _stand_in(reference: str) -> str:
    image = parse_image(reference)
    if image is None or not image.tag:
        return ""
    is_go = image.name == "golang" and image.namespace in {"", "library"}
    if not (image.is_official or is_go):
        return ""
    return f"{KIT_NAMESPACE}/{image.name}:{image.tag}"
