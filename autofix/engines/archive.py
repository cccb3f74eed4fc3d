"""
Tar streams: files packed for a container, and what a container sends unpacked.

Packing streams from the disk; unpacking streams to it. What comes out of a
container is not trusted: anything but plain files and folders below the target,
within limits, is refused before a byte of it is written.
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from autofix.errors import UnsafeArchiveError

CHUNK = 1 << 20
BLOCK = tarfile.BLOCKSIZE
HEADER_LIMIT = 1 << 20
"""Bytes of headers before one member; long names need a few kilobytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One member to pack.

    ``name`` is relative with forward slashes; ``content`` is a local file to read,
    bytes, or None for a folder. ``link`` makes it a symbolic link to that target.
    ``modified`` is its time in seconds since 1970, by default a file's own.
    """

    name: str
    content: Path | bytes | None = None
    mode: int = 0o644
    link: str = ""
    modified: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackLimits:
    """How much an archive may hold: bytes over all files, and members."""

    size: int = 4 << 30
    members: int = 100_000


def pack(entries: Iterable[Entry]) -> Iterator[bytes]:
    """
    Yield a tar stream of ``entries``; every member belongs to root.

    A file that changes size while it is read keeps the size it had when it was
    opened: cut, or filled up with zeros. OSError if one cannot be read.
    """
    for entry in entries:
        yield from _packed(entry)
    yield bytes(2 * BLOCK)


def pack_compressed(entries: Iterable[Entry], path: Path, *, most: int) -> bool:
    """
    Write a compressed archive; False, and no file, if it has more than ``most`` bytes.

    Equal entries with equal contents and times give equal bytes.
    """
    with (
        path.open("wb") as raw,
        gzip.GzipFile(
            filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0
        ) as file,
    ):
        for piece in pack(entries):
            file.write(piece)
            if raw.tell() > most:
                break
        else:
            return True
    path.unlink()
    return False


def inflated(packed: Path | bytes) -> Iterator[bytes]:
    """Yield the tar stream of a compressed archive; UnsafeArchiveError if damaged."""
    with gzip.open(io.BytesIO(packed) if isinstance(packed, bytes) else packed) as file:
        try:
            while piece := file.read(CHUNK):
                yield piece
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise UnsafeArchiveError(f"An archive is damaged: {error}") from error


def _packed(entry: Entry) -> Iterator[bytes]:
    member = tarfile.TarInfo(entry.name)
    member.mode = entry.mode
    if entry.link:
        member.type, member.linkname = tarfile.SYMTYPE, entry.link
        yield member.tobuf(tarfile.PAX_FORMAT)
    elif entry.content is None:
        member.type, member.mode = tarfile.DIRTYPE, entry.mode | 0o111
        yield member.tobuf(tarfile.PAX_FORMAT)
    elif isinstance(entry.content, bytes):
        member.size, member.mtime = len(entry.content), entry.modified or 0
        yield member.tobuf(tarfile.PAX_FORMAT)
        yield entry.content
        yield _padding(member.size)
    else:
        with entry.content.open("rb") as file:
            status = os.fstat(file.fileno())
            time = int(status.st_mtime) if entry.modified is None else entry.modified
            member.size, member.mtime = status.st_size, time
            yield member.tobuf(tarfile.PAX_FORMAT)
            left = member.size
            while left:
                chunk = file.read(min(CHUNK, left)) or bytes(min(CHUNK, left))
                left -= len(chunk)
                yield chunk
        yield _padding(member.size)


def _padding(size: int) -> bytes:
    return bytes(-size % BLOCK)


def unpack_file(stream: Iterable[bytes], target: Path, *, size: int) -> None:
    """
    Write the one regular file of a tar stream to ``target``.

    UnsafeArchiveError if the first member is anything else or longer than ``size``
    bytes. The stream is closed, whatever else is in it.
    """
    with _only_file(stream, size) as (member, content), target.open("wb") as file:
        _copy(content, file, member)


def unpack_bytes(stream: Iterable[bytes], *, size: int) -> bytes:
    """Return the one regular file of a tar stream; refuses what unpack_file does."""
    file = io.BytesIO()
    with _only_file(stream, size) as (member, content):
        _copy(content, file, member)
    return file.getvalue()


@contextmanager
def _only_file(
    stream: Iterable[bytes], size: int
) -> Iterator[tuple[tarfile.TarInfo, io.BufferedReader]]:
    with closing(_Source(stream)) as source:
        member, content = next(_members(source), (None, None))
        if member is None:
            raise UnsafeArchiveError("The archive holds no file.")
        if content is None:
            raise UnsafeArchiveError(f"{member.name} is not a regular file.")
        if member.size > size:
            raise UnsafeArchiveError(
                f"{member.name} is {member.size} bytes long; {size} are allowed."
            )
        yield member, content


def unpack(
    stream: Iterable[bytes], folder: Path, *, limits: UnpackLimits | None = None
) -> tuple[str, ...]:
    """
    Unpack a tar stream below ``folder`` and return the names of the files written.

    Only regular files and folders are written, with plain permissions (the
    executable bit is kept). UnsafeArchiveError for links, devices, absolute names,
    names with "..", a name given twice, or more than ``limits`` allow; what was
    written before it stays, so unpack into a folder of your own.
    """
    return tuple(unpacking(stream, folder, limits=limits))


def unpacking(
    stream: Iterable[bytes],
    folder: Path,
    *,
    limits: UnpackLimits | None = None,
    allow: Callable[[str, int], None] = lambda _name, _size: None,
) -> Generator[str, None, None]:
    """
    Unpack as ``unpack`` does, and yield the name of each file once it is written.

    ``allow`` hears name and size of every member before a byte of it is written, and
    may raise.
    """
    limits = limits or UnpackLimits()
    size = 0
    with closing(_Source(stream)) as source:
        for count, (member, content) in enumerate(_members(source), start=1):
            size += member.size
            if count > limits.members:
                raise UnsafeArchiveError(f"It holds more than {limits.members} files.")
            if size > limits.size:
                raise UnsafeArchiveError(f"It holds more than {limits.size} bytes.")
            name = safe_name(member.name)
            allow(name, member.size)
            _write(folder / name, member, content)
            if content is not None:
                yield name


def _write(
    target: Path, member: tarfile.TarInfo, content: io.BufferedReader | None
) -> None:
    try:
        if content is None:
            target.mkdir(parents=True, exist_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            _copy(content, file, member)
    except (FileExistsError, NotADirectoryError) as error:
        raise UnsafeArchiveError(f"{member.name!r} is in it twice.") from error
    target.chmod(0o755 if member.mode & 0o100 else 0o644)


def safe_name(name: str) -> str:
    """Return a member's name, normal; UnsafeArchiveError if it leads out of its folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name or "\\" in name:
        raise UnsafeArchiveError(f"The name {name!r} leads out of its folder.")
    return str(path)


def _members(
    source: _Source,
) -> Iterator[tuple[tarfile.TarInfo, io.BufferedReader | None]]:
    """Yield each member and its content, which is None for a folder."""
    stream = cast("IO[bytes]", source)
    with (
        _damage_refused(),
        tarfile.open(fileobj=stream, mode="r|", bufsize=64 * 1024) as archive,
    ):
        while (member := archive.next()) is not None:
            source.expect(HEADER_LIMIT + member.size)
            if member.isdir():
                yield member, None
            elif member.isreg() and not member.issparse():
                content = archive.extractfile(member)
                # extractfile is None only for what the branches exclude.
                assert isinstance(content, io.BufferedReader)  # noqa: S101
                yield member, content
            else:
                raise UnsafeArchiveError(
                    f"{member.name} is neither a file nor a folder."
                )


@contextmanager
def _damage_refused() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, ValueError, OverflowError, EOFError) as error:
        raise UnsafeArchiveError(f"The archive is damaged: {error}") from error


def _copy(content: io.BufferedReader, file: IO[bytes], member: tarfile.TarInfo) -> None:
    left = member.size
    while left:
        with _damage_refused():
            chunk = content.read(min(CHUNK, left))
        if not chunk:
            raise UnsafeArchiveError(f"{member.name} ended too early.")
        left -= len(chunk)
        file.write(chunk)


class _Source:
    """
    The file object that tarfile reads from: a stream of chunks with an allowance.

    tarfile reads a member's extended headers whole into memory, however long they
    say they are; the allowance ends such a read.
    """

    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream
        self._chunks = iter(stream)
        self._pending = memoryview(b"")
        self._allowance = HEADER_LIMIT

    def expect(self, size: int) -> None:
        """Allow ``size`` more bytes, counted from here."""
        self._allowance = size

    def read(self, size: int) -> bytes:
        """Return up to ``size`` bytes; fewer only where a chunk or the stream ends."""
        while not self._pending:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._pending = memoryview(chunk)
        piece, self._pending = self._pending[:size], self._pending[size:]
        self._allowance -= len(piece)
        if self._allowance < 0:
            raise UnsafeArchiveError("A header in the archive is far too long.")
        return bytes(piece)

    def close(self) -> None:
        """Let go of the stream, if it holds on to something."""
        close = getattr(self._stream, "close", None)
        if close is not None:
            close()
