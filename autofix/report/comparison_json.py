"""A comparison of a server and a plugin for machines: stable keys, verbatim text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from autofix.core.compare import Comparison, Difference, Group
from autofix.core.flags import SettingDifference
from autofix.core.foretell import Foretelling
from autofix.core.linked import Linked
from autofix.core.model import ModuleVersion
from autofix.report.json import document


class ComparedSide(TypedDict):
    """What one of the files links; ``packages`` counts those that carry a hash."""

    name: str
    machine: str
    go: str
    version: str
    package: str
    modules: Mapping[str, str]
    replaced: Mapping[str, ModuleVersion]
    settings: Mapping[str, str]
    packages: int
    libraries: tuple[str, ...]
    versions: tuple[str, ...]


class ComparisonResult(TypedDict):
    """
    All that differs between a server and a plugin.

    ``equal`` says that the loader has nothing to object to, ``foretelling`` what it
    will name otherwise; ``groups`` are the packages of ``differing`` by cause.
    """

    equal: bool
    server: ComparedSide
    plugin: ComparedSide
    shared: int
    foretelling: Foretelling
    imports_known: bool
    settings: tuple[SettingDifference, ...]
    groups: tuple[Group, ...]
    differing: tuple[Difference, ...]
    only_server: tuple[str, ...]
    only_plugin: tuple[str, ...]


def comparison_json(comparison: Comparison) -> str:
    """Return the comparison as JSON; hashes and unchanged packages are left out."""
    return document(
        ComparisonResult(
            equal=comparison.equal,
            server=_side(comparison.server),
            plugin=_side(comparison.plugin),
            shared=comparison.shared,
            foretelling=comparison.foretelling,
            imports_known=bool(comparison.imports),
            settings=comparison.settings,
            groups=comparison.groups,
            differing=comparison.differing,
            only_server=comparison.only_server,
            only_plugin=comparison.only_plugin,
        )
    )


def _side(linked: Linked) -> ComparedSide:
    return {
        "name": linked.name,
        "machine": linked.machine,
        "go": linked.go,
        "version": linked.version,
        "package": linked.package,
        "modules": linked.modules,
        "replaced": linked.replaced,
        "settings": linked.settings,
        "packages": len(linked.hashes),
        "libraries": linked.libraries,
        "versions": linked.versions,
    }
