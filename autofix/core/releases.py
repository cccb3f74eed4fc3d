"""Nakama's releases: the Go and the module versions of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autofix.core.gomod import GoMod
from autofix.core.versions import compare, in_order

NAKAMA_COMMON = "github.com/heroiclabs/nakama-common"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """
    One release; ``tag`` as the images have it (``3.40.0``), ``date`` in ISO form.

    ``go`` is the server's, ``builder_go`` the pluginbuilder's (they differ for
    3.38.0); ``modules`` are those of its vendor/modules.txt.
    """

    tag: str
    date: str
    go: str
    builder_go: str
    nakama_common: str
    debian: str
    modules: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A module that go.mod requires at another version than a release has."""

    module: str
    required: str
    release: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How a go.mod and a release agree: ``shared`` counts the modules both name."""

    release: Release
    shared: int
    differences: tuple[Difference, ...]


class ReleaseTable:
    """Known releases, in version order (a backport's date may be later)."""

    def __init__(self, releases: Iterable[Release]) -> None:
        by_tag = {release.tag: release for release in releases}
        order = in_order(f"v{tag}" for tag in by_tag)
        self._by_tag = {tag[1:]: by_tag[tag[1:]] for tag in order}

    @property
    def tags(self) -> tuple[str, ...]:
        """Return all tags, the oldest version first."""
        return tuple(self._by_tag)

    @property
    def releases(self) -> tuple[Release, ...]:
        """Return all releases, the oldest version first."""
        return tuple(self._by_tag.values())

    @property
    def newest(self) -> Release:
        """Return the release with the highest version."""
        return self.releases[-1]

    def by_tag(self, tag: str) -> Release | None:
        """Return a release by its tag, with or without a leading ``v``."""
        return self._by_tag.get(tag.removeprefix("v"))

    def by_nakama_common(self, version: str) -> tuple[Release, ...]:
        """Return the releases that have a nakama-common version, oldest first."""
        return tuple(
            release
            for release in self.releases
            if version and release.nakama_common == version
        )

    def nearest(self, tag: str, count: int = 3) -> tuple[Release, ...]:
        """
        Return up to ``count`` releases around a tag that does not exist, oldest first.

        The newest ones for a tag that is no version.
        """
        tags = self.tags
        version = _as_version(tag)
        place = sum(compare(f"v{each}", version) < 0 for each in tags)
        if not version:
            place = len(tags)
        first = max(0, min(place - (count + 1) // 2, len(tags) - count))
        return self.releases[first : first + count]

    def steps(self, before: str, after: str) -> tuple[str, ...]:
        """
        Return the tags from one release to another, one a minor, and the last itself.

        Of each minor it is the last patch; a step back, or within a minor, is one step.
        """
        tags = self.tags
        if before not in tags or after not in tags:
            return (after,)
        between = tags[tags.index(before) + 1 : tags.index(after)]
        passed = {_minor(before), _minor(after)}
        last = {_minor(tag): tag for tag in between if _minor(tag) not in passed}
        return (*last.values(), after)

    def fits(self, gomod: GoMod) -> tuple[Fit, ...]:
        """
        Compare a go.mod with every release, the best fit first.

        Those with its nakama-common first, for which its code was written; then fewest
        differences, then most shared modules, then the newest.
        """
        found = [fit(gomod, release) for release in reversed(self.releases)]
        return tuple(sorted(found, key=_distance))


def _distance(fit: Fit) -> tuple[bool, int, int]:
    other = any(each.module == NAKAMA_COMMON for each in fit.differences)
    return other, len(fit.differences), -fit.shared


def fit(gomod: GoMod, release: Release) -> Fit:
    """Tell which modules go.mod requires otherwise than a release has them."""
    shared = [
        requirement.module
        for requirement in gomod.requires
        if requirement.module.path in release.modules
    ]
    return Fit(
        release=release,
        shared=len(shared),
        differences=tuple(
            Difference(
                module=module.path,
                required=module.version,
                release=release.modules[module.path],
            )
            for module in shared
            if module.version != release.modules[module.path]
        ),
    )


def matching(modules: Mapping[str, str], table: ReleaseTable) -> tuple[Release, ...]:
    """
    Return the releases whose modules include all of a server's linked modules.

    Newest first. Several match where releases vendor the same versions (3.24.1 and
    3.24.2).
    """
    if not modules:
        return ()
    return tuple(
        release
        for release in reversed(table.releases)
        if modules.items() <= release.modules.items()
    )


def _minor(tag: str) -> str:
    return tag.rpartition(".")[0]


def _as_version(tag: str) -> str:
    """Return a tag as a Go version, cut to the part that is one; "" if none is."""
    match = re.match(r"v?(\d+(?:\.\d+){0,2})", tag)
    return f"v{match[1]}" if match else ""
