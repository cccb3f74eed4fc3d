"""A comparison of a server and a plugin for machines: stable keys, verbatim text."""

from __future__ import annotations

from autofix.core.compare import Comparison
from autofix.core.linked import Linked
from autofix.report.json import document


def comparison_json(comparison: Comparison) -> str:
    """Return the comparison as JSON; hashes and unchanged packages are left out."""
    return document(
        {
            "equal": comparison.equal,
            "server": _side(comparison.server),
            "plugin": _side(comparison.plugin),
            "shared": comparison.shared,
            "foretelling": comparison.foretelling,
            "imports_known": bool(comparison.imports),
            "settings": comparison.settings,
            "groups": comparison.groups,
            "differing": comparison.differing,
            "only_server": comparison.only_server,
            "only_plugin": comparison.only_plugin,
        }
    )


def _side(linked: Linked) -> dict[str, object]:
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
