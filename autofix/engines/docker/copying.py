"""One file out of a container: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from autofix.engines.archive import unpack_file
from autofix.engines.docker.client import Client
from autofix.engines.docker.failures import AbsentError
from autofix.errors import DiskFullError, ForeignImageError


def copy_file(
    client: Client, container: str, path: str, target: Path, *, size: int, image: str
) -> None:
    """Copy a file of at most ``size`` bytes, following links, from ``image``'s."""
    try:
        stream = client.fetch_file(container, path)
    except AbsentError as error:
        raise ForeignImageError(
            f"{image} has no file {path}.",
            why="It is not the image that was meant, or one of its own making.",
            todo="Name an image that has it, such as heroiclabs/nakama:<tag>.",
        ) from error
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".autofix-")
    os.close(handle)
    partial = Path(name)
    try:
        unpack_file(stream, partial, size=size)
        partial.replace(target)
    except OSError as error:
        raise DiskFullError(f"{target} cannot be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
