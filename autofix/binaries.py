"""Binaries on this machine, mapped into memory: a server has 60 MB, a plugin 20."""

from __future__ import annotations

import mmap
from pathlib import Path

from autofix.core.elf import ElfError
from autofix.core.linked import Linked, read_linked


def mapped(path: Path) -> memoryview:
    """
    Map a file into memory, so that only what is looked at is read; OSError.

    It is not closed by hand: views of it may live on in a traceback, and closing it
    under them is an error that would hide the first one.
    """
    with path.open("rb") as file:
        if not path.stat().st_size:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def linked_file(path: Path, name: str) -> Linked | None:
    """Return what a program or plugin links; None if it is no whole ELF file."""
    try:
        return read_linked(name, mapped(path))
    except ElfError:
        return None
