from __future__ import annotations

import struct
import time
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autofix.core.elf import ElfError, ElfFile, identify
from autofix.core.model import ArtifactKind
from tests.core.elves import BASE, elf_file

PLAIN = elf_file(b"sixteen bytes...")
SEGMENTS = struct.unpack_from("<Q", PLAIN, 32)[0]
"""Where the table of segments begins: rows of 56 bytes, at 32 a segment's size."""
END_OF_SEGMENTS = SEGMENTS + 56 * struct.unpack_from("<H", PLAIN, 56)[0]


@pytest.mark.parametrize(
    ("head", "kind", "machine"),
    [
        (PLAIN, ArtifactKind.ELF, "amd64"),
        (elf_file(b"", machine="arm64"), ArtifactKind.ELF, "arm64"),
        (elf_file(b"", machine="386", bits=32), ArtifactKind.ELF, "386"),
        (elf_file(b"", machine="s390x", order=">"), ArtifactKind.ELF, "s390x"),
        (elf_file(b"", machine="ppc64"), ArtifactKind.ELF, "ppc64le"),
        (b"\x7fELF", ArtifactKind.ELF, ""),
        (b"\x7fELF\x09\x09" + bytes(60), ArtifactKind.ELF, ""),
        (b"\xcf\xfa\xed\xfe\x07\0\0\x01" + bytes(24), ArtifactKind.MACH_O, "amd64"),
        (b"\xcf\xfa\xed\xfe\x0c\0\0\x01" + bytes(24), ArtifactKind.MACH_O, "arm64"),
        (b"\xca\xfe\xba\xbe\0\0\0\x02", ArtifactKind.MACH_O, ""),
        (b"\xca\xfe\xba\xbe\0\0\0\x34", ArtifactKind.OTHER, ""),
        (
            b"MZ".ljust(0x3C, b"\0") + b"\x40\0\0\0PE\0\0\x64\x86",
            ArtifactKind.PE,
            "amd64",
        ),
        (b"MZ", ArtifactKind.PE, ""),
        (b"!<arch>\n__.PKGDEF", ArtifactKind.ARCHIVE, ""),
        (b"", ArtifactKind.EMPTY, ""),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n",
            ArtifactKind.TEXT,
            "",
        ),
        ("ü".encode() * 3000, ArtifactKind.TEXT, ""),
        (bytes(100), ArtifactKind.OTHER, ""),
        (b"\x80\x81 no text", ArtifactKind.OTHER, ""),
        (b"\x1f\x8b\x08", ArtifactKind.OTHER, ""),
    ],
)
def test_kind_by_first_bytes(head: bytes, kind: ArtifactKind, machine: str) -> None:
    """A file is told by its first bytes, and its architecture in Go's words."""
    found = identify(head)

    assert (kind, machine) == (found.kind, found.machine)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [32, 64])
def test_section_and_memory(bits: int, order: str) -> None:
    """A section's bytes are found by name and by address, in all four layouts."""
    elf = ElfFile(elf_file(b"sixteen bytes...", bits=bits, order=order, section=".x"))
    section = elf.section(".x")

    assert section is not None
    assert elf.content(section) == b"sixteen bytes..."
    assert elf.memory(BASE + 8, 100) == b"bytes..."
    assert elf.memory(BASE + 16, 1) == b""
    assert elf.section(".y") is None


def test_sections_stripped() -> None:
    """A file without sections has none, and its segments are still read."""
    elf = ElfFile(elf_file(b"sixteen bytes...", section=""))

    assert elf.sections == ()
    assert elf.memory(BASE, 7) == b"sixteen"


def test_other_file_is_refused() -> None:
    """What is no ELF file is named in the error."""
    with pytest.raises(ElfError, match="not an ELF file but text"):
        ElfFile(b"#!/bin/sh\n")


@pytest.mark.parametrize("place", [40, 58, 60, 62])
def test_hostile_section_table(place: int) -> None:
    """Absurd table offsets, sizes and counts are refused quickly."""
    broken = bytearray(PLAIN)
    broken[place : place + 2] = b"\xfe\xff"
    started = time.process_time()

    with pytest.raises(ElfError):
        _ = ElfFile(bytes(broken)).sections
    assert time.process_time() - started < 0.5


def test_extended_section_count() -> None:
    """A count in the first section that the file has no room for is refused."""
    broken = bytearray(PLAIN)
    struct.pack_into("<H", broken, 60, 0)
    table = struct.unpack_from("<Q", broken, 40)[0]
    struct.pack_into("<Q", broken, table + 32, 1 << 60)

    with pytest.raises(ElfError, match="a table of"):
        _ = ElfFile(bytes(broken)).sections


@given(st.binary(max_size=300))
def test_any_bytes_are_identified(data: bytes) -> None:
    """No bytes make identification fail."""
    assert isinstance(identify(data).kind, ArtifactKind)


@given(
    st.integers(0, len(PLAIN)),
    st.lists(st.tuples(st.integers(0, len(PLAIN) - 1), st.integers(0, 255))),
)
@example(len(PLAIN), [(SEGMENTS + 33, 1)])
def test_broken_files_raise_only_elf_errors(
    length: int, edits: list[tuple[int, int]]
) -> None:
    """A cut or mutated file is read or refused; nothing else is raised."""
    broken = bytearray(PLAIN)
    for place, value in edits:
        broken[place] = value
    with suppress(ElfError):
        elf = ElfFile(bytes(broken[:length]))
        for section in elf.sections:
            assert len(elf.content(section)) <= len(PLAIN)
        found = elf.memory(BASE, 100)
        assert found in broken[:length]
        # An edited table may say that more than 16 bytes are loaded.
        tables_are_whole = all(place >= END_OF_SEGMENTS for place, _ in edits)
        assert len(found) <= (16 if tables_are_whole else 100)
