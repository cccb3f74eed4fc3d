"""
What a file is by its first bytes, and where things are inside an ELF file.

The bytes come from a container and are not trusted: every offset is checked against
the file, every table is bounded, and whatever is wrong raises ``ElfError``. If
anything here raises another exception, that is a bug.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from autofix.core.model import ArtifactKind

Data = bytes | memoryview
"""A whole file; the shell passes a memory map as a ``memoryview``."""

SHN_XINDEX = 0xFFFF
SHT_NOBITS = 8
PT_LOAD = 1
PT_DYNAMIC = 2
PF_EXECUTABLE = 1
PF_WRITABLE = 2
MOST_SECTIONS = 1 << 16
MOST_SEGMENTS = 64
"""Go's linker makes 7 to 14; each address is looked up in all of them."""
NAME_LIMIT = 256
WIDE_BITS = 64
HEAD = 4096
"""How many first bytes ``identify`` looks at."""


class ElfError(ValueError):
    """The bytes are not the file they claim to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a file is; ``machine`` in Go's names, ``bits`` 0 where unknown."""

    kind: ArtifactKind
    machine: str = ""
    bits: int = 0
    big_endian: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section: its address in memory, its place in the file, both in bytes."""

    name: str
    address: int
    offset: int
    size: int
    stored: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A segment; ``size`` is what the file holds of it."""

    address: int
    offset: int
    size: int
    flags: int


def identify(head: Data) -> Identity:
    """Tell what a file is from its first bytes (``HEAD`` of them are enough)."""
    start = bytes(head[:HEAD])
    if not start:
        return Identity(kind=ArtifactKind.EMPTY)
    if start.startswith(b"\x7fELF"):
        return _identify_elf(start)
    if start[:4] in (*_MACH_O_ORDER, _FAT_MACH_O):
        return _identify_mach_o(start)
    if start.startswith(b"MZ"):
        return _identify_pe(start)
    if start.startswith(b"!<arch>\n"):
        return Identity(kind=ArtifactKind.ARCHIVE)
    return Identity(kind=ArtifactKind.TEXT if _is_text(start) else ArtifactKind.OTHER)


class ElfFile:
    """An ELF file's sections and loaded segments; raises ``ElfError`` if broken."""

    def __init__(self, data: Data) -> None:
        self._data = memoryview(data)
        self.identity = identify(self._data)
        if self.identity.kind is not ArtifactKind.ELF:
            raise ElfError(f"not an ELF file but {self.identity.kind}")
        if not self.identity.bits:
            raise ElfError("an ELF file of no known class")
        self._order = ">" if self.identity.big_endian else "<"
        wide = self.wide
        header = "HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"
        fields = self.unpack(header, self.bytes_at(16, 48 if wide else 36))
        self._segment_table = (fields[4], fields[8], fields[9])
        self._section_table = (fields[5], fields[10], fields[11])
        self._names_index = fields[12]
        self._section_form = "IIQQQQIIQQ" if wide else "IIIIIIIIII"
        self._segment_form = "IIQQQQQQ" if wide else "IIIIIIII"

    @property
    def wide(self) -> bool:
        """Tell whether addresses have 64 bits."""
        return self.identity.bits == WIDE_BITS

    def section(self, name: str) -> Section | None:
        """Return the first section of that name."""
        return next((each for each in self.sections if each.name == name), None)

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """Return all sections; none if the table was stripped."""
        rows = list(self._section_rows())
        index = self._names_index
        if index == SHN_XINDEX and rows:
            index = rows[0][6]
        if not rows or index == 0:
            return ()
        if index >= len(rows):
            raise ElfError("the section with the sections' names is missing")
        names = self.bytes_at(rows[index][4], rows[index][5])
        return tuple(
            Section(
                name=_name(names, row[0]),
                address=row[3],
                offset=row[4],
                size=row[5],
                stored=row[1] != SHT_NOBITS,
            )
            for row in rows
        )

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """Return the segments that are loaded into memory, in the file's order."""
        return tuple(
            self._segment(row) for row in self._segment_rows if row[0] == PT_LOAD
        )

    @cached_property
    def dynamic(self) -> Segment | None:
        """Return what the dynamic linker starts from; None in a static program."""
        rows = (row for row in self._segment_rows if row[0] == PT_DYNAMIC)
        return next(map(self._segment, rows), None)

    def content(self, section: Section) -> bytes:
        """Return a section's bytes; empty if it takes no room in the file."""
        return self.bytes_at(section.offset, section.size) if section.stored else b""

    def bytes_at(self, offset: int, size: int) -> bytes:
        """Return exactly ``size`` bytes of the file from ``offset`` on."""
        if offset < 0 or size < 0 or offset + size > len(self._data):
            raise ElfError(f"the file ends before byte {offset + size}")
        return bytes(self._data[offset : offset + size])

    def memory(self, address: int, most: int) -> bytes:
        """Return up to ``most`` bytes as loaded at ``address``; b"" if not stored."""
        for segment in self.segments:
            within = address - segment.address
            if 0 <= within < segment.size:
                size = min(most, segment.size - within)
                return self.bytes_at(segment.offset + within, size)
        return b""

    def unpack(self, form: str, data: bytes) -> tuple[int, ...]:
        """Unpack integers in the file's own byte order."""
        try:
            return struct.unpack(self._order + form, data)
        except struct.error as error:
            raise ElfError(str(error)) from error

    @cached_property
    def _segment_rows(self) -> tuple[tuple[int, ...], ...]:
        offset, size, count = self._segment_table
        return tuple(self._rows(self._segment_form, offset, size, count, MOST_SEGMENTS))

    def _segment(self, row: tuple[int, ...]) -> Segment:
        if self.wide:
            _, flags, offset, address, _, size, _, _ = row
        else:
            _, offset, address, _, size, _, flags, _ = row
        return Segment(address=address, offset=offset, size=size, flags=flags)

    def _section_rows(self) -> Iterator[tuple[int, ...]]:
        offset, size, count = self._section_table
        if not offset:
            return iter(())
        if not count:  # more than fit in 16 bits: the first section's size says it
            first = self._rows(self._section_form, offset, size, 1, 1)
            count = next(first)[5]
        return self._rows(self._section_form, offset, size, count, MOST_SECTIONS)

    def _rows(
        self, form: str, offset: int, size: int, count: int, most: int
    ) -> Iterator[tuple[int, ...]]:
        row = struct.Struct(self._order + form)
        if count > most:
            raise ElfError(f"a table of {count} entries")
        if count and size != row.size:
            raise ElfError(f"table entries of {size} instead of {row.size} bytes")
        return row.iter_unpack(self.bytes_at(offset, size * count))


_ELF_CLASSES = {b"\1": 32, b"\2": 64}
_ELF_ORDERS = {b"\1": "<", b"\2": ">"}
_MACHINES = {
    3: "386",
    22: "s390x",
    40: "arm",
    62: "amd64",
    183: "arm64",
    243: "riscv64",
    258: "loong64",
}
_MACHINES_BY_ORDER = {
    (8, 32, True): "mips",
    (8, 32, False): "mipsle",
    (8, 64, True): "mips64",
    (8, 64, False): "mips64le",
    (21, 64, True): "ppc64",
    (21, 64, False): "ppc64le",
}
_MACH_O_ORDER = {
    b"\xfe\xed\xfa\xce": ">",
    b"\xfe\xed\xfa\xcf": ">",
    b"\xce\xfa\xed\xfe": "<",
    b"\xcf\xfa\xed\xfe": "<",
}
_MACH_O_MACHINES = {7: "386", 12: "arm", 0x01000007: "amd64", 0x0100000C: "arm64"}
_MACH_O_WIDE = 0x01000000
_PE_MACHINES = {0x14C: "386", 0x1C4: "arm", 0x8664: "amd64", 0xAA64: "arm64"}
_FAT_MACH_O = b"\xca\xfe\xba\xbe"
_FEWEST_JAVA_VERSION = 40
"""A Java class file starts like a universal Mach-O; its version is at least this."""


_LONGEST_CHARACTER = 4
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))


def _identify_elf(start: bytes) -> Identity:
    bits = _ELF_CLASSES.get(start[4:5])
    order = _ELF_ORDERS.get(start[5:6])
    if bits is None or order is None:
        return Identity(kind=ArtifactKind.ELF)
    number = _word(start, 18, f"{order}H")
    big_endian = order == ">"
    return Identity(
        kind=ArtifactKind.ELF,
        machine=_MACHINES.get(number)
        or _MACHINES_BY_ORDER.get((number, bits, big_endian), ""),
        bits=bits,
        big_endian=big_endian,
    )


def _identify_mach_o(start: bytes) -> Identity:
    if start[:4] == _FAT_MACH_O:
        java = _word(start, 4, ">I") >= _FEWEST_JAVA_VERSION
        return Identity(kind=ArtifactKind.OTHER if java else ArtifactKind.MACH_O)
    order = _MACH_O_ORDER[start[:4]]
    machine = _word(start, 4, f"{order}I")
    return Identity(
        kind=ArtifactKind.MACH_O,
        machine=_MACH_O_MACHINES.get(machine, ""),
        bits=WIDE_BITS if machine & _MACH_O_WIDE else WIDE_BITS // 2,
        big_endian=order == ">",
    )


def _identify_pe(start: bytes) -> Identity:
    header = _word(start, 0x3C, "<I")
    if start[header : header + 4] != b"PE\0\0":
        return Identity(kind=ArtifactKind.PE)
    machine = _PE_MACHINES.get(_word(start, header + 4, "<H"), "")
    return Identity(kind=ArtifactKind.PE, machine=machine)


def _word(start: bytes, offset: int, form: str) -> int:
    """Return one number, or 0 where the bytes end before it."""
    size = struct.calcsize(form)
    if offset + size > len(start):
        return 0
    value: int = struct.unpack_from(form, start, offset)[0]
    return value


def _name(names: bytes, start: int) -> str:
    end = names.find(b"\0", start, start + NAME_LIMIT)
    return names[start:end].decode("latin-1") if end >= 0 else ""


def _is_text(start: bytes) -> bool:
    """Tell whether bytes read as text; a character cut off at the end is fine."""
    if b"\0" in start:
        return False
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - _LONGEST_CHARACTER + 1:
            return False
    return start.translate(None, _CONTROLS) == start
