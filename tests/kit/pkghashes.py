"""
An ELF reader for one purpose: the package hashes a Go program exports.

Independent of autofix's own reader, so that the two can be held against each other.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_PREFIX = b"go:link.pkghashbytes."
_DYNSYM = 11


def package_hashes(program: bytes) -> dict[str, str]:
    """Return package to hash (16 hex digits) from ``.dynsym`` of a 64-bit ELF file."""
    return dict(_hashes(program))


def _hashes(program: bytes) -> Iterator[tuple[str, str]]:
    (table,) = struct.unpack_from("<Q", program, 40)
    size, count = struct.unpack_from("<HH", program, 58)
    sections = [
        struct.unpack_from("<IIQQQQIIQQ", program, table + index * size)
        for index in range(count)
    ]
    symbols = next(section for section in sections if section[1] == _DYNSYM)
    names = sections[symbols[6]][4]
    for at in range(symbols[4], symbols[4] + symbols[5], 24):
        name, _, _, home, value, _ = struct.unpack_from("<IBBHQQ", program, at)
        start = names + name
        if not program.startswith(_PREFIX, start):
            continue
        package = program[start + len(_PREFIX) : program.index(b"\0", start)]
        section = sections[home]
        place = section[4] + value - section[3]
        yield package.decode(), program[place : place + 8].hex()
