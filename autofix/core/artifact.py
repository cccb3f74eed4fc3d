"""Describe a plugin file from its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from autofix.core.buildinfo import read_build_info
from autofix.core.elf import Data, ElfError, identify
from autofix.core.model import Artifact, ArtifactKind


def describe_artifact(name: str, data: Data) -> Artifact:
    """
    Return what a plugin file is, by its bytes alone; never raises for any bytes.

    A file that is no ELF, or has no build information, has empty ``go``, ``modules``
    and ``settings``. Linker flags are left out of the settings: they change no package,
    and ``-X`` is where people put keys.
    """
    identity = identify(data)
    go = ""
    modules: Mapping[str, str] = {}
    settings: Mapping[str, str] = {}
    if identity.kind is ArtifactKind.ELF:
        try:
            info = read_build_info(data)
        except ElfError:
            pass
        else:
            go, modules = info.go, info.modules
            settings = {
                name: value
                for name, value in info.settings.items()
                if name != "-ldflags"
            }
    return Artifact(
        name=name,
        size=len(data),
        sha256=sha256(data).hexdigest(),
        kind=identity.kind,
        machine=identity.machine,
        go=go,
        modules=modules,
        settings=settings,
    )
