"""ELF files made by hand: just enough of one for a reader of build information."""

from __future__ import annotations

import struct
from collections.abc import Sequence

BASE = 0x400000
MACHINES = {"amd64": 62, "386": 3, "arm64": 183, "s390x": 22, "ppc64": 21}


def elf_file(
    data: bytes,
    *,
    machine: str = "amd64",
    bits: int = 64,
    order: str = "<",
    section: str = ".go.buildinfo",
) -> bytes:
    """
    Return an ELF file with one writable segment of ``data``, loaded at ``BASE``.

    ``section`` names the section over it; "" leaves all sections out.
    """
    wide = bits == 64
    header_size, program_size = (64, 56) if wide else (52, 32)
    start = (header_size + program_size + 15) // 16 * 16
    names = b"\0.shstrtab\0" + section.encode() + b"\0"
    names_at = start + len(data)
    table_at = names_at + len(names)
    rows = [
        (0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        (1, 3, 0, 0, names_at, len(names), 0, 0, 1, 0),
        (11, 1, 3, BASE, start, len(data), 0, 0, 16, 0),
    ]
    if not section:
        rows, table_at, names = [], 0, b""
    word = "Q" if wide else "I"
    header = struct.pack(
        f"{order}HHI{word}{word}{word}IHHHHHH",
        *(2, MACHINES[machine], 1, 0, header_size, table_at, 0),
        *(header_size, program_size, 1, 64 if wide else 40, len(rows), bool(rows)),
    )
    size = len(data)
    program = (
        struct.pack(f"{order}IIQQQQQQ", 1, 6, start, BASE, BASE, size, size, 16)
        if wide
        else struct.pack(f"{order}IIIIIIII", 1, start, BASE, BASE, size, size, 6, 16)
    )
    form = f"{order}IIQQQQIIQQ" if wide else f"{order}IIIIIIIIII"
    ident = b"\x7fELF" + bytes((2 if wide else 1, 1 if order == "<" else 2, 1))
    start_of_file = (ident.ljust(16, b"\0") + header + program).ljust(start, b"\0")
    table = b"".join(struct.pack(form, *row) for row in rows)
    return start_of_file + data + names + table


def inline_info(version: str, modules: str) -> bytes:
    """Return build information as Go 1.18 and later store it."""
    return (
        b"\xff Go buildinf:\x08\x02".ljust(32, b"\0")
        + _with_length(version.encode())
        + _with_length(framed(modules))
    )


def pointer_info(version: str, modules: str, *, bits: int, order: str) -> bytes:
    """Return build information as Go 1.13 to 1.17 store it, for ``BASE``."""
    size = bits // 8
    word = f"{order}{'Q' if size == 8 else 'I'}"
    strings: Sequence[bytes] = (version.encode(), framed(modules))
    headers_at = 32
    texts_at = headers_at + 4 * size
    flags = 0 if order == "<" else 1
    blob = b"\xff Go buildinf:" + bytes((size, flags))
    blob += struct.pack(word, BASE + headers_at)
    blob += struct.pack(word, BASE + headers_at + 2 * size)
    blob = blob.ljust(32, b"\0")
    for text in strings:
        blob += struct.pack(word, BASE + texts_at) + struct.pack(word, len(text))
        texts_at += len(text)
    return blob + b"".join(strings)


def framed(modules: str) -> bytes:
    """Return module lines between the linker's two sentinels; nothing for none."""
    return b"0w" * 8 + modules.encode() + b"\xf92" * 8 if modules else b""


def _with_length(text: bytes) -> bytes:
    length = len(text)
    varint = b""
    while length >= 0x80:
        varint += bytes((length & 0x7F | 0x80,))
        length >>= 7
    return varint + bytes((length,)) + text
