"""
What was read from servers' images, kept by image, so that it is read only once.

A convenience and nothing more: whatever is wrong with a kept file (damaged, foreign,
of another format, not readable) it counts as absent, and whatever is wrong with the
folder (full, read-only, somebody else's) nothing is kept. No run ends because of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from autofix.core.codec import CodecError, decode, encode
from autofix.core.serverrecord import ServerRecord
from autofix.logs import logger

FORMAT = 1
"""Raised whenever a kept file of before would be read wrongly."""

MOST_SERVERS = 32
MOST_REFERENCES = 256
MOST_BYTES = 4 << 20
"""A record of Nakama 3.40.0 has 60 KB."""

_IDENTITY = re.compile(r"sha256:([0-9a-f]{64})")
_KEPT = re.compile(r"[0-9a-f]{64}\.json|\.[0-9a-f]{64}\.\w+")
_STALE_SECONDS = 3600.0
"""A temporary file older than this was left by a process that was killed."""


def cache_home(environment: Mapping[str, str]) -> Path:
    """Return autofix's cache folder (XDG_CACHE_HOME, else ``~/.cache``)."""
    base = environment.get("XDG_CACHE_HOME", "")
    home = Path(environment.get("HOME") or Path.home())
    # The specification says that a relative path is to be ignored.
    root = Path(base) if base.startswith("/") else home / ".cache"
    return root / "autofix"


def now() -> str:
    """Return the UTC time in ISO form."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCache:
    """
    Records below ``folder``, one file an image, and which reference named which image.

    Files are written whole or not at all, so any number of processes may share it.
    """

    folder: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> ServerCache:
        """Return the cache of this user."""
        return cls(folder=cache_home(environment))

    def find(self, identity: str) -> ServerRecord | None:
        """Return what was read from an image, by the engine's own id of it."""
        path = self._server(identity)
        stored = _read(path) if path else None
        if stored is None:
            return None
        try:
            record: ServerRecord = decode(stored, ServerRecord)
        except CodecError as error:
            logger().info("kept server not readable", path=str(path), error=str(error))
            return None
        return record if record.identity == identity else None

    def named(self, references: Sequence[str]) -> ServerRecord | None:
        """
        Return the image that one of the references named when it was last seen.

        The first reference that is known wins; its name is the record's reference.
        """
        for reference in references:
            stored = _read(self._reference(reference))
            if not isinstance(stored, dict) or stored.get("reference") != reference:
                continue
            record = self.find(str(stored.get("identity", "")))
            if record is not None:
                return replace(record, reference=reference)
        return None

    def keep(self, record: ServerRecord) -> None:
        """Keep a record, and that its reference names this image."""
        path = self._server(record.identity)
        if path is None:
            return
        if self.find(record.identity) == record:
            with contextlib.suppress(OSError):
                os.utime(path)
        else:
            _write(path, encode(record))
            _bound(path.parent, MOST_SERVERS)
        named = {"reference": record.reference, "identity": record.identity}
        place = self._reference(record.reference)
        if _read(place) != named:
            _write(place, named)
            _bound(place.parent, MOST_REFERENCES)

    def clear(self, *, dry_run: bool = False) -> tuple[Path, ...]:
        """Remove every file that was kept, and return them."""
        removed = []
        for path in (*_files(self._servers), *_files(self._references)):
            if not dry_run:
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    logger().info("kept server not removed", error=str(error))
                    continue
            removed.append(path)
        return tuple(removed)

    @property
    def _servers(self) -> Path:
        return self.folder / "servers"

    @property
    def _references(self) -> Path:
        return self.folder / "references"

    def _server(self, identity: str) -> Path | None:
        match = _IDENTITY.fullmatch(identity)
        return self._servers / f"{match[1]}.json" if match else None

    def _reference(self, reference: str) -> Path:
        name = sha256(reference.encode()).hexdigest()
        return self._references / f"{name}.json"


def _read(path: Path) -> Any:
    """Return what a kept file holds; None if it is absent or not as it was written."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        logger().info("kept server not readable", path=str(path), error=str(error))
        return None
    head, _, body = data.partition(b"\n")
    if len(data) > MOST_BYTES or head != _head(body):
        logger().info("kept server damaged or of another format", path=str(path))
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        logger().info("kept server foreign", path=str(path), error=str(error))
        return None


def _head(body: bytes) -> bytes:
    return f"autofix {FORMAT} {sha256(body).hexdigest()}".encode()


def _write(path: Path, value: object) -> None:
    """Put a file in place whole, by way of a neighbour that only this process knows."""
    body = json.dumps(value, separators=(",", ":")).encode()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(prefix=f".{path.stem}.", dir=path.parent)
        neighbour = Path(name)
        try:
            with os.fdopen(number, "wb") as stream:
                stream.write(_head(body) + b"\n" + body)
            neighbour.replace(path)
        except BaseException:
            neighbour.unlink(missing_ok=True)
            raise
    except OSError as error:
        logger().info("server not kept", path=str(path), error=str(error))


def _bound(folder: Path, most: int) -> None:
    """Remove the files used longest ago beyond ``most``, and what was left unfinished."""
    aged = []
    for path in _files(folder):
        with contextlib.suppress(OSError):
            aged.append((path.stat().st_mtime, path))
    aged.sort(reverse=True)
    whole = [path for _, path in aged if path.suffix == ".json"]
    stale = time.time() - _STALE_SECONDS
    unfinished = [path for at, path in aged if path.suffix != ".json" and at < stale]
    for path in (*whole[most:], *unfinished):
        with contextlib.suppress(OSError):
            path.unlink()


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files that are ours by their names."""
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return
    yield from (path for path in paths if _KEPT.fullmatch(path.name))
