from __future__ import annotations

import time
import tracemalloc
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autofix.core.dynamic import DynamicFile
from autofix.core.elf import ElfError, ElfFile
from autofix.core.linked import read_linked
from autofix.core.pkghashes import PackageHashes, read_package_hashes
from tests.core.elves import elf_file
from tests.core.plugin_elves import BASE, PluginElf

HASHES = {
    "fmt": bytes(range(8)),
    "gopkg.in/dot.v3": bytes(range(8, 16)),
    "example.com/game": bytes(range(16, 24)),
}
ORDER = ("gopkg.in/dot.v3", "fmt", "example.com/game")
INFO = (
    "path\texample.com/game\n"
    "mod\texample.com/game\t(devel)\t\n"
    "dep\tgopkg.in/dot.v3\tv3.1.0\n"
    "=>\t../dot\t(devel)\t\n"
    "build\t-buildmode=plugin\n"
)
PLAIN = PluginElf(hashes=HASHES, order=ORDER, info=INFO).laid_out()
LAYOUTS = [(64, "<", "amd64"), (64, ">", "s390x"), (32, "<", "386"), (32, ">", "386")]


def read(data: bytes) -> PackageHashes:
    """Read what the reader is for."""
    return read_package_hashes(ElfFile(data))


@pytest.mark.parametrize("prefix", ["go:", "go."])
@pytest.mark.parametrize("old_hash_table", [False, True])
@pytest.mark.parametrize(("bits", "byte_order", "machine"), LAYOUTS)
def test_hashes_and_their_order(
    bits: int, byte_order: str, machine: str, old_hash_table: bool, prefix: str
) -> None:
    """All layouts, both hash tables and both spellings of the symbols are read."""
    found = read(
        PluginElf(
            hashes=HASHES,
            order=ORDER,
            bits=bits,
            byte_order=byte_order,
            machine=machine,
            old_hash_table=old_hash_table,
            prefix=prefix,
        ).laid_out()
    )

    assert {package: data.hex() for package, data in HASHES.items()} == found.hashes
    assert found.order == ORDER


@pytest.mark.parametrize("order", [(), ORDER[:2], (*ORDER[:2], ORDER[0])])
def test_order_of_a_table_that_is_not_whole(order: tuple[str, ...]) -> None:
    """A server has no table; one that lacks a package tells no order either."""
    assert () == read(PluginElf(hashes=HASHES, order=order).laid_out()).order


def test_order_of_something_else() -> None:
    """Pointers that are not spaced like the runtime's table are not that table."""
    assert () == read(PluginElf(hashes=HASHES, order=ORDER, stride=2).laid_out()).order


def test_names_that_are_no_hashes() -> None:
    """Other symbols of the same beginning are passed over."""
    odd = {"": bytes(8), "fmt": bytes(8)}

    assert {"fmt"} == read(PluginElf(hashes=odd).laid_out()).hashes.keys()


def test_program_without_anything_dynamic() -> None:
    """A static program exports nothing and needs nothing."""
    elf = ElfFile(elf_file(b"sixteen bytes..."))

    assert PackageHashes() == read_package_hashes(elf)
    assert ((), ()) == (DynamicFile(elf).libraries, DynamicFile(elf).versions)


def test_what_the_dynamic_linker_must_find() -> None:
    """Libraries and library versions are told as they are in the file."""
    found = read_linked(
        "a.so",
        PluginElf(
            hashes=HASHES,
            needed=("libc.so.6", "librdkafka.so.1"),
            versions=("GLIBC_2.34", "GLIBC_2.2.5"),
        ).laid_out(),
    )

    assert ("libc.so.6", "librdkafka.so.1") == found.libraries
    assert ("GLIBC_2.34", "GLIBC_2.2.5") == found.versions


def test_everything_of_a_plugin() -> None:
    """Build information and hashes come together."""
    found = read_linked("a.so", PLAIN)

    assert ("a.so", "amd64", "1.26.5") == (found.name, found.machine, found.go)
    assert ("example.com/game", "example.com/game") == (found.package, found.main)
    assert {"gopkg.in/dot.v3": "v3.1.0"} == found.modules
    assert "../dot@(devel)" == str(found.replaced["gopkg.in/dot.v3"])
    assert {"-buildmode": "plugin"} == found.settings
    assert ORDER == found.order


def test_plugin_without_build_information() -> None:
    """Plugins of a Go before 1.21 tell their hashes all the same."""
    found = read_linked("a.so", PluginElf(hashes=HASHES, order=ORDER).laid_out())

    assert ("", "", {}) == (found.go, found.main, found.modules)
    assert ORDER == found.order


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({"strsz": 1 << 60}, "is not in the file"),
        ({"strtab": 0}, "is not in the file"),
        ({"symtab": 1 << 63}, "is not in the file"),
        ({"relasz": 1 << 50}, "relocations of"),
        ({"relasz": 23}, "relocations of"),
        ({"rela": 16}, "is not in the file"),
        ({"gnu_hash": 0x400000}, "hash table"),
        ({"gnu_hash": None, "hash": 0x400000}, "is not in the file"),
        ({"verneed": 64}, "is not in the file"),
        ({"strsz": 4}, "a name without an end"),
    ],
)
def test_hostile_dynamic_segment(tags: Mapping[str, int | None], told: str) -> None:
    """Absurd addresses and sizes are refused quickly."""
    data = PluginElf(hashes=HASHES, order=ORDER, tags=tags).laid_out()
    started = time.process_time()

    with pytest.raises(ElfError, match=told):
        read_linked("a.so", data)
    assert time.process_time() - started < 0.5


def test_hash_table_without_an_end() -> None:
    """A chain that never ends is followed no further than the file goes."""
    zeros = 1 << 16
    size = len(PluginElf(hashes=HASHES, padding=zeros).laid_out())
    tags = {"gnu_hash": BASE + size - zeros}

    with pytest.raises(ElfError, match="without an end"):
        read(PluginElf(hashes=HASHES, padding=zeros, tags=tags).laid_out())


def test_versions_that_go_round_in_a_circle() -> None:
    """A record that says it has thousands of neighbours is not believed for long."""
    elf = PluginElf(
        hashes=HASHES, versions=["GLIBC_2.34"] * 3, tags={"verneednum": 1 << 40}
    )
    started = time.process_time()

    assert ("GLIBC_2.34",) == read_linked("a.so", elf.laid_out()).versions
    assert time.process_time() - started < 0.5


def test_a_big_server_is_read_fast_and_in_little_memory() -> None:
    """A hundred thousand other symbols cost neither much time nor memory."""
    hashes = {f"example.com/p{number}": bytes(8) for number in range(500)}
    elf = PluginElf(hashes=hashes)
    elf._strings += b"go:other.symbol\0" * 50_000
    data = elf.laid_out()
    started = time.process_time()
    tracemalloc.start()
    try:
        found = read(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert 500 == len(found.hashes)
    assert time.process_time() - started < 1
    assert peak < 4 * len(data)


def test_too_many_names_are_refused() -> None:
    """A string table of nothing but package hashes is no program's."""
    elf = PluginElf(hashes=HASHES)
    elf._strings += b"go:link.pkghashbytes.x\0" * (1 << 18)

    with pytest.raises(ElfError, match="names of package hashes"):
        read(elf.laid_out())


@given(st.integers(0, len(PLAIN)))
def test_cut_off_plugins(length: int) -> None:
    """A file that ends early is refused, or told as far as it goes."""
    try:
        found = read_linked("a.so", PLAIN[:length])
    except ElfError:
        return
    assert found.hashes.keys() <= HASHES.keys()
