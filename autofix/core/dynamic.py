"""
Read an ELF file as the dynamic linker does: by its dynamic segment.

Sections can be stripped off or lie; what ``dlopen`` itself goes by cannot. Nothing in
the file is trusted: every table lies within a loaded segment and has a bounded number
of entries, whatever is wrong raises ``ElfError``.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cached_property

from autofix.core.elf import ElfError, ElfFile

DT_NEEDED = 1
DT_HASH = 4
DT_STRTAB = 5
DT_SYMTAB = 6
DT_RELA = 7
DT_RELASZ = 8
DT_STRSZ = 10
DT_REL = 17
DT_RELSZ = 18
DT_GNU_HASH = 0x6FFFFEF5
DT_VERNEED = 0x6FFFFFFE
DT_VERNEEDNUM = 0x6FFFFFFF

MOST_ENTRIES = 4096
"""Of the dynamic segment and of the versions needed; real files have about 30."""
MOST_SYMBOLS = 1 << 23
"""Nakama 3.40.0 exports 141,480."""
MOST_RELOCATIONS = 1 << 23
CHAIN_PIECE = 1024
LONGEST_STRING = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A dynamic symbol: its place in the table, its name's in the strings."""

    index: int
    name: int
    address: int
    defined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Relocation:
    """The address of a word that the dynamic linker fills with a symbol's address."""

    address: int
    symbol: int


class DynamicFile:
    """What an ELF file needs and exports; everything is empty in a static program."""

    def __init__(self, elf: ElfFile) -> None:
        self.elf = elf
        self.word_size = 8 if elf.wide else 4

    @cached_property
    def strings(self) -> bytes:
        """Return the string table that symbols' names are offsets into."""
        if DT_STRTAB not in self._tags:
            return b""
        return self._stored(self._tags[DT_STRTAB], self._tags.get(DT_STRSZ, 0))

    @cached_property
    def libraries(self) -> tuple[str, ...]:
        """Return the libraries needed: ``libc.so.6``."""
        return tuple(
            self._string(value) for tag, value in self._entries if tag == DT_NEEDED
        )

    @cached_property
    def versions(self) -> tuple[str, ...]:
        """Return the library versions needed, as in the file: ``GLIBC_2.34``."""
        names: list[int] = []
        count = self._tags.get(DT_VERNEEDNUM, 0)
        for library in self._chain(self._tags.get(DT_VERNEED, 0), count, "HHIII"):
            address, (_, versions, _, first, _) = library
            for _, row in self._chain(address + first, versions, "IHHII"):
                names.append(row[3])
                if len(names) > MOST_ENTRIES:
                    raise ElfError(f"more than {MOST_ENTRIES} versions needed")
        return tuple(dict.fromkeys(map(self._string, names)))

    def symbols_named(self, names: Container[int]) -> Iterator[Symbol]:
        """Yield the symbols whose names are at these offsets in ``strings``."""
        if DT_SYMTAB not in self._tags:
            return
        size = 24 if self.elf.wide else 16
        table = self._stored(self._tags[DT_SYMTAB], self._symbol_count * size)
        for index, name in enumerate(self._integers("I", table)[:: size // 4]):
            if name in names:
                row = table[index * size : (index + 1) * size]
                if self.elf.wide:
                    _, _, _, home, address, _ = self.elf.unpack("IBBHQQ", row)
                else:
                    _, address, _, _, _, home = self.elf.unpack("IIIBBH", row)
                yield Symbol(index=index, name=name, address=address, defined=home != 0)

    def relocations_to(self, symbols: Container[int]) -> Iterator[Relocation]:
        """Yield the relocations to symbols, by their index, in the file's order."""
        shift = 32 if self.elf.wide else 8
        for start, length, columns in (
            (DT_RELA, DT_RELASZ, 3),
            (DT_REL, DT_RELSZ, 2),
        ):
            if start not in self._tags:
                continue
            size = self._tags.get(length, 0)
            row = columns * self.word_size
            if size > MOST_RELOCATIONS * row or size % row:
                raise ElfError(f"relocations of {size} bytes")
            table = self._integers(
                "Q" if self.elf.wide else "I", self._stored(self._tags[start], size)
            )
            addresses, information = table[::columns], table[1::columns]
            for index, value in enumerate(information):
                if value >> shift in symbols:
                    yield Relocation(address=addresses[index], symbol=value >> shift)

    @cached_property
    def _entries(self) -> tuple[tuple[int, int], ...]:
        segment = self.elf.dynamic
        if segment is None:
            return ()
        row = 2 * self.word_size
        size = min(segment.size // row, MOST_ENTRIES) * row
        data = self.elf.bytes_at(segment.offset, size)
        numbers = self._integers("Q" if self.elf.wide else "I", data)
        found = []
        for tag, value in zip(numbers[::2], numbers[1::2], strict=True):
            if not tag:
                break
            found.append((tag, value))
        return tuple(found)

    @cached_property
    def _tags(self) -> dict[int, int]:
        return dict(self._entries)

    @cached_property
    def _symbol_count(self) -> int:
        """Count the symbols; only the hash tables that find them tell their number."""
        if DT_GNU_HASH in self._tags:
            count = self._hashed_symbols(self._tags[DT_GNU_HASH])
        elif DT_HASH in self._tags:
            head = self._stored(self._tags[DT_HASH], 8)
            _, count = self.elf.unpack("II", head)
        else:
            count = 0
        if count > MOST_SYMBOLS:
            raise ElfError(f"{count} symbols")
        return count

    def _hashed_symbols(self, table: int) -> int:
        """Count by GNU's hash table: up to the end of the last bucket's chain."""
        buckets, first, filters, _ = self.elf.unpack("IIII", self._stored(table, 16))
        if buckets > MOST_SYMBOLS or filters > MOST_SYMBOLS:
            raise ElfError(f"a hash table of {buckets} buckets and {filters} filters")
        start = table + 16 + filters * self.word_size
        last = max(self._integers("I", self._stored(start, 4 * buckets)), default=0)
        if last < first:
            return first
        chains = start + 4 * buckets
        while last - first <= MOST_SYMBOLS:
            piece = self.elf.memory(chains + 4 * (last - first), 4 * CHAIN_PIECE)
            for value in self._integers("I", piece[: len(piece) // 4 * 4]):
                last += 1
                if value & 1:
                    return last
            if len(piece) < 4 * CHAIN_PIECE:
                break
        raise ElfError("a hash table without an end")

    def _chain(
        self, address: int, count: int, form: str
    ) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Walk records of 16 bytes, each of which ends with the way to the next."""
        for _ in range(min(count, MOST_ENTRIES)):
            row = self.elf.unpack(form, self._stored(address, 16))
            yield address, row
            if not row[-1]:
                return
            address += row[-1]

    def _string(self, start: int) -> str:
        end = self.strings.find(b"\0", start, start + LONGEST_STRING)
        if end < 0:
            raise ElfError("a name without an end")
        return self.strings[start:end].decode("utf-8", "replace")

    def _stored(self, address: int, size: int) -> bytes:
        """Return exactly ``size`` bytes of memory."""
        found = self.elf.memory(address, size) if size else b""
        if len(found) != size:
            raise ElfError(f"a table of {size} bytes is not in the file")
        return found

    def _integers(self, code: str, data: bytes) -> array[int]:
        """Return a table's integers, many times faster than unpacking them."""
        numbers = array(code)
        numbers.frombytes(data)
        if self.elf.identity.big_endian != (sys.byteorder == "big"):
            numbers.byteswap()
        return numbers
