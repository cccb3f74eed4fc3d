"""Read the server: its binary out of its image, and what else says what it links."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autofix.binaries import mapped
from autofix.core.buildinfo import BuildInfo, NoBuildInfoError, read_build_info_of
from autofix.core.elf import ElfError, ElfFile, identify
from autofix.core.imageref import parse_image
from autofix.core.linked import Linked, read_linked
from autofix.core.model import (
    ArtifactKind,
    EvidenceSource,
    Finding,
    OutputLine,
    ServerFacts,
)
from autofix.core.modulestxt import ModulesTxt, ModulesTxtError, parse_modules_txt
from autofix.core.releases import ReleaseTable
from autofix.core.serverfacts import (
    ServerSources,
    evident_release,
    flagged_release,
    is_nakama,
    printed_release,
    server_facts_of,
)
from autofix.engines.base import Engine, Image
from autofix.errors import ConfigError, ForeignImageError

SERVER_BINARY = "/nakama/nakama"
VERSION_SECONDS = 20.0
MOST_VERSION_LINES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """
    What a server links, what its binary carries, and where the sources disagree.

    ``linked`` has the hashes that the loader compares.
    """

    facts: ServerFacts
    linked: Linked
    findings: tuple[Finding, ...] = ()


def server_facts(
    engine: Engine,
    image: Image,
    table: ReleaseTable,
    *,
    scratch: Path,
    modules_txt: Path | None = None,
) -> Reading:
    """
    Read the server in an image.

    ``scratch`` is a folder that exists; the binary (60 MB) passes through it and is
    removed. ForeignImageError if the image is no Nakama, ConfigError if
    ``modules_txt`` cannot be read.
    """
    vendored = _read_modules_txt(modules_txt) if modules_txt else None
    binary = scratch / "server"
    try:
        engine.copy_out(image, SERVER_BINARY, binary)
        info, linked = read_server(binary, image.reference)
    finally:
        binary.unlink(missing_ok=True)
    parsed = parse_image(image.reference)
    tag = parsed.tag if parsed else ""
    known = evident_release(info, tag, table)
    release = known.tag if known else flagged_release(info)
    sources = ServerSources(
        reference=image.reference,
        machine=image.machine,
        release=release or _asked(engine, image),
        info=info,
        vendored=vendored,
        packages=tuple(linked.hashes),
        digest=image.digest,
        stand_in=image.stand_in,
    )
    facts = server_facts_of(sources, table)
    if facts is None:
        raise ForeignImageError(
            f"{image.reference} does not say which modules its server links.",
            why="Its binary has no build information, and its version is not in "
            "the release table.",
            todo="Give Nakama's vendor/modules.txt by --modules-txt.",
        )
    return Reading(facts=facts[0], linked=linked, findings=facts[1])


def read_server(binary: Path, reference: str) -> tuple[BuildInfo | None, Linked]:
    """
    Read a server binary's build information (None if it has none) and what it links.

    It exports a hash of every package that is linked into it.
    ForeignImageError if the file is no Linux program, or one that is not Nakama.
    """
    data = mapped(binary)
    kind = identify(data).kind
    if kind is not ArtifactKind.ELF:
        raise _foreign(reference, f"is no Linux program but {kind}")
    try:
        linked = read_linked(reference, data)
        info = read_build_info_of(ElfFile(data))
    except NoBuildInfoError:
        return None, linked
    except ElfError as error:
        raise _foreign(reference, f"is damaged: {error}") from error
    if info.dependencies and not is_nakama(info):
        name = info.path or "a program without a name"
        raise _foreign(reference, f"is {name}, which does not link nakama-common")
    return info, linked


def _asked(engine: Engine, image: Image) -> str:
    """Let the server print its version; "" if it prints none."""
    lines: list[str] = []

    def follow(line: OutputLine) -> bool:
        lines.append(line.text)
        return len(lines) >= MOST_VERSION_LINES

    engine.serve(
        image,
        ["--version"],
        modules={},
        seconds=VERSION_SECONDS,
        source=EvidenceSource.SERVER,
        follow=follow,
    )
    return printed_release(lines)


def _read_modules_txt(path: Path) -> ModulesTxt:
    try:
        return parse_modules_txt(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ModulesTxtError) as error:
        raise ConfigError(
            f"{path} cannot be read as a modules.txt: {error}.",
            why="--modules-txt wants the vendor/modules.txt of Nakama's own source.",
            todo="Take it from Nakama's repository at the tag that your server runs.",
        ) from error


def _foreign(reference: str, what: str) -> ForeignImageError:
    return ForeignImageError(
        f"{SERVER_BINARY} in {reference} {what}.",
        why="The image is not Nakama's server.",
        todo="Name the server's image by --nakama, such as heroiclabs/nakama:3.40.0.",
    )
