"""
Which Nakama a project must load into, decided from its hints and the releases.

Order of trust: ``--nakama``, the Dockerfile's server stage, compose files, scripts, a
builder image alone, nakama-common's version in go.mod. The image itself has the last
word: what is decided here is which references to try, in which order, and what in
the project contradicts itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autofix.core.buildlint import DSYM_GCFLAGS
from autofix.core.hints import Hints
from autofix.core.imageref import ImageRef, NakamaImage, official, parse_image
from autofix.core.model import Finding
from autofix.core.releases import Release, ReleaseTable
from autofix.core.targetfindings import (
    Chosen,
    contradictions,
    golang_image,
    machine_of,
    platform_of,
)
from autofix.errors import TargetError

_LOOKS_LIKE_TAG = re.compile(r"v?\d[\w.+-]*|latest", re.ASCII)
_ASK = "Give it with --nakama TAG (for example --nakama {newest}) or --nakama IMAGE."


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    The Nakama to match.

    ``server_images`` and ``builder_images`` are references to try in this order;
    ``release`` is the tag of the release or "" if only the image can tell;
    ``platform`` is "" or ``linux/amd64`` and the like; ``gcflags`` what the plugin
    must be compiled with; ``place`` where it was read (``Dockerfile:12``).
    """

    server_images: tuple[str, ...]
    builder_images: tuple[str, ...]
    release: str
    place: str
    platform: str = ""
    gcflags: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def machine(self) -> str:
        """Return Go's name of the platform's architecture, "" where it names none."""
        return machine_of(self.platform)


def decide_target(hints: Hints, releases: ReleaseTable, override: str = "") -> Target:
    """
    Decide which Nakama the plugin must load into.

    TargetError if nothing in the project tells, or ``override`` is no tag and no
    image.
    """
    chosen = (
        _from_override(override, releases)
        if override
        else _from_images(hints) or _from_nakama_common(hints, releases)
    )
    if chosen is None:
        raise _nothing_found(hints, releases)
    release = releases.by_tag(chosen.image.release) if chosen.image.release else None
    return Target(
        server_images=tuple(dict.fromkeys(map(str, _servers(chosen.image)))),
        builder_images=tuple(
            dict.fromkeys(map(str, _builders(chosen, release, hints)))
        ),
        release=chosen.image.release,
        place=chosen.place,
        platform=platform_of(chosen),
        gcflags=DSYM_GCFLAGS if chosen.image.nakama is NakamaImage.DSYM else "",
        findings=(
            *hints.findings,
            *chosen.findings,
            *contradictions(chosen, release, hints, releases, by_hand=bool(override)),
        ),
    )


def _from_override(override: str, releases: ReleaseTable) -> Chosen:
    """Read ``--nakama``: a tag where it looks like one, else an image."""
    text = override.strip()
    if _LOOKS_LIKE_TAG.fullmatch(text):
        tag = text[1:] if re.match(r"v\d", text) else text
        return Chosen(image=official(NakamaImage.SERVER, tag)[0], place="--nakama")
    image = parse_image(text)
    if image is None:
        newest = releases.newest.tag
        raise TargetError(
            f"--nakama {override!r} is neither a release tag nor an image reference.",
            why="A tag looks like 3.26.0, an image like heroiclabs/nakama:3.26.0.",
            todo=f"The newest release autofix knows is {newest};"
            " `autofix versions` lists all.",
        )
    if image.nakama is NakamaImage.BUILDER:
        server = image.sibling(NakamaImage.SERVER)
        finding = Finding(
            name="builder-given-as-server",
            text=f"--nakama names {image}, which builds plugins and runs none.",
            answer=f"autofix takes {server} as the server.",
        )
        return Chosen(image=server, place="--nakama", findings=(finding,))
    return Chosen(image=image, place="--nakama")


def _from_images(hints: Hints) -> Chosen | None:
    if hints.servers:
        hint = hints.servers[0]
        return Chosen(
            image=hint.image, place=hint.place, platform=hint.platform, hint=hint
        )
    builders = [each for each in hints.builders if each.image.nakama]
    if not builders:
        return None
    hint = builders[0]
    server = hint.image.sibling(NakamaImage.SERVER)
    finding = Finding(
        name="server-from-builder",
        text=f"Only a builder is named ({hint.place}: {hint.image}).",
        answer=f"autofix takes the server with the same tag, {server}.",
    )
    return Chosen(
        image=server,
        place=hint.place,
        platform=hint.platform,
        hint=hint,
        findings=(finding,),
    )


def _from_nakama_common(hints: Hints, releases: ReleaseTable) -> Chosen | None:
    candidates = releases.by_nakama_common(hints.nakama_common)
    if not candidates:
        return None
    release = candidates[-1]
    others = ", ".join(each.tag for each in candidates[:-1])
    verb = "does" if len(candidates) == 2 else "do"  # noqa: PLR2004 (it, and one more)
    also = f" (as {verb} {others})" if others else ""
    finding = Finding(
        name="release-from-nakama-common",
        text="No file names a Nakama image; go.mod requires nakama-common"
        f" {hints.nakama_common}, which Nakama {release.tag} uses{also}.",
        answer=f"autofix takes {release.tag}; --nakama says otherwise.",
    )
    return Chosen(
        image=official(NakamaImage.SERVER, release.tag)[0],
        place=hints.nakama_common_place or "go.mod",
        findings=(finding,),
    )


def _nothing_found(hints: Hints, releases: ReleaseTable) -> TargetError:
    newest = releases.newest
    looked = "Looked in Dockerfiles, compose files, Makefiles, scripts and CI files."
    if hints.nakama_common:
        looked += (
            f" go.mod requires nakama-common {hints.nakama_common}, which no known"
            f" release uses (the newest, {newest.tag}, uses {newest.nakama_common})."
        )
    open_variables = [
        each.text for each in hints.findings if each.name == "image-variable-unknown"
    ]
    return TargetError(
        "Which Nakama the plugin is for cannot be told.",
        why=" ".join([looked, *open_variables]),
        todo=_ASK.format(newest=newest.tag),
    )


def _servers(image: ImageRef) -> Iterator[ImageRef]:
    """Yield the references under which the same server may be had."""
    yield image
    if image.nakama is None or not image.is_official or image.digest:
        return
    tags = [image.tag or "latest"]
    if image.release and image.release_suffix.startswith("-arm"):
        tags.append(image.release)
    for tag in tags:
        yield from official(image.nakama, tag)


def _builders(
    chosen: Chosen, release: Release | None, hints: Hints
) -> Iterator[ImageRef | str]:
    """Yield builders that fit the server, the best first."""
    image = chosen.image
    if release is not None and release.builder_go != release.go:
        yield golang_image(release.go, release.debian)
    wanted = image.release or image.tag
    beside = (hint.image for hint in hints.builders if chosen.is_beside(hint))
    hinted = [builder for builder in beside if builder.nakama]
    for builder in hinted:
        if (builder.release or builder.tag) == wanted:
            yield builder
    if release is None and not image.release:
        yield from hinted
    if image.nakama is not None and not image.digest:
        if not image.is_official:
            yield image.sibling(NakamaImage.BUILDER)
        if image.is_official or release is not None:
            yield from official(NakamaImage.BUILDER, image.release or image.tag)
    if release is not None:
        yield golang_image(release.go, release.debian)
