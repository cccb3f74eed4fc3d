"""
The ledger on the disk: appended line by line, each on the disk before it counts.

A line that was cut by a kill or a power cut is taken away before the next is written;
nothing that was whole is ever lost. One process at a time may write it.
"""

from __future__ import annotations

import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from autofix.core.fleetledger import (
    Book,
    Ended,
    LedgerError,
    Record,
    book_of,
    line,
    records,
    whole_lines,
)
from autofix.durable import disk_errors, sync, sync_folder
from autofix.errors import ProjectLockedError, RunUnreadableError

NAME = "ledger.jsonl"


def utc_now() -> str:
    """Return the time in ISO form, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Ledger:
    """
    The records of one fleet, open for writing; a context manager.

    ``book`` is what they add up to so far. ProjectLockedError if another process has
    it open, RunUnreadableError if it is damaged in the middle.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        with disk_errors(f"The ledger {self._path} cannot be opened"):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a+b", buffering=0)
        try:
            self.book = self._read(folder)
        except BaseException:
            self._file.close()
            raise

    def _read(self, folder: Path) -> Book:
        """Take hold of the file, and take a line away that was cut."""
        with disk_errors(f"The ledger {self._path} cannot be opened"):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ProjectLockedError(
                    f"Another autofix works on the fleet in {folder}.",
                    todo="Wait for it to end, or stop it.",
                ) from None
            self._file.seek(0)
            whole = whole_lines(self._file.read())
            book = _book(whole, self._path)
            self._file.truncate(len(whole))
            sync_folder(folder)
        return book

    def add(self, record: Record) -> bool:
        """Write a record; False for a second result of a job, which is not written."""
        if isinstance(record, Ended) and record.job in self.book.ended:
            return False
        number = self._file.fileno()
        with disk_errors(f"The ledger {self._path} cannot be written"):
            size = os.fstat(number).st_size
            try:
                _write(number, line(record).encode())
                sync(number)
            except OSError:
                os.ftruncate(number, size)
                raise
        return self.book.add(record)

    def close(self) -> None:
        """Let go of it."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def read_book(folder: Path) -> Book:
    """Read what a fleet's records add up to; RunUnreadableError if they are damaged."""
    path = folder / NAME
    with disk_errors(f"The ledger {path} cannot be read"):
        return _book(path.read_bytes(), path)


def is_open(folder: Path) -> bool:
    """Tell whether a process works on the fleet in a folder."""
    with (folder / NAME).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _write(number: int, data: bytes) -> None:
    """Write all of it: a disk that is nearly full takes a part."""
    while data:
        data = data[os.write(number, data) :]


def _book(data: bytes, path: Path) -> Book:
    try:
        return book_of(records(data))
    except LedgerError as error:
        raise RunUnreadableError(
            f"The ledger {path} cannot be read: {error}.",
            todo="Begin anew with --afresh; the folder stays as it is.",
        ) from error
