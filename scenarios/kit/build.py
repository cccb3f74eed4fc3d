"""The kit's functions for tests, the demo and its own command line."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scenarios.kit.engine import open_engine
from scenarios.kit.making import Making
from scenarios.kit.progress import Progress, StepStarted
from scenarios.kit.recipes import (
    DEBIAN,
    POSTGRES,
    Recipe,
    builder_reference,
    golang_reference,
    recipes,
    server_reference,
)
from scenarios.kit.release import known_tags, release

_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseImages:
    """The images that stand in for one Nakama release."""

    tag: str
    server: str
    builder: str
    golang: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KitImages:
    """
    Every image that was asked for, by reference.

    ``releases`` is keyed by tag; ``golang`` there is the *server's* exact Go.
    """

    debian: str
    postgres: str
    releases: Mapping[str, ReleaseImages]
    made: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageState:
    """Whether one image is in the engine, and made of today's inputs."""

    reference: str
    present: bool
    current: bool


def ensure_images(
    tags: Iterable[str],
    progress: Progress = lambda _event: None,
    *,
    ca_bundle: Path | None = None,
) -> KitImages:
    """
    Make what is missing of the images for the releases; return all of them.

    ``ca_bundle`` (default: the machine's own) is given to the containers that fetch
    modules, never baked into an image. KitError says what failed and what to do.
    """
    releases = tuple(release(tag) for tag in dict.fromkeys(tags))
    wanted = recipes(releases)
    missing: tuple[Recipe, ...] = ()
    with open_engine() as engine:
        if _missing(wanted, engine.fingerprints()):
            with alone(progress):
                missing = _missing(wanted, engine.fingerprints())
                bundle = ca_bundle or machine_ca_bundle()
                Making(missing, progress, ca_bundle=bundle).run()
                engine.remove_replaced()
    return KitImages(
        debian=DEBIAN,
        postgres=POSTGRES,
        releases={
            one.tag: ReleaseImages(
                tag=one.tag,
                server=server_reference(one.tag),
                builder=builder_reference(one.tag),
                golang=golang_reference(one.go),
            )
            for one in releases
        },
        made=tuple(recipe.reference for recipe in missing),
    )


def image_states(tags: Iterable[str] = ()) -> tuple[ImageState, ...]:
    """Tell for each image of the releases (default: all known) how it stands."""
    wanted = recipes(tuple(release(tag) for tag in tuple(tags) or known_tags()))
    with open_engine() as engine:
        present = engine.fingerprints()
    missing = {recipe.reference for recipe in _missing(wanted, present)}
    return tuple(
        ImageState(
            reference=recipe.reference,
            present=recipe.reference in present,
            current=recipe.reference not in missing,
        )
        for recipe in wanted
    )


def remove_images() -> tuple[str, ...]:
    """Remove everything the kit ever made in the engine; return the names."""
    with open_engine() as engine:
        return engine.remove()


def machine_ca_bundle(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the CA bundle this machine's own programs use, if one is found."""
    for candidate in (environment.get("SSL_CERT_FILE", ""), *_BUNDLES):
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    return None


@contextmanager
def alone(progress: Progress) -> Iterator[None]:
    """Hold the lock of this machine's kit, so that nothing is made twice at a time."""
    path = Path(tempfile.gettempdir()) / f"autofix-kit-{os.getuid()}.lock"
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(StepStarted(step="waiting for another kit process"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _missing(
    wanted: tuple[Recipe, ...], present: Mapping[str, str]
) -> tuple[Recipe, ...]:
    return tuple(r for r in wanted if present.get(r.reference) != r.fingerprint)
