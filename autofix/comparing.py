"""``autofix compare`` without its terminal: where the two files come from."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Self

from autofix.binaries import mapped
from autofix.core.compare import Comparison, compare
from autofix.core.elf import ElfError, identify
from autofix.core.imageref import NakamaImage, official, parse_image
from autofix.core.imports import Imports, ImportsError, parse_imports
from autofix.core.linked import Linked, read_linked
from autofix.core.lockfile import OPENING
from autofix.core.model import ArtifactKind
from autofix.core.serverrecord import ServerRecord
from autofix.durable import disk_errors
from autofix.engines.base import Engine, Image
from autofix.errors import (
    BinaryError,
    ConfigError,
    EngineUnavailableError,
    ImageMissingError,
    UsageError,
)
from autofix.images import servers
from autofix.locking import read_lock
from autofix.releases import release_table
from autofix.scratch import scratch_folder
from autofix.servercache import ServerCache, now
from autofix.truth import SERVER_BINARY

PLUGIN_FILE = "/nakama/data/modules/backend.so"
"""Where the project template's image has its plugin."""

OpenEngine = Callable[[], AbstractContextManager[Engine]]

_BUILT_FOR = {
    ArtifactKind.MACH_O: "It was built for macOS.",
    ArtifactKind.PE: "It was built for Windows.",
    ArtifactKind.TEXT: "Is it a Git LFS pointer, or a script?",
    ArtifactKind.EMPTY: "It is empty: the build or copy that made it failed.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file to read: on this machine, or ``file`` in the first image that is there."""

    path: Path | None = None
    references: tuple[str, ...] = ()
    file: str = ""


@dataclass(kw_only=True)
class Reader:
    """
    Reads binaries from this machine and from images; a context manager.

    The engine is asked for only when an image is named. What ``cache`` has of exactly
    that image is not read again; where the image cannot be had, what it has of the
    image that had this name before is taken, and the binary's name says so.
    """

    open_engine: OpenEngine
    kit: bool = False
    cache: ServerCache | None = None
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def linked(self, word: str, *, file: str) -> Linked:
        """
        Return what the binary that a user named links.

        ``word`` is a path (also of a lock file), a release tag, an image, or
        ``IMAGE:/path``; ``file`` is the path in an image if none is given. UsageError
        if it is none of these, BinaryError if what is there cannot be read.
        """
        place = placed(word, file=file, kit=self.kit)
        if place.path is not None:
            return read_lock_or_binary(place.path, word)
        try:
            image = self._engine.image(place.references, role="server")
        except (EngineUnavailableError, ImageMissingError) as error:
            known = self._known(place)
            if known is not None:
                return known
            if isinstance(error, ImageMissingError):
                raise ImageMissingError(
                    error.what,
                    why=error.why,
                    todo="Bring it into the engine (docker pull or docker load), or "
                    "name the binary by its path.",
                ) from error
            raise
        return self._in_image(image, place)

    def _in_image(self, image: Image, place: Place) -> Linked:
        name = f"{image.reference}:{place.file}"
        cache = self.cache if place.file == SERVER_BINARY else None
        record = cache.find(image.identity) if cache else None
        if record is None:
            target = self._scratch / "binary"
            self._engine.copy_out(image, place.file, target)
            try:
                linked = read_binary(target, name)
            finally:
                target.unlink(missing_ok=True)
            record = ServerRecord(
                reference=image.reference,
                machine=image.machine,
                linked=linked,
                identity=image.identity,
                read=now(),
            )
        if cache:
            cache.keep(
                replace(
                    record,
                    reference=image.reference,
                    digest=image.digest,
                    stand_in=image.stand_in,
                )
            )
        return replace(record.linked, name=name)

    def _known(self, place: Place) -> Linked | None:
        """Return what the cache has of a server under one of these names."""
        if self.cache is None or place.file != SERVER_BINARY:
            return None
        record = self.cache.named(place.references)
        if record is None:
            return None
        name = f"{record.reference}:{place.file} (as read on {record.day})"
        return replace(record.linked, name=name)

    @cached_property
    def _engine(self) -> Engine:
        return self._stack.enter_context(self.open_engine())

    @cached_property
    def _scratch(self) -> Path:
        return self._stack.enter_context(scratch_folder())


def compared(
    reader: Reader, server: str, plugin: str, *, imports: Imports | None = None
) -> Comparison:
    """Compare the two binaries that a user named; see ``Reader.linked``."""
    ours = reader.linked(server, file=SERVER_BINARY)
    theirs = reader.linked(plugin, file=PLUGIN_FILE)
    if _is_plugin(ours) and theirs.hashes and not _is_plugin(theirs):
        raise UsageError(
            f"{server} is a plugin and {plugin} is none.",
            why="The server comes first.",
            todo=f"autofix compare {plugin} {server}",
        )
    if not ours.hashes:
        raise BinaryError(
            f"{ours.name} cannot open plugins: it exports no package hashes.",
            why="A server has them if it imports Go's plugin package and was built with "
            "cgo (CGO_ENABLED=1).",
            todo="Name the server's binary, or its image.",
        )
    if not theirs.hashes:
        raise BinaryError(
            f"{theirs.name} is no Go plugin: it exports no package hashes.",
            why="It was built without -buildmode=plugin, or by another language.",
            todo="Build it with: go build -trimpath -buildmode=plugin",
        )
    return compare(ours, theirs, imports=imports)


def placed(word: str, *, file: str, kit: bool = False) -> Place:
    """
    Tell which file a user means; what exists on this machine wins.

    UsageError if there is no such file and the word names no image.
    """
    path = Path(word)
    if path.is_file():
        return Place(path=path)
    if path.is_dir():
        raise UsageError(f"{word} is a folder.", todo="Name the file in it.")
    tag = release_table().by_tag(word)
    if tag is not None:
        references = official(NakamaImage.SERVER, tag.tag)
        return Place(references=servers(map(str, references), kit=kit), file=file)
    name, separator, inner = word.partition(":/")
    is_path = word.startswith((".", "/", "~")) or word.endswith(".so")
    if not (is_path and not separator) and parse_image(name):
        return Place(
            references=servers([name], kit=kit),
            file=f"/{inner}" if separator else file,
        )
    raise UsageError(
        f"There is no file {word}.",
        todo="Name a file, a server image (heroiclabs/nakama:3.40.0), a file in an "
        f"image (my/game:1.2:{PLUGIN_FILE}) or a release of Nakama (3.40.0).",
    )


def read_lock_or_binary(path: Path, name: str) -> Linked:
    """Read a lock file, or else a server or plugin; BinaryError if it is none."""
    with disk_errors(f"{name} cannot be read"), path.open("rb") as file:
        if file.read(len(OPENING)) != OPENING.encode():
            return read_binary(path, name)
    record = read_lock(path)
    release = f"Nakama {record.release}" if record.release else record.reference
    return replace(record.linked, name=f"{release} by {name}")


def read_binary(path: Path, name: str) -> Linked:
    """Read a server or plugin on this machine; BinaryError if it is neither."""
    with disk_errors(f"{name} cannot be read"):
        data = mapped(path)
    kind = identify(data).kind
    if kind is not ArtifactKind.ELF:
        raise BinaryError(
            f"{name} is no Linux program or plugin, but {kind}.",
            why=_BUILT_FOR.get(kind, ""),
        )
    try:
        return read_linked(name, data)
    except ElfError as error:
        raise BinaryError(
            f"{name} is damaged: {error}.",
            why="Files are cut off when a copy or a download breaks.",
            todo="Build or copy it again.",
        ) from error


def read_imports(text: str, name: str) -> Imports:
    """Read what ``go list`` printed of the plugin's imports; ConfigError if other."""
    try:
        return parse_imports(text)
    except ImportsError as error:
        raise ConfigError(
            f"{name} does not list imports: {error}.",
            todo="'autofix compare --help' shows the go command that makes the list.",
        ) from error


def _is_plugin(linked: Linked) -> bool:
    return linked.settings.get("-buildmode") == "plugin"
