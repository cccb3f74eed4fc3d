"""
Where a past run is run again: on its very server if that can be had, else the nearest.

An image is best known by its digest; where that cannot be had its tag, and then the
release, serve. What the user gives wins over all of them, and ``served`` says what it
came to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from autofix.core.imageref import ImageRef, NakamaImage, official, parse_image
from autofix.core.observations import Prepared
from autofix.engines.base import Engine, held
from autofix.errors import ImageMissingError, RunUnreadableError
from autofix.images import builders, servers
from autofix.linkedfiles import LinkedFiles
from autofix.releases import release_table
from autofix.runs import Run

OpenEngine = Callable[[], AbstractContextManager[Engine]]
_LOCAL = ("server", "database")


class By(StrEnum):
    """How a repetition's server is known to be that of the run."""

    DIGEST = "digest"
    PACKAGES = "packages"
    """Another file, with the same hash for every package."""
    RELEASE = "release"
    OTHER = "other"
    NONE = "none"
    """One of the two did not come to a server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Which server a repetition had, and in words how it compares with the run's."""

    by: By
    words: str


def settings_again(
    run: Run,
    given: Mapping[str, Any],
    *,
    foreign: bool = False,
    open_engine: OpenEngine | None = None,
) -> dict[str, Any]:
    """
    Return the settings that say where a run is run again.

    ``given`` are the user's, which win. A ``foreign`` run (a bundle's) never chooses
    to do without containers, names no file of this machine, and its builder is none
    that only its maker knows: builders may be given access to private modules.
    RunUnreadableError if it did not come to a server.
    """
    mine = {name: value for name, value in given.items() if value}
    prepared = run.story.prepared
    if prepared is None:
        if foreign:
            raise RunUnreadableError(
                f"The run {run.about.run_id} ended before it knew its server, so there "
                "is nothing to run again.",
                todo="Replay it: --replay.",
            )
        return mine
    if mine.get("engine") == "local" or any(name in mine for name in _LOCAL):
        return _of_release(prepared) | {"engine": "local"} | mine
    path = Path(prepared.server.reference)
    if path.is_absolute() and not foreign and "engine" not in mine:
        return {"engine": "local", "server": path} | mine
    where = {"engine": "docker"} if foreign or path.is_absolute() else {}
    if open_engine is None:
        return where | _as_recorded(prepared) | mine
    with open_engine() as engine:
        return where | _images(engine, prepared, mine, foreign=foreign) | mine


def _of_release(prepared: Prepared) -> dict[str, Any]:
    release = prepared.server.release
    return {"nakama": release} if release else {}


def _as_recorded(prepared: Prepared) -> dict[str, Any]:
    if Path(prepared.server.reference).is_absolute():
        return _of_release(prepared)
    return {
        "server_image": prepared.server.reference,
        "builder_image": prepared.builder.reference,
    }


def _images(
    engine: Engine, prepared: Prepared, mine: Mapping[str, Any], *, foreign: bool
) -> dict[str, Any]:
    """Find the run's images, or those that come nearest."""
    server, builder = prepared.server, prepared.builder
    found: dict[str, Any] = {}
    if "server_image" not in mine:
        image = _exact(engine, server.reference, server.digest, "server")
        release = map(str, official(NakamaImage.SERVER, server.release))
        tried = _names(server.reference)
        if server.release:
            tried += servers(release, kit=server.stand_in or bool(mine.get("kit")))
        found["server_image"] = image or _first(engine, tried, "server")
    if "builder_image" not in mine:
        known = not foreign or _is_known(builder.reference)
        tried = _names(builder.reference) if known else ()
        image = _exact(engine, tried[0], builder.digest, "builder") if tried else ""
        exact = replace(server, go=builder.go or server.go)
        tried += builders((), exact, release_table().by_tag(server.release))
        found["builder_image"] = image or _first(engine, tried, "builder")
    return found


def _names(reference: str) -> tuple[str, ...]:
    """Return a reference if it is an image's; what stood for one locally is none."""
    return (reference,) if _image(reference) else ()


def _image(reference: str) -> ImageRef | None:
    image = parse_image(reference)
    return image if image and (image.tag or image.digest or image.namespace) else None


def _is_known(reference: str) -> bool:
    """Tell whether a builder is Nakama's, Go's or the kit's own."""
    image = _image(reference)
    if image is None:
        return False
    is_go = image.name == "golang" and image.namespace in {"", "library"}
    own = not image.registry and is_go
    return image.is_official or image.is_home_made or own


def _exact(engine: Engine, reference: str, digest: str, role: str) -> str:
    """Return a reference to the image of just this digest; "" if it cannot be had."""
    image = _image(reference)
    if image is None or not digest:
        return ""
    present = held(engine, [reference])
    if present is not None and digest in (present.digest, present.identity):
        return reference
    if image.is_home_made or not digest.startswith("sha256:"):
        return ""
    try:
        pinned = str(replace(image, tag="", digest=digest))
        return engine.image([pinned], role=role).reference
    except ImageMissingError:
        return ""


def _first(engine: Engine, references: Sequence[str], role: str) -> str:
    return engine.image(references, role=role).reference


def served(then: Run, now: Run) -> Served:
    """Say which server a repetition had, beside the run's own."""
    before, after = then.story.prepared, now.story.prepared
    if before is None or after is None:
        which = "The run" if before is None else "The repetition"
        return Served(by=By.NONE, words=f"{which} did not come to a server.")
    old, new = before.server, after.server
    if old.digest and old.digest == new.digest:
        words = f"The very server of then, {new.reference} ({new.digest[:19]})."
        return Served(by=By.DIGEST, words=words)
    hashes = [LinkedFiles(run=each.about.path).server() for each in (then, now)]
    known = [each.hashes for each in hashes if each is not None and each.hashes]
    files = f"then {old.digest[:19] or 'unknown'}, now {new.digest[:19] or 'unknown'}"
    if len(known) == len(hashes) and known[0] == known[1]:
        words = (
            f"Another file than then ({files}), with the same hash for every package."
        )
        return Served(by=By.PACKAGES, words=words)
    if old.release and old.release == new.release:
        words = f"Only by its release, Nakama {new.release}: {files}."
        return Served(by=By.RELEASE, words=words)
    words = (
        f"Another server: then {old.label} with Go {old.go}, now {new.label} with Go "
        f"{new.go}."
    )
    return Served(by=By.OTHER, words=words)
