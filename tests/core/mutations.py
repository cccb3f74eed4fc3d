"""
Mutated binaries: what a broken copy, a bad disk or an enemy makes of an ELF file.

``python -m tests.core.mutations COUNT FILE...`` puts mutations of real binaries
through every reader and tells how many were refused, and what the slowest and the
largest cost.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from autofix.core.artifact import describe_artifact
from autofix.core.compare import compare
from autofix.core.elf import ElfError, ElfFile
from autofix.core.linked import Linked, read_linked

_NUMBERS = (0, 1, 2, 127, 255, 1 << 15, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 40)
EXTREMES = (*_NUMBERS, (1 << 63) - 1, (1 << 64) - 4096, (1 << 64) - 1)
NEAR = 4096
"""Bytes from a region's start in which its head is."""


@dataclass(slots=True)
class Tally:
    """What became of the files: ``slowest`` in seconds."""

    read: int = 0
    refused: int = 0
    slowest: float = 0.0
    others: list[str] = field(default_factory=list)


def regions(data: bytes | bytearray) -> list[range]:
    """Return where a file's headers and tables are: what readers go by."""
    elf = ElfFile(bytes(data))
    places = [range(min(len(data), 64 + 56 * 12))]
    dynamic = elf.dynamic
    if dynamic is not None:
        places.append(range(dynamic.offset, dynamic.offset + dynamic.size))
    places += [
        range(section.offset, section.offset + section.size)
        for section in elf.sections
        if section.name.startswith((".dyn", ".gnu", ".hash", ".rel", ".go.build"))
    ]
    table = len(data) - 64 * (len(elf.sections) + 1)
    places.append(range(max(0, table), len(data)))
    return [place for place in places if len(place)]


@contextmanager
def mutated(
    data: bytearray, places: Sequence[range], dice: random.Random
) -> Iterator[memoryview]:
    """
    Change ``data`` in a few places, lend it, and change it back.

    Bytes and bits are flipped, numbers take extreme values or become like others,
    strings run into each other and in circles, tables lie over each other, the end is
    cut off.
    """
    undo: list[tuple[int, bytes]] = []
    length = len(data)
    for _ in range(dice.randint(1, 5)):
        place = dice.choice(places)
        near = dice.random() < 0.5
        at = place.start + dice.randrange(min(len(place), NEAR) if near else len(place))
        new: bytes
        match dice.randrange(6):
            case 0:
                new = bytes((dice.randrange(256),))
            case 1:
                new = bytes((data[min(at, len(data) - 1)] ^ 1 << dice.randrange(8),))
            case 2:
                width = dice.choice((2, 4, 8))
                at -= at % width
                number = dice.choice(EXTREMES) & ((1 << 8 * width) - 1)
                new = number.to_bytes(width, "little")
            case 3:
                other = dice.choice(places)
                start = dice.randrange(other.start, other.stop)
                new = bytes(data[start : start + dice.randrange(1, 80)])
            case 4:
                width = dice.choice((4, 8))
                at -= at % width
                old = int.from_bytes(data[at : at + width], "little")
                moved = old + dice.choice((-16, -1, 1, 8, 16, 24, 64, 4096))
                new = (moved % (1 << 8 * width)).to_bytes(width, "little")
            case _:
                if dice.random() < 0.2:
                    length = dice.choice((at, dice.randrange(len(data))))
                new = b"\0" * dice.randrange(1, 9)
        new = new[: max(0, len(data) - at)]
        undo.append((at, bytes(data[at : at + len(new)])))
        data[at : at + len(new)] = new
    try:
        yield memoryview(data)[:length]
    finally:
        for at, old_bytes in reversed(undo):
            data[at : at + len(old_bytes)] = old_bytes


def read_all(data: memoryview, other: Linked, tally: Tally) -> None:
    """Put one file through every reader, and what is read through ``compare``."""
    started = time.perf_counter()
    describe_artifact("a.so", data)
    try:
        found = read_linked("a.so", data)
    except ElfError:
        tally.refused += 1
    else:
        tally.read += 1
        compare(other, found)
        compare(found, other)
    tally.slowest = max(tally.slowest, time.perf_counter() - started)


def fuzz(data: bytes, count: int, seed: int) -> Tally:
    """Read ``count`` mutations; any exception but ElfError comes out, with its seed."""
    original = read_linked("original.so", data)
    places = regions(data)
    changing = bytearray(data)
    tally = Tally()
    for number in range(count):
        dice = random.Random(f"{seed}/{number}")
        with mutated(changing, places, dice) as lent:
            try:
                read_all(lent, original, tally)
            except Exception as error:
                error.add_note(f"seed {seed}, file {number}")
                raise
    return tally


def main(arguments: Sequence[str]) -> None:
    """Fuzz the named binaries with a seed that is printed."""
    count, *files = arguments
    seed = random.SystemRandom().randrange(1 << 32)
    for name in files:
        data = Path(name).read_bytes()
        began = time.perf_counter()
        tally = fuzz(data, int(count), seed)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        sys.stdout.write(
            f"{name} ({len(data) >> 10} KiB), seed {seed}: {tally.read} read, "
            f"{tally.refused} refused, slowest {tally.slowest:.3f} s, "
            f"{time.perf_counter() - began:.0f} s in all, peak {peak} MiB\n"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
