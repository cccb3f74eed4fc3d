"""
The releases the kit can double: versions, linked packages, observed hashes.

One JSON file a release, observed on servers compiled from the release tag for
linux/amd64. A null hash means that the package list was inferred from neighbouring
releases and no server of this one was observed (3.38.0).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from autofix.errors import TargetError

_DATA = files("scenarios.kit") / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """
    One Nakama release.

    ``go`` is the server image's Go, ``builder_go`` the pluginbuilder's (they differ
    for 3.38.0, in real history). ``modules`` maps each vendored module to its
    version; ``packages`` each package linked into the server to its hash, if known.
    """

    tag: str
    go: str
    builder_go: str
    modules: Mapping[str, str]
    packages: Mapping[str, str | None]

    @property
    def linkable(self) -> tuple[str, ...]:
        """List the linked packages that a foreign program may import."""
        return tuple(path for path in self.packages if _importable(path))

    @property
    def observed_hashes(self) -> dict[str, str]:
        """Return the known hashes, package to 16 hex digits."""
        return {path: hash_ for path, hash_ in self.packages.items() if hash_}


def known_tags() -> tuple[str, ...]:
    """List the releases the kit can double, oldest first."""
    tags = (entry.name.removesuffix(".json") for entry in _DATA.iterdir())
    return tuple(sorted(tags, key=lambda tag: tuple(map(int, tag.split(".")))))


@cache
def release(tag: str) -> Release:
    """Return one release; TargetError names the known ones."""
    if tag not in known_tags():
        raise TargetError(
            f"The kit has no Nakama {tag}.",
            why="It doubles only releases whose linked packages were observed.",
            todo=f"Choose one of {', '.join(known_tags())}.",
        )
    facts = json.loads((_DATA / f"{tag}.json").read_text("utf-8"))
    return Release(
        tag=facts["tag"],
        go=facts["go"],
        builder_go=facts["builder_go"],
        modules=facts["modules"],
        packages=facts["packages"],
    )


def _importable(path: str) -> bool:
    elements = path.split("/")
    # vendor/ is the standard library's own copy of golang.org/x, linked through it.
    return "internal" not in elements and elements[0] not in {"vendor", "main"}
