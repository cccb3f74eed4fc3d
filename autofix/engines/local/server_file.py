"""A server's binary on this machine, as an image."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from shutil import which

from autofix.binaries import mapped
from autofix.core.buildinfo import NoBuildInfoError, read_build_info
from autofix.core.elf import ElfError, identify
from autofix.durable import disk_errors
from autofix.engines.base import Image
from autofix.engines.local.ports import LOOPBACK
from autofix.engines.local.toolchain import this_machine
from autofix.engines.ownership import KIT_MODULE
from autofix.errors import ForeignImageError, ImageMissingError

NAME = "nakama"
INSTALLED = Path("/nakama/nakama")
"""Where Nakama's own images have it: a CI job may run in one."""


def server_files(given: Path | None, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the binaries to try: the given one alone, else those of this machine."""
    if given is not None:
        yield str(given.absolute())
        return
    if on_path := which(NAME, path=environment.get("PATH", "")):
        yield on_path
    yield str(INSTALLED)


def server_image(references: Iterable[str], *, folder: Path, ports: range) -> Image:
    """
    Return the first binary that is there; it will run in ``folder``, on ``ports``.

    ImageMissingError if none is, ForeignImageError if it cannot run here.
    """
    tried = tuple(references)
    for reference in tried:
        path = Path(reference)
        if path.is_file():
            return _image(path.resolve(), reference, folder, ports)
    raise ImageMissingError(
        "There is no Nakama server on this machine.",
        why=f"Looked for {', '.join(tried)}.",
        todo="Name its binary by --server FILE, or let a container engine run its image.",
    )


def _image(path: Path, reference: str, folder: Path, ports: range) -> Image:
    if not os.access(path, os.X_OK):
        raise ForeignImageError(
            f"{reference} may not be run.", todo=f"Let it be run: chmod +x {reference}"
        )
    with disk_errors(f"{reference} cannot be read"), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        data = mapped(path)
    machine = identify(data).machine or this_machine()
    if machine != this_machine():
        raise ForeignImageError(
            f"{reference} is for {machine}, this machine is {this_machine()}.",
            todo="Name a server for this machine, or let a container engine run its "
            "image.",
        )
    try:
        stand_in = read_build_info(data).path == KIT_MODULE
    except (ElfError, NoBuildInfoError):
        stand_in = False  # what reads the server says what is wrong with it
    return Image(
        reference=reference,
        identity=str(path),
        digest=f"sha256:{digest}",
        machine=machine,
        stand_in=stand_in,
        folder=str(folder),
        start_flags=_where_to_listen(ports),
    )


def _where_to_listen(ports: range) -> tuple[str, ...]:
    """
    Return flags for these ports of the loopback: there is one network.

    The server takes two more for gRPC: the one before that of its API, and the third
    before that of its console.
    """
    return (
        f"--socket.address={LOOPBACK}",
        f"--socket.port={ports[1]}",
        f"--console.address={LOOPBACK}",
        f"--console.port={ports[5]}",
    )
