"""Foretell what the loader will say: it compares in one order and names one package."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from autofix.core.imports import Imports
from autofix.core.linked import Linked
from autofix.core.versions import go_language


class Basis(StrEnum):
    """What a foretelling rests on, or why there is none."""

    EQUAL = "equal"
    """Nothing differs: the loader will name no package."""
    ONLY_ONE = "only-one"
    """One package differs."""
    LINK_ORDER = "link-order"
    """The plugin's own table, in the order in which the runtime walks it."""
    IMPORT_ORDER = "import-order"
    """The order of ``go list -deps``, which is close to the linker's but not equal."""
    UNTOLD = "untold"
    """The order is not known."""
    OTHER_GO = "other-go"
    """Another minor version of Go: mostly the server crashes before it compares."""
    OTHER_MACHINE = "other-machine"
    """Another processor: the file is not even opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretelling:
    """The package that the loader will name, "" if none can be told."""

    package: str
    basis: Basis


def foretell(
    server: Linked,
    plugin: Linked,
    differing: tuple[str, ...],
    *,
    imports: Imports | None = None,
) -> Foretelling:
    """
    Foretell which of the differing packages the loader names first.

    They are given in the order of the plugin's table, or of ``imports``. With another
    minor version of Go the server mostly ends without naming any: ``no plugin module
    data`` or a nil pointer (observed for seven of eight pairs of Go versions).
    """
    first = differing[0] if differing else ""
    if server.machine != plugin.machine:
        return Foretelling(package="", basis=Basis.OTHER_MACHINE)
    if not differing:
        return Foretelling(package="", basis=Basis.EQUAL)
    if server.go and plugin.go and go_language(server.go) != go_language(plugin.go):
        return Foretelling(package="", basis=Basis.OTHER_GO)
    if first in plugin.order:
        return Foretelling(package=first, basis=Basis.LINK_ORDER)
    if len(differing) == 1:
        return Foretelling(package=first, basis=Basis.ONLY_ONE)
    if imports and first in imports:
        return Foretelling(package=first, basis=Basis.IMPORT_ORDER)
    return Foretelling(package="", basis=Basis.UNTOLD)
