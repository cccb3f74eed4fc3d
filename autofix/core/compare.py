"""
Tell which packages of a plugin are not its server's, and what each of them is due to.

The Go runtime loads a plugin only if every package that both have carries the same
hash; it names the first that does not and gives up. Here all are told at once, and
the few that are causes are told from the many that merely import one:

1. The standard library differs: another Go, or build flags. No pin helps.
2. A module's versions differ: a root. It is what gets pinned.
3. The versions are equal and something that the package imports differs: a cascade.
4. The versions are equal and nothing below differs: other source under the same label.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from autofix.core.flags import SettingDifference, setting_differences
from autofix.core.foretell import Foretelling, foretell
from autofix.core.imports import Imports
from autofix.core.linked import Linked
from autofix.core.model import ServerFacts, TruthSource
from autofix.core.packages import Origin, longest_prefix, module_of

MAIN_PACKAGE = "main"
"""What each program, though no plugin, calls its own main package."""

MAIN_MODULE = "(main module)"
"""What stands for a version where the plugin's own module provides a package."""


class Cause(StrEnum):
    """Why a package's hash differs, the causes before their consequences."""

    TOOLCHAIN = "toolchain"
    """A package of the standard library: another Go, or other build flags."""
    ROOT = "root"
    """Its module has another version in the plugin."""
    CONTENT = "content"
    """Its module has the same version, but was compiled from other source."""
    SERVER_ITSELF = "server-itself"
    """It is the server's own, which has no version that a plugin could match."""
    UNTOLD = "untold"
    """One of the files does not say which module versions it links."""
    CASCADE = "cascade"
    """Only because of something that it imports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """
    A package that both have and that differs.

    ``module`` is "" in the standard library, the versions are "" where not told;
    ``below`` are the differing packages it imports itself, if the imports are known.
    """

    package: str
    cause: Cause
    module: str = ""
    server: str = ""
    plugin: str = ""
    below: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """
    The differing packages of one module that have the same cause.

    ``replaced`` says in words what took the module's place where, "" if nothing did.
    """

    cause: Cause
    module: str
    server: str
    plugin: str
    packages: tuple[str, ...]
    replaced: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """
    All that differs between a server and a plugin.

    ``differing`` is in the order in which the loader compares, as far as that is
    known; ``shared`` counts the packages that both have. ``settings`` are the build
    settings that differ. Without ``imports`` a package of equal version is called a
    cascade wherever a cause comes before it, which need not be so.
    """

    server: Linked
    plugin: Linked
    shared: int
    differing: tuple[Difference, ...]
    groups: tuple[Group, ...]
    settings: tuple[SettingDifference, ...]
    foretelling: Foretelling
    imports: Imports | None = None

    @property
    def equal(self) -> bool:
        """Tell whether the loader will find nothing to object to."""
        return not self.differing and self.server.machine == self.plugin.machine

    @property
    def only_server(self) -> tuple[str, ...]:
        """Return the packages that only the server links, by name."""
        return tuple(sorted(self.server.hashes.keys() - self.plugin.hashes.keys()))

    @property
    def only_plugin(self) -> tuple[str, ...]:
        """Return the packages that only the plugin links, by name."""
        return tuple(sorted(self.plugin.hashes.keys() - self.server.hashes.keys()))

    def of(self, *causes: Cause) -> tuple[Group, ...]:
        """Return the groups of these causes."""
        return tuple(group for group in self.groups if group.cause in causes)


def compare(
    server: Linked, plugin: Linked, *, imports: Imports | None = None
) -> Comparison:
    """
    Compare every package that a server and a plugin both link.

    ``imports`` are those of the plugin's packages, if they are known: they tell other
    source from a cascade, and the order where the plugin itself does not.
    """
    shared = (server.hashes.keys() & plugin.hashes.keys()) - {MAIN_PACKAGE}
    packages = _in_order(
        (each for each in shared if server.hashes[each] != plugin.hashes[each]),
        plugin.order or tuple(imports or ()),
    )
    judge = _Judge(server, plugin, packages, imports)
    differing = judge.differences()
    settings = setting_differences(server, plugin)
    return Comparison(
        server=server,
        plugin=plugin,
        shared=len(shared),
        differing=differing,
        groups=tuple(_groups(differing, server, plugin)),
        settings=settings,
        foretelling=foretell(server, plugin, packages, imports=imports),
        imports=imports,
    )


def _in_order(packages: Iterable[str], order: tuple[str, ...]) -> tuple[str, ...]:
    """Sort packages as ``order`` has them; those it lacks come last, by name."""
    places = {package: place for place, package in enumerate(order)}
    last = len(places)
    return tuple(sorted(packages, key=lambda each: (places.get(each, last), each)))


class _Judge:
    """Decides the cause of each differing package."""

    def __init__(
        self,
        server: Linked,
        plugin: Linked,
        packages: tuple[str, ...],
        imports: Imports | None,
    ) -> None:
        self._server = server
        self._plugin = plugin
        self._packages = packages
        self._differing = frozenset(packages)
        self._imports: Imports = imports or {}
        self._facts = ServerFacts(
            reference=server.name,
            release="",
            go=server.go,
            machine=server.machine,
            main_module=server.main,
            modules=server.modules,
            source=TruthSource.BINARY,
        )

    def differences(self) -> tuple[Difference, ...]:
        """Return every differing package with its cause."""
        found = [self._first_look(package) for package in self._packages]
        causes = {each.cause for each in found}
        if Cause.TOOLCHAIN in causes:
            return tuple(found)
        ordered = bool(self._plugin.order or self._imports)
        alone = causes == {Cause.CASCADE}
        sources: set[str] = set()
        for place, each in enumerate(found):
            if each.cause is not Cause.CASCADE:
                continue
            is_first = place == 0 and (ordered or alone)
            if self._is_source(each, is_first=is_first, among=sources):
                sources.add(each.module)
                found[place] = replace(each, cause=Cause.CONTENT)
        return tuple(found)

    def _first_look(self, package: str) -> Difference:
        """Judge a package by itself; equal versions pass for a cascade."""
        home = module_of(package, self._facts)
        cause, version = Cause.CASCADE, ""
        match home.origin:
            case Origin.STANDARD_LIBRARY:
                cause = Cause.TOOLCHAIN
            case Origin.SERVER_ITSELF:
                cause = Cause.SERVER_ITSELF
            case Origin.MODULE:
                version = self._plugin_version(package, home.module)
                if not version:
                    cause = Cause.UNTOLD
                elif version != home.version:
                    cause = Cause.ROOT
            case Origin.NO_SERVER_MODULE | Origin.UNDETERMINED:
                cause = Cause.UNTOLD
        return Difference(
            package=package,
            cause=cause,
            module=home.module,
            server=home.version,
            plugin=version,
            below=tuple(
                each
                for each in self._imports.get(package, ())
                if each in self._differing
            ),
        )

    def _plugin_version(self, package: str, module: str) -> str:
        """Return the version of the plugin's module for a package; "" if not told."""
        plugin = self._plugin
        own = longest_prefix(package, {*plugin.modules, plugin.main} - {""})
        version = plugin.modules.get(own, MAIN_MODULE if own else "")
        return version if own in ("", module) else f"{own} {version}"

    def _is_source(self, each: Difference, *, is_first: bool, among: set[str]) -> bool:
        """Tell other source from a cascade, surely only where the imports are known."""
        if each.package in self._imports:
            return not each.below
        replaced = self._server.replaced.get(each.module) != self._plugin.replaced.get(
            each.module
        )
        return replaced or is_first or each.module in among


def _groups(
    differing: tuple[Difference, ...], server: Linked, plugin: Linked
) -> Iterable[Group]:
    """Yield the groups: causes first, then in the order of their first package."""
    members: dict[tuple[Cause, str, str, str], list[str]] = {}
    for each in differing:
        key = (each.cause, each.module, each.server, each.plugin)
        members.setdefault(key, []).append(each.package)
    order = list(Cause)
    for key in sorted(members, key=lambda key: order.index(key[0])):
        cause, module, server_version, plugin_version = key
        yield Group(
            cause=cause,
            module=module,
            server=server_version,
            plugin=plugin_version,
            packages=tuple(members[key]),
            replaced=_replaced(module, {"server": server, "plugin": plugin}),
        )


def _replaced(module: str, sides: Mapping[str, Linked]) -> str:
    return ", ".join(
        f"in the {side} replaced by {linked.replaced[module]}"
        for side, linked in sides.items()
        if module in linked.replaced
    )
