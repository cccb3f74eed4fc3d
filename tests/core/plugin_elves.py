"""Go plugins made by hand: an ELF file with just what the dynamic linker needs."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.core.elves import MACHINES, inline_info

BASE = 0x400000
DYNAMIC_TAGS = {
    "needed": 1,
    "hash": 4,
    "strtab": 5,
    "symtab": 6,
    "rela": 7,
    "relasz": 8,
    "strsz": 10,
    "rel": 17,
    "relsz": 18,
    "gnu_hash": 0x6FFFFEF5,
    "verneed": 0x6FFFFFFE,
    "verneednum": 0x6FFFFFFF,
}


@dataclass(kw_only=True)
class PluginElf:
    """
    A plugin (or server, without ``order``) to be laid out as bytes.

    ``hashes`` maps packages to 8 bytes, ``order`` are the packages of the runtime's
    table, ``info`` the lines of the build information ("" for none), ``tags`` replace
    entries of the dynamic segment, None leaves one out. ``stride`` are the words from
    one entry of the table to the next, ``copies`` how often the symbols come, ``padding``
    zeros at the end.
    """

    hashes: Mapping[str, bytes]
    order: Sequence[str] = ()
    prefix: str = "go:"
    needed: Sequence[str] = ("libc.so.6",)
    versions: Sequence[str] = ("GLIBC_2.34",)
    version: str = "go1.26.5"
    info: str = ""
    machine: str = "amd64"
    bits: int = 64
    byte_order: str = "<"
    old_hash_table: bool = False
    stride: int = 5
    copies: int = 1
    padding: int = 0
    tags: Mapping[str, int | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._size = self.bits // 8
        self._word = "Q" if self.bits == 64 else "I"
        self._strings = b"\0"

    def laid_out(self) -> bytes:
        """Lay everything out in one loaded segment."""
        head = 64 + 2 * 56 if self.bits == 64 else 52 + 2 * 32
        start = (head + 15) // 16 * 16
        body = _Body(start)
        packages = list(self.hashes)
        names = [
            self._name(f"{self.prefix}link.pkghash{kind}.{package}")
            for package in packages
            for kind in ("bytes", "")
        ]
        needed = [self._name(library) for library in self.needed]
        versions = [self._name(version) for version in self.versions]
        library = self._name("libc.so.6")

        if self.info:
            body.put(inline_info(self.version, self.info))
        values = [body.put(self.hashes[package]) for package in packages]
        rows = [(0, 0, 0)]
        for place, value in enumerate(values):
            rows += [(names[2 * place], value, 1), (names[2 * place + 1], value, 1)]
        rows += rows[1:] * (self.copies - 1)
        symbols = body.put(b"".join(self._symbol(*row) for row in rows))
        strings = body.put(self._strings)
        hashed = body.put(self._hash_table(len(rows)))
        table = BASE + 0x100000
        relocations = body.put(
            b"".join(
                self._relocation(
                    table + place * self.stride * self._size,
                    2 * packages.index(package) + 2,
                )
                for place, package in enumerate(self.order)
            )
        )
        needs = body.put(self._needs(library, versions))
        tags = {
            "gnu_hash" if not self.old_hash_table else "hash": hashed,
            "strtab": strings,
            "symtab": symbols,
            "strsz": len(self._strings),
            "verneed": needs,
            "verneednum": 1,
            **self._relocation_tags(relocations),
            **self.tags,
        }
        entries = [(DYNAMIC_TAGS["needed"], name) for name in needed]
        entries += [
            (DYNAMIC_TAGS[tag], value)
            for tag, value in tags.items()
            if value is not None
        ]
        dynamic = body.put(
            b"".join(
                self._pack(f"{self._word}" * 2, *row) for row in (*entries, (0, 0))
            )
        )
        size = (len(entries) + 1) * 2 * self._size
        body.put(bytes(self.padding))
        return self._header(start, body.data, dynamic - BASE, size) + body.data

    def _pack(self, form: str, *values: int) -> bytes:
        return struct.pack(self.byte_order + form, *values)

    def _name(self, text: str) -> int:
        place = len(self._strings)
        self._strings += text.encode() + b"\0"
        return place

    def _symbol(self, name: int, value: int, section: int) -> bytes:
        if self.bits == 64:
            return self._pack("IBBHQQ", name, 0x11, 0, section, value, 8)
        return self._pack("IIIBBH", name, value, 8, 0x11, 0, section)

    def _relocation(self, address: int, symbol: int) -> bytes:
        if self.bits == 64:
            return self._pack("QQQ", address, symbol << 32 | 1, 0)
        return self._pack("II", address, symbol << 8 | 1)

    def _relocation_tags(self, place: int) -> dict[str, int]:
        size = len(self.order) * (24 if self.bits == 64 else 8)
        if self.bits == 64:
            return {"rela": place, "relasz": size}
        return {"rel": place, "relsz": size}

    def _hash_table(self, symbols: int) -> bytes:
        if self.old_hash_table:
            return self._pack("II", 1, symbols)
        chain = [0] * (symbols - 2) + [1] if symbols > 1 else []
        first = 1 if symbols > 1 else 0
        head = self._pack("IIII", 1, 1, 1, 0) + self._pack(self._word, 0)
        return head + self._pack("I", first) + self._pack(f"{len(chain)}I", *chain)

    def _needs(self, library: int, versions: Sequence[int]) -> bytes:
        data = self._pack("HHIII", 1, len(versions), library, 16, 0)
        for place, name in enumerate(versions):
            after = 16 if place + 1 < len(versions) else 0
            data += self._pack("IHHII", 0, 0, 2, name, after)
        return data

    def _header(self, start: int, data: bytes, dynamic: int, size: int) -> bytes:
        wide = self.bits == 64
        header, program = (64, 56) if wide else (52, 32)
        ident = b"\x7fELF" + bytes(
            (2 if wide else 1, 1 if self.byte_order == "<" else 2, 1)
        )
        word = self._word
        head = ident.ljust(16, b"\0") + self._pack(
            f"HHI{word}{word}{word}IHHHHHH",
            *(3, MACHINES[self.machine], 1, 0, header, 0, 0),
            *(header, program, 2, 0, 0, 0),
        )
        whole = start + len(data)
        segments = ((1, 6, 0, BASE, whole), (2, 6, dynamic, BASE + dynamic, size))
        for kind, flags, offset, address, length in segments:
            if wide:
                row = (kind, flags, offset, address, address, length, length, 16)
                head += self._pack("IIQQQQQQ", *row)
            else:
                row = (kind, offset, address, address, length, length, flags, 16)
                head += self._pack("IIIIIIII", *row)
        return head.ljust(start, b"\0")


class _Body:
    """The segment's content as it grows; ``put`` returns addresses."""

    def __init__(self, start: int) -> None:
        self._start = start
        self.data = b""

    def put(self, data: bytes) -> int:
        self.data += bytes(-(self._start + len(self.data)) % 16)
        address = BASE + self._start + len(self.data)
        self.data += data
        return address
