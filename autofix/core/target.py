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
from autofix.core.hints import Hints, ImageHint
from autofix.core.imageref import ImageRef, NakamaImage, official, parse_image
from autofix.core.model import Finding
from autofix.core.releases import Release, ReleaseTable
from autofix.core.versions import compare
from autofix.errors import TargetError

_LOOKS_LIKE_TAG = re.compile(r"v?\d[\w.+-]*|latest", re.ASCII)
_FIRST_MULTI_ARCH = "v3.26.0"
"""Until then images are amd64 only (observed in the release workflows)."""

_ASK = "Give it with --nakama TAG (for example --nakama {newest}) or --nakama IMAGE."


_MACHINES = {"aarch64": "arm64", "x86_64": "amd64", "linux": ""}
"""Other names of architectures that a platform may carry, as Go's."""


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
        return _machine(self.platform)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    image: ImageRef
    place: str
    platform: str = ""
    hint: ImageHint | None = None
    findings: tuple[Finding, ...] = ()

    def is_beside(self, other: ImageHint) -> bool:
        """Tell whether another hint is near enough to speak of the same server."""
        if self.hint is None:
            return other.distance <= 1
        near = other.distance <= max(self.hint.distance, 1)
        return near or other.file == self.hint.file


def golang_image(go: str, debian: str = "bookworm") -> str:
    """Return the image with one exact Go that a plugin can be built in."""
    return f"golang:{go}-{debian}"


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
    by_hand = bool(override)
    return Target(
        server_images=tuple(dict.fromkeys(map(str, _servers(chosen.image)))),
        builder_images=tuple(
            dict.fromkeys(map(str, _builders(chosen, release, hints)))
        ),
        release=chosen.image.release,
        place=chosen.place,
        platform=_platform(chosen),
        gcflags=DSYM_GCFLAGS if chosen.image.nakama is NakamaImage.DSYM else "",
        findings=(
            *hints.findings,
            *chosen.findings,
            *_server_findings(chosen, release, releases),
            *_builder_findings(chosen, release, hints, releases),
            *([] if by_hand else _other_servers(chosen, hints)),
            *_common_findings(chosen, release, hints),
        ),
    )


def _from_override(override: str, releases: ReleaseTable) -> _Chosen:
    """Read ``--nakama``: a tag where it looks like one, else an image."""
    text = override.strip()
    if _LOOKS_LIKE_TAG.fullmatch(text):
        tag = text[1:] if re.match(r"v\d", text) else text
        return _Chosen(image=official(NakamaImage.SERVER, tag)[0], place="--nakama")
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
        return _Chosen(image=server, place="--nakama", findings=(finding,))
    return _Chosen(image=image, place="--nakama")


def _from_images(hints: Hints) -> _Chosen | None:
    if hints.servers:
        hint = hints.servers[0]
        return _Chosen(
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
    return _Chosen(
        image=server,
        place=hint.place,
        platform=hint.platform,
        hint=hint,
        findings=(finding,),
    )


def _from_nakama_common(hints: Hints, releases: ReleaseTable) -> _Chosen | None:
    candidates = releases.by_nakama_common(hints.nakama_common)
    if not candidates:
        return None
    release = candidates[-1]
    others = ", ".join(each.tag for each in candidates[:-1])
    also = f" (as do {others})" if others else ""
    finding = Finding(
        name="release-from-nakama-common",
        text="No file names a Nakama image; go.mod requires nakama-common"
        f" {hints.nakama_common}, which Nakama {release.tag} uses{also}.",
        answer=f"autofix takes {release.tag}; --nakama says otherwise.",
    )
    return _Chosen(
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
    chosen: _Chosen, release: Release | None, hints: Hints
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


def _platform(chosen: _Chosen) -> str:
    """Return the platform to ask for: amd64 where no other image exists."""
    release = chosen.image.release
    if release and compare(f"v{release}", _FIRST_MULTI_ARCH) < 0:
        return "linux/amd64"
    return chosen.platform


def _machine(platform: str) -> str:
    """Read ``linux/arm64/v8``, ``linux/arm64``, ``arm64`` and ``linux`` alike."""
    parts = platform.lower().split("/")
    named = parts[1] if len(parts) > 1 else parts[0]
    return _MACHINES.get(named, named)


def _server_findings(
    chosen: _Chosen, release: Release | None, releases: ReleaseTable
) -> Iterator[Finding]:
    image = chosen.image
    if image.is_moving:
        yield Finding(
            name="server-tag-moves",
            text=f"{chosen.place} names {image} without a release: it means another"
            " Nakama after each pull.",
            answer="autofix reads the version from the image itself; write a tag.",
        )
    if image.nakama is NakamaImage.DSYM:
        yield Finding(
            name="server-with-symbols",
            text=f"{image} is built with '{DSYM_GCFLAGS}'; a normal plugin does not"
            " load into it.",
            answer="autofix builds the plugin with the same flags; it will not load"
            " into the normal image.",
        )
    if image.is_official and release is None and not image.is_moving:
        yield from _unknown_release(chosen, releases)
    if _machine(chosen.platform) == "arm64" and _platform(chosen) == "linux/amd64":
        yield Finding(
            name="no-arm64-image",
            text=f"{chosen.place} asks for {chosen.platform}; Nakama {image.release}"
            " exists for linux/amd64 only (arm64 since 3.26.0).",
            answer="autofix uses linux/amd64 for server and builder.",
        )


def _unknown_release(chosen: _Chosen, releases: ReleaseTable) -> Iterator[Finding]:
    tag, newest = chosen.image.release, releases.newest.tag
    if tag and compare(f"v{tag}", f"v{newest}") > 0:
        yield Finding(
            name="release-newer-than-known",
            text=f"Nakama {tag} is newer than the newest release autofix knows"
            f" ({newest}).",
            answer="autofix reads everything from the server's image.",
        )
    elif not chosen.image.digest or chosen.image.tag:
        near = ", ".join(each.tag for each in releases.nearest(chosen.image.tag))
        yield Finding(
            name="release-unknown",
            text=f"{chosen.place} names {chosen.image}; no release of this name is"
            f" known. Near it: {near}.",
            answer="autofix tries the image all the same.",
        )


def _builder_findings(
    chosen: _Chosen, release: Release | None, hints: Hints, releases: ReleaseTable
) -> Iterator[Finding]:
    server = chosen.image
    if release is not None and release.builder_go != release.go:
        yield from _unfit_builder(chosen, release, hints)
    said: set[str] = set()
    for hint in hints.builders:
        builder = hint.image
        if not chosen.is_beside(hint) or str(builder) in said:
            continue
        said.add(str(builder))
        if builder.nakama is None:
            yield from _other_builder(hint, release)
        elif (builder.release or builder.tag) != (server.release or server.tag):
            yield Finding(
                name="builder-tag-differs",
                text=f"{hint.place} builds with {_with_go(builder, releases, True)},"
                f" {chosen.place} runs {_with_go(server, releases, False)}.",
                answer="autofix builds with the server's Go; make the tags equal.",
            )


def _unfit_builder(
    chosen: _Chosen, release: Release, hints: Hints
) -> Iterator[Finding]:
    """Say that a release's own builder is of no use, at the line that builds in it."""
    image = golang_image(release.go, release.debian)
    beside = [hint for hint in hints.builders if chosen.is_beside(hint)]
    for hint in beside:
        if (hint.image.release or hint.image.tag) == release.tag and hint.image.nakama:
            yield Finding(
                name="builder-go-differs",
                text=f"{hint.place} builds with {hint.image}, which has Go"
                f" {release.builder_go}; Nakama {release.tag} itself was built with Go"
                f" {release.go}, so what is built there does not load.",
                answer=f"autofix builds in {image}; name it there, too.",
            )
            return
    if not beside:
        yield Finding(
            name="pluginbuilder-go-differs",
            text=f"Nakama {release.tag} was built with Go {release.go}, its"
            f" pluginbuilder has Go {release.builder_go}: a plugin built there does"
            " not load.",
            answer=f"autofix builds in {image}.",
        )


def _with_go(image: ImageRef, releases: ReleaseTable, builds: bool) -> str:
    """Name an image with its Go, where the table knows it."""
    release = releases.by_tag(image.release) if image.release else None
    if release is None:
        return str(image)
    return f"{image} (Go {release.builder_go if builds else release.go})"


def _other_builder(hint: ImageHint, release: Release | None) -> Iterator[Finding]:
    """Judge a builder that is not Nakama's own."""
    if hint.image.is_alpine:
        yield Finding(
            name="builder-musl",
            text=f"{hint.place} builds in {hint.image}, an Alpine image (musl);"
            " Nakama runs on Debian (glibc).",
            answer="autofix builds in a Debian image with the server's Go.",
        )
    go = re.match(r"\d+(?:\.\d+)+", hint.image.tag)
    expected = release.go.removesuffix(".0") if release is not None else ""
    if go and expected and go[0].removesuffix(".0") != expected:
        yield Finding(
            name="builder-go-differs",
            text=f"{hint.place} builds with Go {go[0]}; Nakama was built with Go"
            f" {expected}.",
            answer="autofix builds with the server's Go.",
        )


def _other_servers(chosen: _Chosen, hints: Hints) -> Iterator[Finding]:
    """Say which files name another server than the one chosen."""
    said: set[str] = {chosen.image.release or chosen.image.tag}
    for hint in hints.servers:
        name = hint.image.release or hint.image.tag
        if name in said or not chosen.is_beside(hint):
            continue
        said.add(name)
        yield Finding(
            name="servers-differ",
            text=f"{hint.place} names {hint.image}, {chosen.place} {chosen.image}.",
            answer=f"autofix matches {chosen.image}; --nakama says otherwise.",
        )


def _common_findings(
    chosen: _Chosen, release: Release | None, hints: Hints
) -> Iterator[Finding]:
    required = hints.nakama_common
    if release is None or not required or required == release.nakama_common:
        return
    yield Finding(
        name="nakama-common-differs",
        text=f"{hints.nakama_common_place or 'go.mod'} requires nakama-common"
        f" {required}; Nakama {release.tag} ({chosen.place}) has"
        f" {release.nakama_common}.",
        answer=f"autofix pins it to {release.nakama_common} if the server asks for it.",
    )
