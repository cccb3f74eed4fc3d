"""
What happened to a fleet, record by record, and what that adds up to.

The records are only ever appended. Adding them up gives what is done, what is still
to do and how often each job was begun; a job that is reported twice counts once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from autofix.core.codec import CodecError, decode, encode

FORMAT = 1


class Verdict(StrEnum):
    """What a cell of the matrix shows."""

    CLEAN = "clean"
    """The server starts with the plugin; a check found nothing to change."""
    NOT_CLEAN = "not clean"
    """It does not, or a check found something: the result has the reason."""
    REFUSED = "refused"
    """The project, an option or the configuration could not be used."""
    ENVIRONMENT = "environment"
    """The worker lacked something, after all tries."""
    BUG = "bug"
    """autofix itself failed."""
    TOO_LONG = "too long"
    """The job's own time was over."""
    SET_ASIDE = "set aside"
    """Its workers died as often as it was tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """
    What came of one job.

    ``end`` is the typed end in a word or two, ``headline`` one sentence on it, both
    unescaped. ``seconds`` are those on the worker. ``branches`` are git branches that
    were made, ``page`` and ``patch`` files below the fleet's folder, "" for none.
    """

    verdict: Verdict
    exit_code: int | None = None
    end: str = ""
    headline: str = ""
    seconds: float = 0.0
    worker: str = ""
    pins: int = 0
    tries: int = 1
    branches: tuple[str, ...] = ()
    page: str = ""
    patch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session of the fleet began; ``at`` is in ISO 8601, as in every record."""

    at: str
    autofix: str
    jobs: int
    format: int = FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A job was given to a worker."""

    job: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """
    A job came back without a result.

    ``blamed`` tells whether that counts as one of its tries: a worker that died while
    doing it counts, a scheduler that was restarted does not.
    """

    job: str
    at: str
    why: str
    blamed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A job has its result."""

    job: str
    plugin: str
    server: str
    at: str
    cell: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A session ended in order; ``whole`` tells whether every job has its result."""

    at: str
    whole: bool


Record = Opened | Begun | Lost | Ended | Closed


class LedgerError(ValueError):
    """A ledger is damaged, or of a version that cannot be read."""


@dataclass(slots=True, kw_only=True)
class Book:
    """
    What the records add up to.

    ``ended`` holds the first result of each job; ``tries`` counts how often a job was
    begun and not given back without blame; ``open`` are those begun and not back.
    """

    ended: dict[str, Ended] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    whys: dict[str, str] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    whole: bool = False
    sessions: int = 0

    def add(self, record: Record) -> bool:
        """Count a record; return False for the second result of a job."""
        match record:
            case Opened():
                # What was open then died with the session before.
                self.open.clear()
                self.sessions += 1
                self.whole = False
            case Begun(job=job):
                self.open.add(job)
                self.tries[job] = self.tries.get(job, 0) + 1
            case Lost(job=job, blamed=blamed, why=why):
                self.open.discard(job)
                self.whys[job] = why
                if not blamed:
                    self.tries[job] = max(0, self.tries.get(job, 0) - 1)
            case Ended(job=job):
                self.open.discard(job)
                if job in self.ended:
                    return False
                self.ended[job] = record
            case Closed(whole=whole):
                self.whole = whole
        return True


def line(record: Record) -> str:
    """Write a record as one line of JSON with its newline."""
    return json.dumps(encode(record), separators=(",", ":")) + "\n"


def whole_lines(data: bytes) -> bytes:
    """Return the data up to its last newline: a last line cut by a kill is left out."""
    return data[: data.rfind(b"\n") + 1]


def records(data: bytes) -> Iterator[Record]:
    """Read whole lines; LedgerError names the first that cannot be read."""
    for number, text in enumerate(whole_lines(data).splitlines(), start=1):
        try:
            record = decode(json.loads(text), Record)
        except (ValueError, CodecError, RecursionError) as error:
            raise LedgerError(f"line {number}: {error}") from error
        if isinstance(record, Opened) and record.format != FORMAT:
            raise LedgerError(f"it has format {record.format}, not {FORMAT}")
        yield record


def book_of(found: Iterable[Record]) -> Book:
    """Add up records."""
    book = Book()
    for record in found:
        book.add(record)
    return book


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """When a cell last had a result, in ISO 8601, and how long that took."""

    at: str
    seconds: float


def past_of(books: Iterable[Book]) -> Mapping[tuple[str, str], Past]:
    """Return the newest result of each plugin and server, over several books."""
    found: dict[tuple[str, str], Past] = {}
    for book in books:
        for ended in book.ended.values():
            key = (ended.plugin, ended.server)
            if key not in found or found[key].at < ended.at:
                found[key] = Past(at=ended.at, seconds=ended.cell.seconds)
    return found
