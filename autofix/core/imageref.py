"""
Image references, and which of them are Nakama's.

The grammar is the container registries' own (``host:port/path:tag@digest``); the
names of Nakama's four images were read in its build files and release workflows
(3.0.0 to 3.40.0).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

_COMPONENT = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?:(?P<registry>localhost(?::\d+)?|[\w-]+(?:\.[\w-]+)*:\d+|[\w-]+(?:\.[\w-]+)+)/)?"
    rf"(?P<path>{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z0-9]+)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
_RELEASE = re.compile(
    r"v?(?P<release>\d+\.\d+\.\d+)(?P<suffix>[-+_][\w.+-]*)?", re.ASCII
)
_LONGEST = 512
"""Longer text is no reference; the registries allow 255 for the name alone."""

KIT_NAMESPACE = "autofix-kit"
"""Of the images that ``scenarios/kit`` makes; no registry has them."""

OFFICIAL_NAMESPACE = "heroiclabs"
OFFICIAL_REGISTRY = "registry.heroiclabs.com"


class NakamaImage(StrEnum):
    """Nakama's images, by the last element of their name."""

    SERVER = "nakama"
    DSYM = "nakama-dsym"
    PRERELEASE = "nakama-prerelease"
    BUILDER = "nakama-pluginbuilder"

    @property
    def is_server(self) -> bool:
        """Tell whether the image runs Nakama, rather than compiling plugins."""
        return self is not NakamaImage.BUILDER


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRef:
    """
    One image reference, as written.

    ``registry`` is "" for the engine's default, ``tag`` and ``digest`` are "" when
    absent. ``str()`` gives the reference again.
    """

    registry: str = ""
    path: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        registry = f"{self.registry}/" if self.registry else ""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{registry}{self.path}{tag}{digest}"

    @property
    def name(self) -> str:
        """Return the last element of the path: ``nakama-pluginbuilder``."""
        return self.path.rpartition("/")[2]

    @property
    def namespace(self) -> str:
        """Return all but the last element of the path: ``heroiclabs``."""
        return self.path.rpartition("/")[0]

    @property
    def nakama(self) -> NakamaImage | None:
        """Return which of Nakama's images it is by its name, whoever made it."""
        try:
            return NakamaImage(self.name)
        except ValueError:
            return None

    @property
    def is_official(self) -> bool:
        """Tell whether it is one of Heroic Labs' own, from any registry."""
        return self.nakama is not None and self.namespace == OFFICIAL_NAMESPACE

    @property
    def is_home_made(self) -> bool:
        """Tell whether only the scenario kit makes it; whoever pulled it is a stranger."""
        return not self.registry and self.namespace == KIT_NAMESPACE

    @property
    def is_moving(self) -> bool:
        """Tell whether the image behind it changes with time (``latest``, no tag)."""
        return not self.digest and self.tag in {"", "latest"}

    @property
    def is_alpine(self) -> bool:
        """Tell whether it is a musl image, which cannot build for Nakama (glibc)."""
        return "alpine" in self.tag or self.name == "alpine"

    @property
    def release(self) -> str:
        """Return the release that the tag names (``3.26.0``), or ""."""
        found = _RELEASE.fullmatch(self.tag)
        return found["release"] if found else ""

    @property
    def release_suffix(self) -> str:
        """Return what the tag has after the release (``-arm``), or ""."""
        found = _RELEASE.fullmatch(self.tag)
        return (found["suffix"] or "") if found else ""

    def sibling(self, image: NakamaImage, tag: str | None = None) -> ImageRef:
        """Return another of Nakama's images from the same registry and namespace."""
        path = f"{self.namespace}/{image}" if self.namespace else str(image)
        return ImageRef(
            registry=self.registry, path=path, tag=self.tag if tag is None else tag
        )


def parse_image(text: str) -> ImageRef | None:
    """
    Parse one image reference; None if it is not one.

    ``docker.io/`` and ``library/`` are left out, as engines show references.
    """
    if len(text) > _LONGEST:
        return None
    found = _REFERENCE.fullmatch(text)
    if found is None:
        return None
    registry, path = found["registry"] or "", found["path"]
    if registry in {"docker.io", "index.docker.io", "registry-1.docker.io"}:
        registry, path = "", path.removeprefix("library/")
    return ImageRef(
        registry=registry,
        path=path,
        tag=found["tag"] or "",
        digest=found["digest"] or "",
    )


def official(image: NakamaImage, tag: str) -> tuple[ImageRef, ImageRef]:
    """Return Heroic Labs' two references for one image: default registry, their own."""
    path = f"{OFFICIAL_NAMESPACE}/{image}"
    return (
        ImageRef(path=path, tag=tag),
        ImageRef(registry=OFFICIAL_REGISTRY, path=path, tag=tag),
    )


def corrected(image: ImageRef) -> ImageRef | None:
    """Return the Nakama image that a misspelled official name most likely means."""
    if image.namespace != OFFICIAL_NAMESPACE or image.nakama is not None:
        return None
    close = get_close_matches(image.name, [str(known) for known in NakamaImage], 1, 0.8)
    return image.sibling(NakamaImage(close[0])) if close else None


_WORD = re.compile(r"[\w.:/@-]*nakama[\w.:/@-]*", re.ASCII)


def nakama_images(text: str) -> Iterator[ImageRef]:
    """
    Yield the Nakama images named in free text, with a tag or in a namespace.

    A bare word ``nakama`` is a service, a folder or the game: not an image.
    """
    for word in _WORD.findall(text):
        image = parse_image(word.strip(".:/@-"))
        if image is None or image.nakama is None:
            continue
        if image.is_official or (image.tag and image.release):
            yield image
