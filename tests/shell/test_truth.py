from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from autofix.core.model import Evidence, EvidenceSource, OutputLine, Stream, TruthSource
from autofix.engines.base import Builder, Database, Follow, Image
from autofix.errors import ConfigError, ForeignImageError
from autofix.releases import release_table
from autofix.servercache import ServerCache
from autofix.truth import server_facts
from tests.core.elves import elf_file, inline_info

TABLE = release_table()
MODULES = "path\tgithub.com/heroiclabs/nakama/v3\n" + "".join(
    f"dep\t{path}\t{version}\n" for path, version in TABLE.newest.modules.items()
)
SERVER = elf_file(inline_info("go1.26.5", MODULES))


class ImageEngine:
    """An engine with one image: a server binary, and what it prints as its version."""

    name = "fake"

    def __init__(self, binary: bytes, printed: Sequence[str] = ()) -> None:
        self._binary = binary
        self._printed = printed
        self.served: list[tuple[str, ...]] = []
        self.copied = 0

    def image(self, references: Sequence[str], **_wanted: object) -> Image:
        """Find any image."""
        return image(references[0])

    def copy_out(self, image: Image, path: str, target: Path) -> None:
        """Copy the server's binary."""
        if path != "/nakama/nakama" or not self._binary:
            raise ForeignImageError(f"{image.reference} has no file {path}.")
        self.copied += 1
        target.write_bytes(self._binary)

    def builder(self, image: Image) -> AbstractContextManager[Builder]:
        """Have no builder."""
        raise NotImplementedError(image)

    def database(self, image: Image) -> AbstractContextManager[Database]:
        """Have no database."""
        raise NotImplementedError(image)

    def serve(
        self,
        image: Image,
        arguments: Sequence[str],
        *,
        source: EvidenceSource,
        follow: Follow,
        **_sandbox: object,
    ) -> Evidence:
        """Print what the server prints as its version."""
        self.served.append((image.reference, *arguments))
        for text in self._printed:
            follow(OutputLine(stream=Stream.STDOUT, text=text))
        return Evidence(source=source, lines=(), exit_code=0)


def image(reference: str, *, stand_in: bool = False, number: int = 2) -> Image:
    """Make an image of a reference; the number makes it another one."""
    return Image(
        reference=reference,
        identity=f"sha256:{number:064x}",
        digest="sha256:1",
        machine="amd64",
        stand_in=stand_in,
    )


def test_released_image_is_not_started(tmp_path: Path) -> None:
    """A tag that the binary confirms is the release; the server need not run."""
    engine = ImageEngine(SERVER)
    reading = server_facts(
        engine, image("heroiclabs/nakama:3.40.0"), TABLE, scratch=tmp_path
    )
    facts = reading.facts

    assert ("3.40.0", "1.26.5", "amd64", TruthSource.BINARY) == (
        facts.release,
        facts.go,
        facts.machine,
        facts.source,
    )
    assert ("sha256:1", False, "nakama 3.40.0") == (
        facts.digest,
        facts.stand_in,
        facts.label,
    )
    assert facts.modules == TABLE.newest.modules
    assert reading.findings == ()
    assert engine.served == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("tag", ["latest", "3.39.0", "3.40.0-ours"])
def test_doubtful_tag_is_settled_by_the_server(tag: str, tmp_path: Path) -> None:
    """Where the tag says nothing, or what the binary contradicts, the server is asked."""
    reference = f"registry.example:5000/nakama:{tag}"
    engine = ImageEngine(SERVER, ["3.40.0+abcdef"])
    reading = server_facts(engine, image(reference), TABLE, scratch=tmp_path)
    facts = reading.facts

    assert facts.release == "3.40.0"
    assert reading.findings == ()
    assert engine.served == [(reference, "--version")]


def test_server_of_unknown_version(tmp_path: Path) -> None:
    """A server that prints no version still has its modules; the image names it."""
    reading = server_facts(
        ImageEngine(SERVER), image("ours:1"), TABLE, scratch=tmp_path
    )
    facts = reading.facts

    assert ("", "nakama ours:1") == (facts.release, facts.label)


def test_silent_binary_falls_back(tmp_path: Path) -> None:
    """A binary without build information leaves the release table, by tag."""
    reading = server_facts(
        ImageEngine(elf_file(b"nothing here")),
        image("heroiclabs/nakama:3.40.0"),
        TABLE,
        scratch=tmp_path,
    )
    facts = reading.facts

    assert facts.source is TruthSource.RELEASE_TABLE


def test_modules_txt_is_used_and_named(tmp_path: Path) -> None:
    """The modules.txt given names packages, and counts where the binary is silent."""
    path = tmp_path / "modules.txt"
    path.write_text("# example.com/a v1.0.0\nexample.com/a/b\n")
    reading = server_facts(
        ImageEngine(elf_file(b"nothing here")),
        image("ours:1"),
        TABLE,
        scratch=tmp_path,
        modules_txt=path,
    )
    facts = reading.facts

    assert facts.source is TruthSource.MODULES_TXT
    assert facts.packages == {"example.com/a/b": "example.com/a"}


@pytest.mark.parametrize(
    ("binary", "words"),
    [
        (b"", "has no file /nakama/nakama"),
        (b"#!/bin/sh\n", "no Linux program but text"),
        (b"\x7fELF\x02\x01", "is damaged"),
        (
            elf_file(inline_info("go1.26.5", "path\texample.com/x\ndep\ta\tv1.0.0\n")),
            "is example.com/x, which does not link nakama-common",
        ),
        (elf_file(b"nothing here"), "does not say which modules"),
    ],
)
def test_foreign_image(binary: bytes, words: str, tmp_path: Path) -> None:
    """An image that is not Nakama's server is refused with what it is instead."""
    with pytest.raises(ForeignImageError, match=words):
        server_facts(ImageEngine(binary), image("ours:1"), TABLE, scratch=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"module example.com/p\n"])
def test_unreadable_modules_txt(content: bytes | None, tmp_path: Path) -> None:
    """A modules.txt that is none is the user's mistake, told before anything runs."""
    path = tmp_path / "modules.txt"
    if content is not None:
        path.write_bytes(content)
    engine = ImageEngine(SERVER)

    with pytest.raises(ConfigError, match=r"modules\.txt cannot be read"):
        server_facts(engine, image("ours:1"), TABLE, scratch=tmp_path, modules_txt=path)


@pytest.mark.parametrize("reference", ["heroiclabs/nakama:3.40.0", "ours:1"])
def test_second_reading_needs_nothing_of_the_image(
    reference: str, tmp_path: Path
) -> None:
    """Facts, hashes and findings are the same; nothing is copied, nothing started."""
    engine = ImageEngine(SERVER, ["3.40.0"])
    cache = ServerCache(folder=tmp_path / "cache")
    first, second = (
        server_facts(engine, image(reference), TABLE, scratch=tmp_path, cache=cache)
        for _ in range(2)
    )

    assert first == second
    assert 1 == engine.copied
    assert len(engine.served) < 2


def test_the_same_image_by_another_name(tmp_path: Path) -> None:
    """What was read counts for the image, the name is the one it has now."""
    engine = ImageEngine(SERVER, ["3.40.0"])
    cache = ServerCache(folder=tmp_path / "cache")
    for name in ("heroiclabs/nakama:3.40.0", "ours:1"):
        facts = server_facts(
            engine, image(name), TABLE, scratch=tmp_path, cache=cache
        ).facts

    assert ("ours:1", "3.40.0") == (facts.reference, facts.release)
    assert 1 == engine.copied


def test_another_image_by_the_same_name(tmp_path: Path) -> None:
    """A tag that moved is read again."""
    engine = ImageEngine(SERVER, ["3.40.0"])
    cache = ServerCache(folder=tmp_path / "cache")
    for number in (1, 2):
        server_facts(
            engine,
            image("ours:1", number=number),
            TABLE,
            scratch=tmp_path,
            cache=cache,
        )

    assert 2 == engine.copied


def test_what_is_no_nakama_is_refused_each_time(tmp_path: Path) -> None:
    """A kept file of another program is no way around the check."""
    binary = elf_file(inline_info("go1.26.5", "path\texample.com/x\ndep\ta\tv1.0.0\n"))
    cache = ServerCache(folder=tmp_path / "cache")
    engine = ImageEngine(binary)
    for _ in range(2):
        with pytest.raises(ForeignImageError, match="does not link nakama-common"):
            server_facts(engine, image("ours:1"), TABLE, scratch=tmp_path, cache=cache)
