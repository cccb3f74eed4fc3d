"""
What every engine offers: images (or toolchains) to build in, servers to start.

The loop's rooms know only these protocols; ``engines.docker`` implements them with
containers, ``engines.local`` with the machine's own processes, tests with scripted
fakes. Every object opened here is a context manager
that leaves nothing behind, whatever ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from autofix.core.model import Evidence, EvidenceSource, OutputLine
from autofix.engines.archive import Entry

SERVER_FOLDER = "/nakama"
"""The folder that a server runs in, in Nakama's images."""
MODULES = "data/modules"
"""Where a server looks for runtime modules, below the folder that it runs in."""

Follow = Callable[[OutputLine], bool]
"""Called for each whole line as it comes; returning True ends the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """
    An image that is in the engine, or what stands for one on this machine.

    ``machine`` is Go's name for its architecture; ``digest`` is the registry digest
    if it has one, else the image id. ``folder`` is what a server in it runs in;
    ``start_flags`` are those that a full start needs where it is.
    """

    reference: str
    identity: str
    digest: str
    machine: str
    stand_in: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    folder: str = SERVER_FOLDER
    start_flags: tuple[str, ...] = ()

    @property
    def modules(self) -> str:
        """Return the absolute folder of a server's runtime modules."""
        return f"{self.folder}/{MODULES}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """
    A finished command: all of ``stdout`` as bytes, and bounded ``evidence``.

    ``evidence.timed_out`` is true if its deadline ended it.
    """

    arguments: tuple[str, ...]
    stdout: bytes
    evidence: Evidence

    @property
    def succeeded(self) -> bool:
        """Tell whether the command ended by itself with exit code 0."""
        return self.evidence.exit_code == 0 and not self.evidence.timed_out


class Builder(Protocol):
    """A place with one exact Go in which commands run; files go in and out."""

    @property
    def image(self) -> Image:
        """Return the image it was opened from."""
        ...

    @property
    def root(self) -> str:
        """Return the absolute folder in it below which all files of a run belong."""
        ...

    def put(self, entries: Iterable[Entry], folder: str) -> None:
        """Write files below ``folder`` (absolute, created if missing)."""
        ...

    def run(
        self,
        arguments: Sequence[str],
        *,
        folder: str,
        environment: Mapping[str, str],
        seconds: float,
        source: EvidenceSource = EvidenceSource.GO,
        follow: Follow | None = None,
    ) -> CommandResult:
        """Run one command in ``folder`` until it ends or ``seconds`` have passed."""
        ...

    def fetch(self, path: str) -> Iterator[bytes]:
        """Yield a tar stream of a file or folder; FileNotFoundError if it is not there."""
        ...


class Database(Protocol):
    """One PostgreSQL for the run."""

    def fresh(self) -> str:
        """
        Return the address of a database that does not exist yet.

        In the form of ``--database.address``: ``user:password@host:port/name``.
        Waits until the server accepts connections; DatabaseUnavailableError if not.
        """
        ...


class Servers(Protocol):
    """The part of an engine that starts servers."""

    def serve(
        self,
        image: Image,
        arguments: Sequence[str],
        *,
        modules: Mapping[str, Path],
        seconds: float,
        source: EvidenceSource,
        follow: Follow,
        database: bool = False,
        files: Mapping[str, Path] | None = None,
        settle: float = 0.0,
    ) -> Evidence:
        """
        Run the server's entrypoint with ``arguments`` in a fresh sandbox.

        ``modules`` maps relative names below the server's module folder to local
        files, ``files`` absolute paths in the sandbox. Ends when the process ends,
        ``settle`` seconds after ``follow`` returned True, or after ``seconds``;
        ``database`` puts it on the run's private network.
        """
        ...


class Engine(Servers, Protocol):
    """Where builders, servers and databases run."""

    @property
    def name(self) -> str:
        """Return a short name for reports: ``docker``, ``local``."""
        ...

    def image(
        self, references: Sequence[str], *, role: str, machine: str = ""
    ) -> Image:
        """
        Return the first image that is in the engine, else the first that can be pulled.

        ``machine`` insists on an architecture (a builder needs its server's).
        ImageMissingError names all that were tried and why each failed.
        """
        ...

    def copy_out(self, image: Image, path: str, target: Path) -> None:
        """Copy one file out of an image; ForeignImageError if it is not there."""
        ...

    def builder(self, image: Image) -> AbstractContextManager[Builder]:
        """Open a builder; it lasts until the context ends."""
        ...

    def database(self, image: Image) -> AbstractContextManager[Database]:
        """Start PostgreSQL in the background; entering does not wait for it."""
        ...


@runtime_checkable
class Holding(Protocol):
    """An engine that can tell what it holds without pulling it."""

    def held(self, references: Sequence[str], *, machine: str = "") -> Image | None:
        """Return the first image that is in the engine; None if none is."""
        ...


def held(
    engine: Engine, references: Sequence[str], *, machine: str = ""
) -> Image | None:
    """Return the first image that an engine holds; None if it cannot tell."""
    if not isinstance(engine, Holding):
        return None
    return engine.held(references, machine=machine)
