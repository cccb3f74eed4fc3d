"""
Read the build information that the Go linker leaves in a binary.

Go 1.18 and later store two strings inline, Go 1.13 to 1.17 two pointers to strings;
both are read. It survives ``-s -w``, lists the modules that are *linked* (64 of the
70 that Nakama 3.40.0 vendors), and exists in plugins built by Go 1.21 or later.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from sys import maxunicode
from typing import Literal

from autofix.core.elf import (
    PF_EXECUTABLE,
    PF_WRITABLE,
    Data,
    ElfError,
    ElfFile,
)
from autofix.core.model import ModuleVersion
from autofix.core.versions import bare_go

MAGIC = b"\xff Go buildinf:"
SECTION = ".go.buildinfo"
ALIGNMENT = 16
HEADER_SIZE = 32
LONGEST_VARINT = 10
FRAME_SIZE = 16
MOST_BYTES = 1 << 22
MOST_LINES = 1 << 15
"""No real binary's module list comes near them: Nakama 3.40.0 links 64 modules."""

_FLAG_BIG_ENDIAN = 1
_FLAG_INLINE = 2
_VARINT_CONTINUES = 0x80

ByteOrder = Literal["big", "little"]


class NoBuildInfoError(ElfError):
    """An ELF file without Go build information."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """
    A linked module: the version that was selected, and what replaced it, if anything.

    ``sum`` is "" where it was built from a vendor folder.
    """

    version: str
    sum: str = ""
    replacement: ModuleVersion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildInfo:
    """
    What ``go version -m`` prints.

    ``version`` is the whole version text (``go1.26.5 X:jsonv2``), ``path`` the main
    package, ``main`` its module or None if it was built without modules.
    """

    version: str
    path: str = ""
    main: ModuleVersion | None = None
    dependencies: Mapping[str, Dependency] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def go(self) -> str:
        """Return the bare Go release: ``1.26.5``."""
        return bare_go(self.version)

    @property
    def modules(self) -> dict[str, str]:
        """Return the version of each linked module but the main one."""
        return {path: each.version for path, each in self.dependencies.items()}


def read_build_info(data: Data) -> BuildInfo:
    """
    Return the build information of an ELF file.

    NoBuildInfoError if it has none, another ElfError if the file is broken.
    """
    return read_build_info_of(ElfFile(data))


def read_build_info_of(elf: ElfFile) -> BuildInfo:
    """Return the build information of an opened ELF file, as ``read_build_info``."""
    address = _address(elf)
    header = elf.memory(address, HEADER_SIZE)
    if len(header) < HEADER_SIZE:
        raise NoBuildInfoError("the build information is cut off")
    pointer_size, flags = header[14], header[15]
    if flags & _FLAG_INLINE:
        version, after = _inline_string(elf, address + HEADER_SIZE)
        modules, _ = _inline_string(elf, after)
    elif pointer_size in (4, 8):
        order: ByteOrder = "big" if flags & _FLAG_BIG_ENDIAN else "little"
        first, second = _pointers(header[ALIGNMENT:], pointer_size, order)
        version = _pointed_string(elf, first, pointer_size, order)
        modules = _pointed_string(elf, second, pointer_size, order)
    else:
        raise NoBuildInfoError(f"build information with {pointer_size}-byte pointers")
    if not version:
        raise NoBuildInfoError("build information without a Go version")
    framed = len(modules) > 2 * FRAME_SIZE and modules[-FRAME_SIZE - 1] == ord("\n")
    text = modules[FRAME_SIZE:-FRAME_SIZE] if framed else b""
    if text.count(b"\n") > MOST_LINES:
        raise ElfError(f"build information of more than {MOST_LINES} lines")
    return parse_build_info(
        version.decode("utf-8", "replace"), text.decode("utf-8", "replace")
    )


def parse_build_info(version: str, text: str) -> BuildInfo:
    """Parse the lines that the linker stored; unknown lines are passed over."""
    path = ""
    main: ModuleVersion | None = None
    dependencies: dict[str, Dependency] = {}
    settings: dict[str, str] = {}
    last = ""
    for line in text.split("\n"):
        kind, _, rest = line.partition("\t")
        columns = rest.split("\t")
        if kind == "path":
            path = rest
        elif kind == "mod" and len(columns) > 1:
            main, last = ModuleVersion(path=columns[0], version=columns[1]), ""
        elif kind == "dep" and len(columns) > 1:
            last = columns[0]
            dependencies[last] = Dependency(
                version=columns[1], sum="".join(columns[2:3])
            )
        elif kind == "=>" and len(columns) > 1 and last:
            dependencies[last] = Dependency(
                version=dependencies[last].version,
                sum=dependencies[last].sum,
                replacement=ModuleVersion(path=columns[0], version=columns[1]),
            )
        elif kind == "build":
            key, value = _setting(rest)
            settings[key] = value
    return BuildInfo(
        version=version,
        path=path,
        main=main,
        dependencies=dependencies,
        settings=settings,
    )


def _address(elf: ElfFile) -> int:
    """Find the blob: in its section, else in the first segment of plain data."""
    section = elf.section(SECTION)
    if section is not None:
        start, data = section.address, elf.content(section)
    else:
        segment = next(
            (
                each
                for each in elf.segments
                if each.flags & (PF_EXECUTABLE | PF_WRITABLE) == PF_WRITABLE
            ),
            None,
        )
        if segment is None:
            raise NoBuildInfoError("no section and no segment of data")
        start, data = segment.address, elf.bytes_at(segment.offset, segment.size)
    place = data.find(MAGIC)
    while place >= 0 and (start + place) % ALIGNMENT:
        place = data.find(MAGIC, place + 1)
    if place < 0:
        raise NoBuildInfoError("not built by Go, or a plugin of a Go before 1.21")
    return start + place


def _inline_string(elf: ElfFile, address: int) -> tuple[bytes, int]:
    """Return a string with its length in front, and the address after it."""
    length = 0
    for index, byte in enumerate(elf.memory(address, LONGEST_VARINT)):
        length |= (byte & ~_VARINT_CONTINUES) << (7 * index)
        if not byte & _VARINT_CONTINUES:
            start = address + index + 1
            return _exactly(elf, start, length), start + length
    raise NoBuildInfoError("the build information is cut off")


def _pointed_string(elf: ElfFile, pointer: int, size: int, order: ByteOrder) -> bytes:
    """Follow a pointer to a Go string: a pointer to its bytes, and their number."""
    if not pointer:
        return b""
    start, length = _pointers(_exactly(elf, pointer, 2 * size), size, order)
    return _exactly(elf, start, length) if length else b""


def _pointers(data: bytes, size: int, order: ByteOrder) -> tuple[int, int]:
    return (
        int.from_bytes(data[:size], order),
        int.from_bytes(data[size : 2 * size], order),
    )


def _exactly(elf: ElfFile, address: int, size: int) -> bytes:
    if size > MOST_BYTES:
        raise ElfError(f"build information of {size} bytes")
    found = elf.memory(address, size) if size else b""
    if len(found) != size:
        raise NoBuildInfoError("the build information is cut off")
    return found


_QUOTED = r'`[^`]*`|"(?:[^"\\]|\\.)*"'
_SETTING = re.compile(rf"(?P<key>{_QUOTED}|[^=]*)=(?P<value>.*)", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))",
    re.DOTALL,
)
_SURROGATES = range(0xD800, 0xE000)
_CONTROL = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}


def _setting(text: str) -> tuple[str, str]:
    match = _SETTING.fullmatch(text)
    if match is None:
        return text, ""
    return _unquoted(match["key"]), _unquoted(match["value"])


def _unquoted(text: str) -> str:
    """Undo Go's quoting; text that is not properly quoted is returned as it is."""
    if not re.fullmatch(_QUOTED, text, re.DOTALL):
        return text
    if text.startswith("`"):
        return text[1:-1]
    return _ESCAPE.sub(_unescaped, text[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    *codes, octal, letter = match.groups()
    if letter:
        return _CONTROL.get(letter, letter)
    number = int(octal, 8) if octal else int(next(filter(None, codes)), 16)
    lone = _SURROGATES.start <= number < _SURROGATES.stop  # no text can hold it
    return match[0] if lone or number > maxunicode else chr(number)
