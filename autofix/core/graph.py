"""
Who requires which version of a module, from ``go mod graph``.

Go 1.21 and later also list ``go@…`` and ``toolchain@…`` as if they were modules;
they are left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from autofix.core.model import ModuleVersion
from autofix.core.observations import Demand
from autofix.core.versions import in_order

_PSEUDO = frozenset({"go", "toolchain"})


def demands(graph_text: str, modules: Collection[str], main: str) -> tuple[Demand, ...]:
    """
    List every version that anything requires of the wanted modules.

    For each version the main module's own demand, if it has one, and the demand with
    the shortest chain of all others: planning writes what others need into go.mod,
    and would hide them otherwise. Modules in the order wanted, versions lowest
    first. Lines that are no edge are passed over.
    """
    wanted = dict.fromkeys(modules)
    edges: dict[str, list[str]] = {}
    for line in graph_text.splitlines():
        source, separator, target = line.partition(" ")
        if separator and _path(target) not in _PSEUDO:
            edges.setdefault(source, []).append(target)

    came_from: dict[str, str] = {main: ""}
    found: dict[str, dict[str, dict[bool, str]]] = {module: {} for module in wanted}
    queue = deque([main])
    while queue:
        source = queue.popleft()
        for target in edges.get(source, ()):
            path, _, version = target.partition("@")
            if path in wanted:
                by = found[path].setdefault(version, {})
                by.setdefault(source == main, source)
            if target not in came_from:
                came_from[target] = source
                queue.append(target)
    return tuple(
        Demand(
            module=ModuleVersion(path=module, version=version),
            chain=_chain(came_from, source),
        )
        for module in wanted
        for version in in_order(found[module])
        for _, source in sorted(found[module][version].items(), reverse=True)
    )


def _path(node: str) -> str:
    return node.partition("@")[0]


def _chain(came_from: dict[str, str], node: str) -> tuple[str, ...]:
    chain = []
    while node:
        chain.append(node)
        node = came_from[node]
    return tuple(reversed(chain))
