"""Read the server: its binary out of its image, and what else says what it links."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from autofix.binaries import mapped
from autofix.core.elf import ElfError, identify
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
    evident_release,
    flagged_release,
    is_nakama,
    printed_release,
    server_facts_of,
)
from autofix.core.serverrecord import ServerRecord, build_info, sources
from autofix.engines.base import Engine, Image
from autofix.errors import ConfigError, ForeignImageError
from autofix.servercache import ServerCache, now

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
    cache: ServerCache | None = None,
) -> Reading:
    """
    Read the server in an image, or take what ``cache`` has of exactly this image.

    ``scratch`` is a folder that exists; the binary (60 MB) passes through it and is
    removed. ForeignImageError if the image is no Nakama, ConfigError if
    ``modules_txt`` cannot be read.
    """
    vendored = read_modules_txt(modules_txt) if modules_txt else None
    kept = cache.find(image.identity) if cache else None
    record = replace(
        kept or _read(engine, image, scratch),
        reference=image.reference,
        digest=image.digest,
        stand_in=image.stand_in,
    )
    _refuse_other_programs(record)
    if record.release is None:
        release = told_release(record, table)
        record = replace(record, release=release or _asked(engine, image))
    if cache:
        cache.keep(record)
    return reading(record, table, vendored)


def reading(
    record: ServerRecord, table: ReleaseTable, vendored: ModulesTxt | None = None
) -> Reading:
    """
    Work out what a server links from what was read of it.

    ForeignImageError if neither it nor the other sources name any module.
    """
    facts = server_facts_of(sources(record, vendored), table)
    if facts is None:
        raise ForeignImageError(
            f"{record.reference} does not say which modules its server links.",
            why="Its binary has no build information, and its version is not in "
            "the release table.",
            todo="Give Nakama's vendor/modules.txt by --modules-txt.",
        )
    return Reading(facts=facts[0], linked=record.linked, findings=facts[1])


def told_release(record: ServerRecord, table: ReleaseTable) -> str:
    """Return the release that tag and binary of a server agree on, or its flags name."""
    parsed = parse_image(record.reference)
    info = build_info(record.linked)
    known = evident_release(info, parsed.tag if parsed else "", table)
    return known.tag if known else flagged_release(info)


def _read(engine: Engine, image: Image, scratch: Path) -> ServerRecord:
    """Copy the server's binary out of its image and read it."""
    binary = scratch / "server"
    try:
        engine.copy_out(image, SERVER_BINARY, binary)
        data = mapped(binary)
        kind = identify(data).kind
        if kind is not ArtifactKind.ELF:
            raise _foreign(image.reference, f"is no Linux program but {kind}")
        linked = read_linked(f"{image.reference}:{SERVER_BINARY}", data)
    except ElfError as error:
        raise _foreign(image.reference, f"is damaged: {error}") from error
    finally:
        binary.unlink(missing_ok=True)
    return ServerRecord(
        reference=image.reference,
        machine=image.machine,
        linked=linked,
        identity=image.identity,
        read=now(),
    )


def _refuse_other_programs(record: ServerRecord) -> None:
    info = build_info(record.linked)
    if info and info.dependencies and not is_nakama(info):
        name = info.path or "a program without a name"
        raise _foreign(
            record.reference, f"is {name}, which does not link nakama-common"
        )


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


def read_modules_txt(path: Path) -> ModulesTxt:
    """Read a modules.txt that a user gave; ConfigError if it is none."""
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
