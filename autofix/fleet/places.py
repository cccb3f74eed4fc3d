"""Where fleets keep what they did, which one goes on, and which are too old."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from autofix.core.fleetledger import Book
from autofix.errors import AutofixError
from autofix.fleet.ledger import NAME, is_open, read_book
from autofix.runfolder import size_of

FOLDER = "fleets"
KEEP = 14
KEEP_BYTES = 8 << 30
REMEMBERED = 5
"""How many earlier nights are looked at for how long jobs take."""


def key_of(words: Iterable[str]) -> str:
    """Return eight digits for a fleet: its file, or its folders and servers."""
    return sha256("\0".join(words).encode()).hexdigest()[:8]


def nights(state: Path, key: str) -> Iterator[Path]:
    """Yield the folders of a fleet, the newest first."""
    for path in sorted((state / FOLDER).glob(f"*-{key}-*"), reverse=True):
        if (path / NAME).is_file():
            yield path


def folder_for(state: Path, key: str, *, afresh: bool) -> Path:
    """Return the folder of the last night if it is not finished, else a new one."""
    for path in nights(state, key):
        if not afresh and not _book(path).whole:
            return path
        break
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return state / FOLDER / f"{stamp}-{key}-{secrets.token_hex(2)}"


def earlier_books(state: Path, key: str, but: Path) -> Iterator[Book]:
    """Yield what earlier nights of a fleet add up to; unreadable ones as empty."""
    others = [path for path in nights(state, key) if path != but]
    yield from map(_book, others[:REMEMBERED])


def prune(
    state: Path, *, keep: int = KEEP, keep_bytes: int = KEEP_BYTES
) -> tuple[Path, ...]:
    """Remove the oldest nights beyond ``keep`` or ``keep_bytes``; open ones stay."""
    removed = []
    total = 0
    for number, path in enumerate(_all(state)):
        total += size_of(path)
        if number and (number >= keep or total > keep_bytes) and not is_open(path):
            shutil.rmtree(path, ignore_errors=True)
            removed.append(path)
    return tuple(removed)


def remove_all(state: Path, *, dry_run: bool = False) -> tuple[Path, ...]:
    """Remove every night that nobody works on, and return their folders."""
    dead = tuple(path for path in _all(state) if not is_open(path))
    for path in () if dry_run else dead:
        shutil.rmtree(path, ignore_errors=True)
    return dead


def _all(state: Path) -> tuple[Path, ...]:
    """Return the folders of all nights, the newest first."""
    paths = sorted((state / FOLDER).glob("*"), reverse=True)
    return tuple(path for path in paths if (path / NAME).is_file())


def remove_stale_packing(folder: Path) -> None:
    """Remove what a killed fleet had half packed."""
    for path in folder.glob("*.tar.*"):
        if path.suffix != ".gz":
            path.unlink(missing_ok=True)


def _book(path: Path) -> Book:
    try:
        return read_book(path)
    except AutofixError:
        return Book(whole=True)
