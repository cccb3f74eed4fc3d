"""
The run folder: what stays of a run for tomorrow's reader.

``run.json`` (who runs here; locked while it does), ``journal.jsonl`` (each observation,
flushed line by line), ``events.jsonl`` and ``round-01/*.log`` (what the reporter heard),
``backup/`` (the originals of what was changed) and ``result.json``.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from autofix import __version__
from autofix.core.journal import Entry, Header, line
from autofix.durable import disk_errors, write_durably
from autofix.errors import UsageError

KEEP_RUNS = 50
KEEP_BYTES = 2 * 1024**3
LOG_BYTES = 16 * 1024**2
"""Longest log file; a server that logs a megabyte a second must not fill the disk."""

OWNER = "run.json"
JOURNAL = "journal.jsonl"
RESULT = "result.json"
BACKUP = "backup"


def state_home(environment: Mapping[str, str]) -> Path:
    """Return autofix's state folder (XDG_STATE_HOME, else ``~/.local/state``)."""
    base = environment.get("XDG_STATE_HOME", "")
    home = Path(environment.get("HOME") or Path.home())
    # The specification says that a relative path is to be ignored.
    root = Path(base) if base.startswith("/") else home / ".local" / "state"
    return root / "autofix"


class RunFolder:
    """A run's own folder, open for writing; a context manager that closes it."""

    def __init__(self, path: Path, run_id: str, owner: IO[str]) -> None:
        self.path = path
        self.run_id = run_id
        self._owner = owner
        self._journal = (path / JOURNAL).open("a", encoding="utf-8")

    @classmethod
    def create(
        cls,
        *,
        state: Path,
        project: Path,
        run_id: str,
        now: datetime,
        at: Path | None = None,
    ) -> Self:
        """
        Make the folder, below ``state`` or exactly ``at``, and link it as ``latest``.

        UsageError if ``at`` has something in it; DiskFullError, ReadOnlyError.
        """
        stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        path = (at or runs_folder(state) / f"{stamp}-{run_id}").absolute()
        with disk_errors(f"The run folder {path} cannot be made"):
            path.mkdir(parents=True, exist_ok=at is not None)
            if any(path.iterdir()):
                raise UsageError(
                    f"The run folder {path} is not empty.",
                    todo="Give --run-dir a new or an empty folder.",
                )
            owner = (path / OWNER).open("w", encoding="utf-8")
            fcntl.flock(owner, fcntl.LOCK_EX)
            about = {
                "run_id": run_id,
                "pid": os.getpid(),
                "project": str(project.absolute()),
                "began": now.isoformat(timespec="seconds"),
                "autofix": __version__,
            }
            owner.write(json.dumps(about, indent=2) + "\n")
            owner.flush()
            if at is None:
                _link_latest(path)
            return cls(path, run_id, owner)

    @property
    def backup(self) -> Path:
        """Return where the originals of changed files go."""
        return self.path / BACKUP

    def begin(self, header: Header) -> None:
        """Write the journal's first line."""
        self._write(line(header))

    def keep(self, entry: Entry) -> None:
        """Write one entry so that a kill right after does not lose it."""
        self._write(line(entry))

    def _write(self, text: str) -> None:
        with disk_errors(f"The journal in {self.path} cannot be written"):
            self._journal.write(text)
            self._journal.flush()

    def close(self) -> None:
        """Close the journal and let go of the folder."""
        try:
            with disk_errors(f"The journal in {self.path} cannot be written"):
                self._journal.close()
        finally:
            self._owner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class BoundedLog:
    """A log file that stops growing at ``limit`` bytes and says so."""

    def __init__(self, path: Path, limit: int = LOG_BYTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = path.open("ab", buffering=0)
        self._left = limit - self._stream.tell()

    def write(self, text: str) -> None:
        """Write one line; whole lines only, flushed."""
        if self._left <= 0:
            return
        data = text.encode("utf-8", "replace") + b"\n"
        self._left -= len(data)
        self._stream.write(data if self._left > 0 else b"[autofix: log cut here]\n")

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run folder on the disk; ``size`` is in bytes."""

    path: Path
    size: int
    live: bool


def runs_folder(state: Path) -> Path:
    """Return the folder that holds all run folders."""
    return state / "runs"


def past_runs(state: Path) -> Iterator[PastRun]:
    """Yield every run folder, the newest first."""
    folder = runs_folder(state)
    paths = sorted(folder.iterdir(), reverse=True) if folder.is_dir() else []
    for path in paths:
        if path.is_dir() and not path.is_symlink() and (path / OWNER).is_file():
            yield PastRun(path=path, size=size_of(path), live=is_live(path))


def prune(
    state: Path, *, keep: int = KEEP_RUNS, keep_bytes: int = KEEP_BYTES
) -> tuple[PastRun, ...]:
    """Remove the oldest runs beyond ``keep`` or ``keep_bytes``; live ones stay."""
    removed = []
    total = 0
    for number, run in enumerate(past_runs(state)):
        total += run.size
        if not run.live and (number >= keep or total > keep_bytes):
            shutil.rmtree(run.path, ignore_errors=True)
            removed.append(run)
    return tuple(removed)


def write_result(folder: Path, text: str) -> None:
    """Write ``result.json``, whole or not at all."""
    with disk_errors(f"The result cannot be written to {folder}"):
        write_durably(folder / RESULT, text.encode())


def _link_latest(path: Path) -> None:
    beside = path.with_name(f".latest.{os.getpid()}")
    beside.unlink(missing_ok=True)
    beside.symlink_to(path.name)
    beside.replace(path.with_name("latest"))


def is_live(path: Path) -> bool:
    """Tell whether the run that made a folder still goes on."""
    try:
        with (path / OWNER).open(encoding="utf-8") as owner:
            fcntl.flock(owner, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False  # another run that ends now prunes it
    return False


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # it may be pruned at this moment
                # Not by Path: it takes three times as long, and 50 runs are measured.
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118
    return total
