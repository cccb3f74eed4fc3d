"""
Read the hashes by which the Go runtime judges whether a plugin fits its server.

A program that can open plugins, and every plugin, exports for each linked package the
symbol ``go:link.pkghashbytes.<package>``: 8 bytes of hash over what the package shows
to its importers. Before Go 1.20 the names begin with ``go.link.`` (observed: 1.19.8;
1.21 to 1.27). They are in ``.dynsym`` and survive stripping.

A plugin also has a table that the runtime walks at load, and stops in at the first
package whose hash is not the server's. Its names are in ``.symtab`` only; but each
entry points to ``go:link.pkghash.<package>`` of whoever exports that first, so the
relocations tell its order, also in a stripped plugin (observed on 1.23.5 and 1.26.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, pairwise

from autofix.core.dynamic import DynamicFile
from autofix.core.elf import ElfError, ElfFile

MARK = b"link.pkghash"
PREFIXES = (b"go:", b"go.")
BYTES = b"bytes"
KINDS = (BYTES, b"")
HASH_SIZE = 8
TABLE_COLUMNS = 5
"""Of the runtime's table: two strings of two words each, and a pointer."""

MOST_NAMES = 1 << 15
"""A Nakama links some 500 packages, each with two names."""
LONGEST_PATH = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageHashes:
    """
    The hash of each linked package, as 16 hex digits.

    ``order`` are the packages in the order of the plugin's own table, dependencies
    first; empty in a server, or where the file does not tell it.
    """

    hashes: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()


def read_package_hashes(elf: ElfFile) -> PackageHashes:
    """Return the package hashes of an ELF file, none if it has none; else ElfError."""
    return package_hashes_of(DynamicFile(elf))


def package_hashes_of(dynamic: DynamicFile) -> PackageHashes:
    """Return the package hashes of an opened file, as ``read_package_hashes``."""
    of_bytes: dict[int, str] = {}
    of_header: dict[int, str] = {}
    for offset, package, is_bytes in _names(dynamic.strings):
        (of_bytes if is_bytes else of_header)[offset] = package
        if len(of_bytes) + len(of_header) > MOST_NAMES:
            raise ElfError(f"more than {MOST_NAMES} names of package hashes")

    hashes: dict[str, str] = {}
    headers: dict[int, str] = {}
    symbols = dynamic.symbols_named(of_bytes.keys() | of_header.keys())
    for number, symbol in enumerate(symbols):
        if number >= MOST_NAMES:
            raise ElfError(f"more than {MOST_NAMES} symbols of package hashes")
        if symbol.name in of_header:
            headers[symbol.index] = of_header[symbol.name]
        elif symbol.defined:
            package = of_bytes[symbol.name]
            found = dynamic.elf.memory(symbol.address, HASH_SIZE)
            if len(found) != HASH_SIZE:
                raise ElfError(f"the hash of {package} is not in the file")
            hashes.setdefault(package, found.hex())
    return PackageHashes(hashes=hashes, order=_order(dynamic, headers, hashes))


def _names(strings: bytes) -> Iterator[tuple[int, str, bool]]:
    """Yield offset, package and whether it names the hash itself, or its header."""
    place = strings.find(MARK)
    while place >= 0:
        start, after = place - len(PREFIXES[0]), place + len(MARK)
        end = strings.find(b"\0", after, after + LONGEST_PATH)
        if start >= 0 and end >= 0 and strings[start:place] in PREFIXES:
            kind, _, package = strings[after:end].partition(b".")
            if package and kind in KINDS:
                yield start, package.decode("utf-8", "replace"), kind == BYTES
        place = strings.find(MARK, after)


def _order(
    dynamic: DynamicFile, headers: Mapping[int, str], hashes: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the packages as the runtime's table has them; () if it is not all there."""
    # One more than there can be, so that a table too long is no table either.
    relocations = islice(dynamic.relocations_to(headers), len(headers) + 1)
    entries = sorted((each.address, headers[each.symbol]) for each in relocations)
    addresses = [address for address, _ in entries]
    row = TABLE_COLUMNS * dynamic.word_size
    evenly = all(after - before == row for before, after in pairwise(addresses))
    order = tuple(package for _, package in entries)
    return order if evenly and set(order) == set(hashes) else ()
