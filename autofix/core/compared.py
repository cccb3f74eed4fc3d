"""What comparing the plugins of one module with their server amounts to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from autofix.core.compare import MAIN_PACKAGE, Cause, Comparison, Group
from autofix.core.observations import Compared


def compared(comparisons: Iterable[Comparison]) -> Compared:
    """
    Put the comparisons of several plugins together, in the order they are loaded in.

    What differs in more than one counts once; the server names a package of the first
    that differs. Without any, nothing is shared.
    """
    comparisons = tuple(comparisons)
    shared: set[str] = set()
    for each in comparisons:
        shared |= each.server.hashes.keys() & each.plugin.hashes.keys()
    differing = [each for each in comparisons if not each.equal]
    return Compared(
        shared=len(shared - {MAIN_PACKAGE}),
        groups=_together(group for each in comparisons for group in each.groups),
        foretold=differing[0].foretelling.package if differing else "",
    )


def _together(groups: Iterable[Group]) -> tuple[Group, ...]:
    merged: dict[Group, dict[str, None]] = {}
    for group in groups:
        packages = merged.setdefault(replace(group, packages=()), {})
        packages.update(dict.fromkeys(group.packages))
    order = list(Cause)
    return tuple(
        replace(group, packages=tuple(packages))
        for group, packages in sorted(
            merged.items(), key=lambda item: order.index(item[0].cause)
        )
    )
