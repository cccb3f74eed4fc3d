"""
Compressed files, written so that equal content gives equal bytes, read within bounds.

gzip is always there; Zstandard is an optional extra, told apart by how a file begins.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import IO, cast

from autofix.errors import UnsafeArchiveError, UsageError

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
ZSTD_SUFFIXES = (".zst", ".tzst")
CHUNK = 1 << 20
MOST_RATIO = 200
"""A file that grows more than this beyond ``FREE`` is a bomb; source text grows tenfold."""
FREE = 32 << 20
_WINDOW = 32 << 20
"""Memory that a Zstandard file may ask for; its level 19 asks for 8 MiB."""


@contextmanager
def compressing(path: Path) -> Iterator[IO[bytes]]:
    """
    Open a new file to write to, compressed as its name's ending says (.zst, else gzip).

    UsageError if it is Zstandard and there is no such library here.
    """
    zstd = path.name.endswith(ZSTD_SUFFIXES)
    library = _zstandard(path) if zstd else None
    with path.open("wb") as raw:
        if library is not None:
            # The number of threads would change the bytes.
            with library.ZstdCompressor(level=10, write_checksum=True).stream_writer(
                raw, closefd=False
            ) as file:
                yield file
            return
        # No name and no time in its header.
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file:
            yield cast("IO[bytes]", file)


def is_compressed(path: Path) -> bool:
    """Tell whether a file begins as gzip or Zstandard does; OSError."""
    with path.open("rb") as file:
        return file.read(4).startswith((GZIP, ZSTD))


def inflated_within(path: Path, *, most: int) -> Iterator[bytes]:
    """
    Yield what a compressed file holds, piece by piece.

    UnsafeArchiveError if it is damaged or of another kind, holds more than ``most``
    bytes, or grows as only a bomb does; UsageError without the library it needs.
    """
    allowed = min(most, max(FREE, path.stat().st_size * MOST_RATIO))
    size = 0
    for piece in _pieces(path):
        size += len(piece)
        if size > allowed:
            raise UnsafeArchiveError(
                f"{path.name} holds more than {allowed} bytes, from "
                f"{path.stat().st_size}."
            )
        yield piece


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as raw:
        head = raw.read(4)
        raw.seek(0)
        if head.startswith(GZIP):
            yield from _gunzipped(raw, path.name)
        elif head == ZSTD:
            yield from _unzstded(raw, path)
        else:
            raise UnsafeArchiveError(f"{path.name} is neither gzip nor Zstandard.")


def _gunzipped(raw: IO[bytes], name: str) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=raw, mode="rb") as file:
        while True:
            try:
                piece = file.read(CHUNK)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise _damaged(name, error) from error
            if not piece:
                return
            yield piece


def _unzstded(raw: IO[bytes], path: Path) -> Iterator[bytes]:
    library = _zstandard(path)
    decompressor = library.ZstdDecompressor(max_window_size=_WINDOW)
    with decompressor.stream_reader(raw, read_across_frames=True) as file:
        while True:
            try:
                piece = file.read(CHUNK)
            except library.ZstdError as error:
                raise _damaged(path.name, error) from error
            if not piece:
                return
            yield piece


def _damaged(name: str, error: Exception) -> UnsafeArchiveError:
    return UnsafeArchiveError(f"{name} is damaged: {error}.")


def _zstandard(path: Path) -> ModuleType:
    try:
        import zstandard  # noqa: PLC0415 (an optional extra)
    except ImportError as error:
        raise UsageError(
            f"{path} is a Zstandard file, for which a library is missing.",
            todo="Install it: pip install 'autofix[zstd]'; or use .tar.gz.",
        ) from error
    return zstandard
