"""Everything that a Go program or plugin tells of what it links and how it was built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autofix.core.buildinfo import BuildInfo, NoBuildInfoError, read_build_info_of
from autofix.core.dynamic import DynamicFile
from autofix.core.elf import Data, ElfFile
from autofix.core.model import ModuleVersion
from autofix.core.pkghashes import package_hashes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """
    What a Go binary links; a field is empty where the file does not tell it.

    ``name`` is the path or reference it was read from, ``version`` the whole text
    (``go1.26.5 X:jsonv2``), ``package`` the main package and ``main`` its module.
    ``modules`` maps the linked modules to the versions selected and ``replaced`` some
    of them to what was compiled instead, ``hashes`` each package to 16 hex digits,
    ``order`` is that in which the loader compares (plugins only). ``libraries`` and
    ``versions`` are what the dynamic linker must find (``libc.so.6``, ``GLIBC_2.34``).
    """

    name: str
    machine: str
    version: str = ""
    go: str = ""
    package: str = ""
    main: str = ""
    modules: Mapping[str, str] = field(default_factory=dict)
    replaced: Mapping[str, ModuleVersion] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


def read_linked(name: str, data: Data) -> Linked:
    """
    Return what an ELF file links; ElfError if it is none, or damaged.

    Plugins of a Go before 1.21 have no build information, only hashes.
    """
    elf = ElfFile(data)
    dynamic = DynamicFile(elf)
    found = package_hashes_of(dynamic)
    try:
        info = read_build_info_of(elf)
    except NoBuildInfoError:
        info = BuildInfo(version="")
    return Linked(
        name=name,
        machine=elf.identity.machine,
        version=info.version,
        go=info.go,
        package=info.path,
        main=info.main.path if info.main else "",
        modules=info.modules,
        replaced={
            path: each.replacement
            for path, each in info.dependencies.items()
            if each.replacement
        },
        settings=info.settings,
        hashes=found.hashes,
        order=found.order,
        libraries=dynamic.libraries,
        versions=dynamic.versions,
    )
