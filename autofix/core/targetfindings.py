"""What in a project contradicts the server that it is for: tags, builders, Go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from autofix.core.buildlint import DSYM_GCFLAGS
from autofix.core.hints import Hints, ImageHint, Rank
from autofix.core.imageref import ImageRef, NakamaImage
from autofix.core.model import Finding, ServerFacts
from autofix.core.releases import Release, ReleaseTable
from autofix.core.versions import compare

_FIRST_MULTI_ARCH = "v3.26.0"
"""Until then images are amd64 only (observed in the release workflows)."""
_MACHINES = {"aarch64": "arm64", "x86_64": "amd64", "linux": ""}
"""Other names of architectures that a platform may carry, as Go's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The server that a project is for, and where that was read."""

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


def platform_of(chosen: Chosen) -> str:
    """Return the platform to ask for: amd64 where no other image exists."""
    release = chosen.image.release
    if release and compare(f"v{release}", _FIRST_MULTI_ARCH) < 0:
        return "linux/amd64"
    return chosen.platform


def machine_of(platform: str) -> str:
    """Read ``linux/arm64/v8``, ``linux/arm64``, ``arm64`` and ``linux`` alike."""
    parts = platform.lower().split("/")
    named = parts[1] if len(parts) > 1 else parts[0]
    return _MACHINES.get(named, named)


def contradictions(
    chosen: Chosen,
    release: Release | None,
    hints: Hints,
    releases: ReleaseTable,
    *,
    by_hand: bool,
) -> Iterator[Finding]:
    """
    Yield what does not go together with the server that was chosen.

    ``release`` is its own, if known; ``by_hand`` tells that a user chose it, whatever
    the files name.
    """
    yield from _server_findings(chosen, release, releases)
    yield from _builder_findings(chosen, release, hints, releases, by_hand=by_hand)
    yield from _other_servers(chosen, release, hints, releases, by_hand=by_hand)
    yield from _common_findings(chosen, release, hints)


def server_differs(*, place: str, release: str, server: ServerFacts) -> Finding | None:
    """
    Say that a server is another release than the one it was taken for; None if not.

    ``place`` is where ``release`` was read; "" for a release that is not known.
    """
    if not release or server.release in ("", release):
        return None
    return Finding(
        name="server-of-another-release",
        text=f"{place} names Nakama {release}; the server {server.reference} is Nakama"
        f" {server.release}.",
        answer=f"autofix matches that server. What names {release} stays as it is:"
        f" `autofix upgrade --nakama {server.release}` moves it too.",
    )


def _server_findings(
    chosen: Chosen, release: Release | None, releases: ReleaseTable
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
    if machine_of(chosen.platform) == "arm64" and platform_of(chosen) == "linux/amd64":
        yield Finding(
            name="no-arm64-image",
            text=f"{chosen.place} asks for {chosen.platform}; Nakama {image.release}"
            " exists for linux/amd64 only (arm64 since 3.26.0).",
            answer="autofix uses linux/amd64 for server and builder.",
        )


def _unknown_release(chosen: Chosen, releases: ReleaseTable) -> Iterator[Finding]:
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
    chosen: Chosen,
    release: Release | None,
    hints: Hints,
    releases: ReleaseTable,
    *,
    by_hand: bool,
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
                f" {chosen.place} {'asks for' if by_hand else 'runs'}"
                f" {_with_go(server, releases, False)}.",
                answer="autofix builds with the server's Go; "
                + (
                    _moved_by(release)
                    if by_hand and release
                    else "make the tags equal."
                ),
            )


def _unfit_builder(chosen: Chosen, release: Release, hints: Hints) -> Iterator[Finding]:
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


def _other_servers(
    chosen: Chosen,
    release: Release | None,
    hints: Hints,
    releases: ReleaseTable,
    *,
    by_hand: bool,
) -> Iterator[Finding]:
    """
    Say which files name another server than the one chosen.

    What was asked for by hand moves no file, so what they name would go on running.
    """
    told = {hint.file for hint in hints.builders if chosen.is_beside(hint)}
    said: set[str] = {chosen.image.release or chosen.image.tag}
    for hint in hints.servers:
        name = hint.image.release or hint.image.tag
        if name in said or not chosen.is_beside(hint):
            continue
        if by_hand and (release is None or hint.file in told):
            continue  # its builder is told, with the same answer
        if _is_built_here(hint, chosen):
            continue
        said.add(name)
        answer = f"autofix matches {chosen.image}; --nakama says otherwise."
        if by_hand and release is not None:
            answer = f"{_moved_by(release)[:1].upper()}{_moved_by(release)[1:]}"
        elif _is_of(hints.nakama_common, hint, chosen, releases):
            answer += f" {hints.nakama_common_place or 'go.mod'} agrees with {name}:"
            answer += f" it requires nakama-common {hints.nakama_common}."
        verb = "asks for " if by_hand else ""
        yield Finding(
            name="servers-differ",
            text=f"{hint.place} names {hint.image}, {chosen.place} {verb}{chosen.image}.",
            answer=answer,
        )


def _is_built_here(hint: ImageHint, chosen: Chosen) -> bool:
    """Tell whether an image is the one that the chosen Dockerfile makes, most likely."""
    by_dockerfile = chosen.hint is not None and chosen.hint.rank is Rank.DOCKERFILE
    return by_dockerfile and hint.image.is_moving and not hint.image.is_official


def _moved_by(release: Release) -> str:
    """Say what moves the files that name another Nakama than was asked for."""
    return f"`autofix upgrade --nakama {release.tag}` moves these files too."


def _is_of(
    nakama_common: str, hint: ImageHint, chosen: Chosen, releases: ReleaseTable
) -> bool:
    """Tell whether go.mod's nakama-common is a hint's, and not the chosen server's."""
    other, own = (
        releases.by_tag(image.release) if image.release else None
        for image in (hint.image, chosen.image)
    )
    return (
        other is not None
        and own is not None
        and other.nakama_common == nakama_common != own.nakama_common
    )


def _common_findings(
    chosen: Chosen, release: Release | None, hints: Hints
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
