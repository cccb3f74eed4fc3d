"""
Who requires which version of a module, from ``go mod graph``.

Go 1.21 and later also list ``go@…`` and ``toolchain@…`` as if they were modules;
they are left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from autofix.core.model import ModuleVersion
from autofix.core.observations import Demand
from autofix.core.versions import compare, in_order

_PSEUDO = frozenset({"go", "toolchain"})


def demands(graph_text: str, pins: Mapping[str, str], main: str) -> tuple[Demand, ...]:
    """
    List who requires a pinned module above its pin's version, with a shortest chain.

    ``pins`` maps module paths to versions. The graph is walked as it will be once the
    pins stand: the main module's own lines for them are rewritten anyway, and what
    only a version above a pin requires is not reached any more. So these are exactly
    the versions that must be excluded. Modules in the order of ``pins``, versions
    lowest first; lines that are no edge are passed over.
    """
    edges = _edges(graph_text)
    came_from: dict[str, str] = {main: ""}
    found: dict[str, dict[str, str]] = {module: {} for module in pins}
    queue = deque([main])
    while queue:
        source = queue.popleft()
        for target in edges.get(source, ()):
            path, _, version = target.partition("@")
            node = target
            if path in pins and compare(version, pins[path]) > 0:
                if source != main:
                    found[path].setdefault(version, source)
                    continue
                node = f"{path}@{pins[path]}"
            if node not in came_from:
                came_from[node] = source
                queue.append(node)
    return tuple(
        Demand(
            module=ModuleVersion(path=module, version=version),
            chain=_chain(came_from, found[module][version]),
        )
        for module in pins
        for version in in_order(found[module])
    )


def _edges(graph_text: str) -> dict[str, list[str]]:
    edges: dict[str, list[str]] = {}
    for line in graph_text.splitlines():
        source, separator, target = line.partition(" ")
        if separator and _path(target) not in _PSEUDO:
            edges.setdefault(source, []).append(target)
    return edges


def _path(node: str) -> str:
    return node.partition("@")[0]


def _chain(came_from: dict[str, str], node: str) -> tuple[str, ...]:
    chain = []
    while node:
        chain.append(node)
        node = came_from[node]
    return tuple(reversed(chain))
