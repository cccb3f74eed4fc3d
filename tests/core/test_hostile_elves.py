"""Files made to cost time or memory: each is read or refused soon, in little."""

from __future__ import annotations

import contextlib
import struct
import time
import tracemalloc
from collections.abc import Callable

import pytest

from autofix.core.artifact import describe_artifact
from autofix.core.buildinfo import read_build_info
from autofix.core.elf import ElfError
from autofix.core.linked import read_linked
from tests.core.elves import elf_file, inline_info
from tests.core.plugin_elves import BASE, PluginElf

SECONDS = 2.0
"""For each; reading a real file of their size takes a hundredth of it."""

HASHES = {f"example.com/{number}": bytes(8) for number in range(20)}


def many_segments(count: int = 0xFFFF) -> bytes:
    """Return thousands of segments in which thousands of addresses are looked up."""
    elf = PluginElf(hashes=HASHES, copies=1000)
    data = elf.laid_out()
    table = data[64 : 64 + 2 * 56]
    far = struct.pack("<IIQQQQQQ", 1, 6, 0, 1 << 40, 1 << 40, 16, 16, 16)
    rows = far * (count - 2) + table
    header = bytearray(data[:64])
    header[32:40] = struct.pack("<Q", len(data))
    header[56:58] = struct.pack("<H", count)
    return bytes(header) + data[64:] + rows


def versions_of_every_library(count: int = 4096) -> bytes:
    """Return needed libraries all of which need the same long list of versions."""
    room = 1 << 18
    place = len(PluginElf(hashes=HASHES, padding=room).laid_out()) - room
    tags = {"verneed": BASE + place, "verneednum": count}
    elf = PluginElf(hashes=HASHES, padding=room, tags=tags)
    data = bytearray(elf.laid_out())
    name = elf._strings.index(b"GLIBC")
    for number in range(count):
        first = 16 * (count - number)
        library = struct.pack("<HHIII", 1, 0xFFFF, name, first, 16)
        version = struct.pack("<IHHII", 0, 0, 2, name, 16)
        data[place + 16 * number : place + 16 * number + 16] = library
        inner = place + 16 * (count + number)
        data[inner : inner + 16] = version
    return bytes(data)


def symbols_of_one_name(count: int = 1 << 16) -> bytes:
    """Return a symbol table in which one package has 65,536 hashes."""
    return PluginElf(hashes={"example.com/a": bytes(8)}, copies=count).laid_out()


def many_lines(count: int = 1_100_000) -> bytes:
    """Return build information with more modules than there are."""
    lines = "".join(f"dep\t{number:x}\tv\n" for number in range(count))
    return elf_file(inline_info("go1.26.5", f"path\tx\n{lines}"))


def many_settings(count: int = 1_100_000) -> bytes:
    """Return build information with more settings than there are."""
    lines = "".join(f"build\t{number:x}=v\n" for number in range(count))
    return elf_file(inline_info("go1.26.5", f"path\tx\n{lines}"))


@pytest.mark.parametrize(
    "make",
    [
        many_segments,
        versions_of_every_library,
        symbols_of_one_name,
        many_lines,
        many_settings,
    ],
)
def test_costs_little(make: Callable[[], bytes]) -> None:
    """Bounded time and memory, and no exception but the reader's own."""
    data = make()
    started = time.perf_counter()
    read_all(data)
    seconds = time.perf_counter() - started
    tracemalloc.start()
    read_all(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert seconds < SECONDS
    assert peak < 8 * len(data) + (1 << 24)


def read_all(data: bytes) -> None:
    """Put a file through every reader."""
    for read in (lambda: read_linked("a.so", data), lambda: read_build_info(data)):
        with contextlib.suppress(ElfError):
            read()
    describe_artifact("a.so", data)
