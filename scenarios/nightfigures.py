"""What a process that lives for many runs holds on to, and whether that grows."""

from __future__ import annotations

import ctypes
import gc
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression

SETTLED = 20
"""Loops after which threads and files have found their size; memory takes half of all."""
GROWTH_MEGABYTES = 8.0
"""What it may grow by after that: the allocator's own steps, not a leak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a process holds on to: megabytes, threads, open files."""

    megabytes: float
    threads: int
    files: int


def figures() -> Figures:
    """
    Measure this process, without what only waits to be given back.

    Cycles hold sockets of lost engines until they are collected, and the allocator
    keeps freed memory: 10 MB more after 110 loops, with the same objects.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if trim is not None:
        trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Figures(
        megabytes=pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        threads=threading.active_count(),
        files=len(list(Path("/proc/self/fd").iterdir())),
    )


def growth(seen: Sequence[Figures]) -> tuple[str, list[str]]:
    """Tell the figures of all loops in words, and what of them grew."""
    settled = seen[SETTLED:]
    if len(settled) < 2:  # noqa: PLR2004 (a line needs two points)
        return "too few loops to tell whether anything grows", []
    first, last = settled[0], settled[-1]
    memory = [each.megabytes for each in seen[max(SETTLED, len(seen) // 2) :]]
    slope = linear_regression(range(len(memory)), memory).slope
    words = (
        f"memory {first.megabytes:.0f} -> {last.megabytes:.0f} MB "
        f"({slope * 1000:+.0f} kB a loop), threads {first.threads} -> {last.threads}, "
        f"open files {first.files} -> {last.files}"
    )
    grown = []
    if slope * len(memory) > GROWTH_MEGABYTES:
        grown.append("memory grew")
    if last.threads > first.threads:
        grown.append("threads grew")
    if last.files > first.files:
        grown.append("open files grew")
    return words, grown
