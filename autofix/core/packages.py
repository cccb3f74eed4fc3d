"""
From the package that a server names to the module that must be pinned.

The rules are measured ones: a first path element without a dot, or ``vendor/``, is
the standard library; the server's main module has no version that a plugin could
match; otherwise the exact entry of the server's package list decides, and without
one the longest module path that is a prefix at a ``/``.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum

from autofix.core.model import ServerFacts

NAKAMA_MAIN = re.compile(r"github\.com/heroiclabs/nakama(?:/v\d+)?")
"""Nakama's own main module; nakama-common is another module."""

UNNAMED = ("command-line-arguments", "plugin/unnamed-")
"""What Go calls the packages of a plugin that was built from a list of files."""


class Origin(StrEnum):
    """Where a package comes from, as far as a pin is concerned."""

    STANDARD_LIBRARY = "standard library"
    SERVER_ITSELF = "server's main module"
    MODULE = "module"
    NO_SERVER_MODULE = "no module of the server"
    UNDETERMINED = "undetermined"
    """No server is known to look it up in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageHome:
    """The origin of a package; ``module`` and ``version`` are "" unless a module."""

    origin: Origin
    module: str = ""
    version: str = ""


def within(package: str, module: str) -> bool:
    """Tell whether ``package`` is ``module`` itself or lies below it."""
    return bool(module) and (package == module or package.startswith(f"{module}/"))


def is_standard(package: str) -> bool:
    """Tell whether only the standard library can have a package of this path."""
    first, _, _ = package.partition("/")
    return "." not in first and not package.startswith(UNNAMED)


def module_of(package: str, server: ServerFacts | None) -> PackageHome:
    """Return where ``package`` comes from, as ``server`` links it."""
    if server is None:
        return _without_server(package)
    module = server.packages.get(package) or longest_prefix(package, server.modules)
    if within(package, server.main_module) and module in {"", server.main_module}:
        return PackageHome(origin=Origin.SERVER_ITSELF)
    if version := server.modules.get(module, ""):
        return PackageHome(origin=Origin.MODULE, module=module, version=version)
    if is_standard(package):
        return PackageHome(origin=Origin.STANDARD_LIBRARY)
    return PackageHome(origin=Origin.NO_SERVER_MODULE)


def longest_prefix(package: str, modules: Container[str]) -> str:
    """Return the longest module path that ``package`` lies in, "" if none is."""
    path = package
    while path:
        if path in modules:
            return path
        path, _, _ = path.rpartition("/")
    return ""


def _without_server(package: str) -> PackageHome:
    if is_standard(package):
        return PackageHome(origin=Origin.STANDARD_LIBRARY)
    main = NAKAMA_MAIN.match(package)
    if main and within(package, main.group()):
        return PackageHome(origin=Origin.SERVER_ITSELF)
    return PackageHome(origin=Origin.UNDETERMINED)
