"""Ten thousand mutated binaries: typed errors only, in bounded time and memory."""

from __future__ import annotations

import tracemalloc

import pytest

from tests.core.mutations import fuzz
from tests.core.plugin_elves import PluginElf

SEED = 20261122
HASHES = {f"example.com/{name}/v2": bytes(range(8)) for name in "abcdefgh"}
INFO = (
    "path\texample.com/a/v2\nmod\texample.com/a/v2\tv2.0.0\th1:x=\n"
    "dep\texample.com/b/v2\tv2.1.0\th1:y=\n=>\texample.com/fork\tv2.1.1\th1:z=\n"
    'build\t-ldflags="-s -w \\"a\\""\nbuild\tGOARCH=amd64\n'
)
FORMS = {
    "plain": PluginElf(hashes=HASHES, order=tuple(HASHES), info=INFO),
    "old-prefix": PluginElf(hashes=HASHES, order=tuple(HASHES), prefix="go."),
    "old-hash-table": PluginElf(
        hashes=HASHES, order=tuple(HASHES), info=INFO, old_hash_table=True
    ),
    "32-bit": PluginElf(
        hashes=HASHES, order=tuple(HASHES), info=INFO, bits=32, machine="386"
    ),
    "big-endian": PluginElf(
        hashes=HASHES, order=tuple(HASHES), info=INFO, byte_order=">", machine="s390x"
    ),
    "server": PluginElf(hashes=HASHES, info=INFO, padding=4096),
}


@pytest.mark.parametrize("form", FORMS)
def test_mutated_binaries_are_read_or_refused(form: str) -> None:
    """Every reader and the comparison take 2,000 mutations of each form of file."""
    data = FORMS[form].laid_out()
    tally = fuzz(data, 2000, SEED)

    assert 2000 == tally.read + tally.refused
    assert 0 < tally.refused < 2000
    assert tally.slowest < 1


def test_mutated_binaries_take_little_memory() -> None:
    """No length that a file claims is believed before it is looked at."""
    data = FORMS["plain"].laid_out()
    tracemalloc.start()
    fuzz(data, 500, SEED + 1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 2_000_000
