"""
Arrange a plugin's packages as a tree in which every package stands once; pure.

With the imports known it is the import tree: each package hangs below one of those
that import it nearest to the plugin, below one that differs if there is one. Without
them it is a list of modules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autofix.core.compare import Comparison, Difference
from autofix.core.imports import Imports
from autofix.core.packages import is_standard, longest_prefix

STANDARD_LIBRARY = "standard library"
OWN = "only in the plugin"
DEEPEST = 100
"""Steps from the plugin; the scenarios have 7. What lies deeper stands at the top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """
    A package, or a module whose packages are its children.

    ``difference`` is None where the package is as in the server; ``shared`` is false
    for what only the plugin has. ``differing`` counts the packages that differ here
    and below.
    """

    name: str
    children: tuple[Node, ...] = ()
    difference: Difference | None = None
    shared: bool = True
    is_package: bool = True

    @property
    def differing(self) -> int:
        """Count the differing packages of the whole branch."""
        own = int(self.difference is not None)
        return own + sum(child.differing for child in self.children)

    @property
    def packages(self) -> tuple[Node, ...]:
        """Return the packages of the whole branch, this one first."""
        below = (each for child in self.children for each in child.packages)
        return (*((self,) if self.is_package else ()), *below)


def tree(comparison: Comparison) -> tuple[Node, ...]:
    """Return the top of the tree: the plugin, or its modules without the imports."""
    differences = {each.package: each for each in comparison.differing}
    imports = comparison.imports
    if imports and comparison.plugin.package in imports:
        parents = _parents(comparison, imports, differences)
        return _import_tree(comparison, parents, differences)
    return tuple(_modules(comparison, differences))


def branches(nodes: Iterable[Node]) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """Split nodes into those with something differing and those without."""
    nodes = tuple(nodes)
    return (
        tuple(each for each in nodes if each.differing),
        tuple(each for each in nodes if not each.differing),
    )


def _leaf(package: str, comparison: Comparison, known: Difference | None) -> Node:
    return Node(
        name=package, difference=known, shared=package in comparison.server.hashes
    )


def _parents(
    comparison: Comparison, imports: Imports, differences: Mapping[str, Difference]
) -> dict[str, str]:
    """Choose for each package one importer, a step nearer to the plugin's main."""
    linked = comparison.plugin.hashes
    chosen: dict[str, str] = {comparison.plugin.package: ""}
    layer = [comparison.plugin.package]
    for _ in range(DEEPEST):
        below: dict[str, str] = {}
        for importer in sorted(layer, key=lambda each: each not in differences):
            for package in imports.get(importer, ()):
                if package in linked and package not in chosen:
                    below.setdefault(package, importer)
        chosen.update(below)
        layer = list(below)
    return chosen


def _import_tree(
    comparison: Comparison,
    parents: dict[str, str],
    differences: Mapping[str, Difference],
) -> tuple[Node, ...]:
    """Build from the packages farthest from the plugin up."""
    children: dict[str, list[Node]] = {}
    for package, parent in reversed(parents.items()):
        known = differences.get(package)
        node = Node(
            name=package,
            children=tuple(reversed(children.pop(package, []))),
            difference=known,
            shared=package in comparison.server.hashes,
        )
        children.setdefault(parent, []).append(node)
    unreached = [
        _leaf(package, comparison, differences.get(package))
        for package in comparison.plugin.order or sorted(comparison.plugin.hashes)
        if package not in parents
    ]
    return (*children.get("", ()), *unreached)


def _modules(
    comparison: Comparison, differences: Mapping[str, Difference]
) -> Iterable[Node]:
    plugin = comparison.plugin
    modules = comparison.server.modules.keys() | plugin.modules.keys()
    members: dict[str, list[Node]] = {}
    for package in plugin.order or sorted(plugin.hashes):
        known = differences.get(package)
        home = longest_prefix(package, modules)
        if not home:
            home = STANDARD_LIBRARY if is_standard(package) else OWN
        members.setdefault(home, []).append(_leaf(package, comparison, known))
    for home, nodes in members.items():
        yield Node(name=home, children=tuple(nodes), is_package=False)
