"""How a comparison is put into words; shared by its text and its picture, pure."""

from __future__ import annotations

from typing import assert_never

from autofix.core.compare import Cause, Comparison, Group
from autofix.core.foretell import Basis
from autofix.core.linked import Linked
from autofix.report.words import count

TITLES = {
    Cause.TOOLCHAIN: "Another Go, or other build flags",
    Cause.ROOT: "Roots: another version than the server's",
    Cause.CONTENT: "The server's version, but other source",
    Cause.SERVER_ITSELF: "The server's own packages",
    Cause.UNTOLD: "Differing, and the files do not say which version",
    Cause.CASCADE: "Cascades: only because of something they import",
}
SHORT = {
    Cause.TOOLCHAIN: "toolchain",
    Cause.ROOT: "root",
    Cause.CONTENT: "other source",
    Cause.SERVER_ITSELF: "server's own",
    Cause.UNTOLD: "untold",
    Cause.CASCADE: "cascade",
}
REMEDIES = {
    Cause.TOOLCHAIN: "Build with exactly the server's Go and flags, in the pluginbuilder "
    "of the server's release. No pin helps while the standard library differs.",
    Cause.ROOT: "Require exactly the server's version, and exclude higher ones that "
    "something else asks for. 'autofix run' does both.",
    Cause.CONTENT: "Compile the source that the server was compiled from: look for a "
    "replace, an edited vendor folder or build tags on either side. Some servers vendor "
    "a patched copy (Nakama does of bluge v0.2.2).",
    Cause.SERVER_ITSELF: "A plugin can never share them, whatever it requires: copy what "
    "is needed, or use nakama-common.",
    Cause.UNTOLD: "Plugins of a Go before 1.21 do not say which modules they link; "
    "compare go.mod with the server's versions ('autofix versions --project').",
    Cause.CASCADE: "Nothing now: they follow when the above is mended. Compare again "
    "then, because other source can hide behind them.",
}
UNSURE = (
    "Which packages follow and which are other source cannot be told for sure without "
    "the plugin's imports (--imports)."
)


def headline(comparison: Comparison) -> str:
    """Return in one sentence whether the plugin fits the server."""
    server, plugin = comparison.server, comparison.plugin
    shared = count(comparison.shared, "shared package")
    if server.machine != plugin.machine:
        return (
            f"The plugin is for {plugin.machine or 'an unknown processor'}, the server "
            f"for {server.machine or 'another'}: it cannot be opened at all."
        )
    if comparison.equal:
        return f"Equal: the plugin and its server agree on all {shared}."
    number = len(comparison.differing)
    verb = "differs" if number == 1 else "differ"
    return (
        f"Different: {number} of {shared} {verb}, so the server will refuse the plugin."
    )


def side(name: str, linked: Linked) -> str:
    """Describe one of the two binaries."""
    parts = [
        f"Go {linked.version.removeprefix('go')}" if linked.version else "Go not told",
        linked.machine or "unknown processor",
        count(len(linked.hashes), "package"),
    ]
    if linked.modules:
        parts.append(count(len(linked.modules), "module"))
    return f"{name}: {linked.name} ({', '.join(parts)})"


def foretold(comparison: Comparison) -> str:
    """Say what the loader will say; "" if there is nothing to object to."""
    first = comparison.foretelling.package
    match comparison.foretelling.basis:
        case Basis.EQUAL:
            return ""
        case Basis.ONLY_ONE:
            return f"The loader will name {first}."
        case Basis.LINK_ORDER:
            return (
                f"The loader will name {first}: it is the first in the plugin's own "
                "table."
            )
        case Basis.IMPORT_ORDER:
            return (
                f"The loader will probably name {first}: it is the first in the order "
                "of 'go list -deps', which is close to the linker's."
            )
        case Basis.UNTOLD:
            return (
                "Which package the loader will name first cannot be told: the plugin's "
                "table is not readable."
            )
        case Basis.OTHER_GO:
            return (
                "The loader will most likely name no package: with another minor "
                "version of Go the server ends with 'no plugin module data' or a nil "
                "pointer."
            )
        case Basis.OTHER_MACHINE:
            return (
                "The loader will say 'cannot open shared object file', though the file "
                "is there."
            )
        case unknown:
            assert_never(unknown)


def versions(group: Group) -> str:
    """Say how a group's module stands on both sides; "" in the standard library."""
    match group.cause:
        case Cause.ROOT:
            text = f"{group.plugin} -> {group.server}"
        case Cause.CONTENT | Cause.CASCADE:
            text = f"{group.server} on both sides"
        case Cause.UNTOLD:
            text = f"the server has {group.server}" if group.server else ""
        case Cause.TOOLCHAIN | Cause.SERVER_ITSELF:
            text = ""
        case unknown:
            assert_never(unknown)
    return ", ".join(part for part in (text, group.replaced) if part)


def unsure(comparison: Comparison) -> Cause | None:
    """Return the last cause that packages have by assumption only, None if there is none."""
    if comparison.imports or comparison.of(Cause.TOOLCHAIN):
        return None
    groups = comparison.of(Cause.CONTENT, Cause.CASCADE)
    doubtful = sum(len(group.packages) for group in groups) > 1
    return groups[-1].cause if doubtful else None


def within_module(package: str, module: str) -> str:
    """Shorten a package's path to what follows its module's: ``./encoding/json``."""
    prefix = f"{module}/"
    return (
        f"./{package.removeprefix(prefix)}" if package.startswith(prefix) else package
    )
