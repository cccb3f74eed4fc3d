"""A built plugin beside its server: read, and judged by what its file says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from autofix.comparing import read_binary
from autofix.core.compare import Cause, Comparison, Group, compare
from autofix.core.linked import Linked
from autofix.core.model import ServerFacts
from autofix.errors import BinaryError
from autofix.judging import GoModFile, server_name
from autofix.serversource import Source
from autofix.verdict import Depth, Judged, Mismatch

GLIBC = {"buster": "2.28", "bullseye": "2.31", "bookworm": "2.36", "trixie": "2.41"}
"""The C library of each Debian that Nakama's images were made of."""

_NAMED = 3


def judged_file(
    path: Path, name: str, source: Source, file: GoModFile | None, *, debian: str
) -> Judged:
    """Compare a built plugin with the server, by hashes where they are known."""
    server = source.reading.linked
    try:
        plugin = read_binary(path, name)
    except BinaryError as error:
        text, reason, remedy = error.what, error.why, error.todo
    else:
        if plugin.hashes and server.hashes:
            comparison = compare(server, plugin)
            return Judged(
                depth=Depth.FILE,
                name=name,
                mismatches=tuple(
                    compared_mismatches(comparison, file, name=name, debian=debian)
                ),
                shared=comparison.shared,
                foretold=comparison.foretelling.package,
            )
        if plugin.hashes:
            facts = source.reading.facts
            return Judged(
                depth=Depth.FILE,
                name=name,
                mismatches=tuple(version_mismatches(plugin, facts, file, name=name)),
                shared=sum(1 for module in plugin.modules if module in facts.modules),
            )
        text = f"{name} is no Go plugin: it exports no package hashes."
        reason = "It was built without -buildmode=plugin, or by another language."
        remedy = "Build it with: go build -trimpath -buildmode=plugin"
    wrong = Mismatch(
        name="no-plugin", text=text, file=name, reason=reason, remedy=remedy
    )
    return Judged(depth=Depth.FILE, name=name, mismatches=(wrong,))


def compared_mismatches(
    comparison: Comparison, file: GoModFile | None, *, name: str, debian: str = ""
) -> Iterator[Mismatch]:
    """
    Yield what keeps a built plugin from loading, the causes only.

    ``debian`` names the system of the server's image, "" if it is not known.
    """
    server, plugin = comparison.server, comparison.plugin
    if server.machine != plugin.machine:
        yield Mismatch(
            name="machine-differs",
            text=f"The plugin is for {plugin.machine or 'an unknown processor'}, the "
            f"server for {server.machine}.",
            file=name,
            present=plugin.machine,
            wanted=server.machine,
            remedy="Build it for the server's processor.",
        )
        return
    yield from _toolchain(comparison, name)
    for group in comparison.groups:
        if group.cause not in (Cause.TOOLCHAIN, Cause.CASCADE):
            yield _group(group, file, name)
    yield from library_mismatches(plugin, debian, name)


def _toolchain(comparison: Comparison, name: str) -> Iterator[Mismatch]:
    groups = comparison.of(Cause.TOOLCHAIN)
    if not groups:
        return
    told = [each for each in comparison.settings if each.matters]
    for each in told:
        yield Mismatch(
            name="go-differs" if each.name == "Go" else "build-setting-differs",
            text=f"The plugin was built {_with(each.name, each.plugin)}, the server "
            f"{_with(each.name, each.server)}.",
            file=name,
            present=each.plugin,
            wanted=each.server,
            reason=f"So {groups[0].packages[0]} and {len(groups[0].packages) - 1} other "
            "packages of the standard library differ.",
            remedy="Build with exactly the server's Go and flags.",
        )
    if not told:
        yield Mismatch(
            name="toolchain-differs",
            text=f"{groups[0].packages[0]} and {len(groups[0].packages) - 1} other "
            "packages of the standard library differ from the server's.",
            file=name,
            reason="The plugin was built by another Go or with other flags; it does "
            "not say which.",
            remedy="Build with exactly the server's Go and flags.",
        )


def _with(setting: str, value: str) -> str:
    if not value:
        return f"without {setting}"
    return f"with {setting}" if value == "true" else f"with {setting} {value}"


def _group(group: Group, file: GoModFile | None, name: str) -> Mismatch:
    where, line, missing = name, 0, False
    if file is not None and group.module:
        where = file.name
        line, missing = file.at(group.module)
    packages = _some(group.packages)
    match group.cause:
        case Cause.ROOT:
            label = "module-version"
            text = f"{group.module} is {group.plugin} and must be {group.server}."
            remedy = "Require the server's version and build again."
        case Cause.CONTENT:
            label = "module-content"
            text = f"{group.module} {group.server} was compiled from other source than"
            text += " the server's."
            remedy = "Look for a replace, an edited vendor folder or build tags."
        case Cause.SERVER_ITSELF:
            label = "server-package"
            text = "The plugin imports packages of the server itself."
            remedy = "Copy what is needed, or use nakama-common."
        case _:
            label = "module-untold"
            text = f"{group.module or packages} differs, and the plugin does not say"
            text += " which version it has."
            remedy = "Build it here: 'autofix run' finds out."
    extra = f", {group.replaced}" if group.replaced else ""
    return Mismatch(
        name=label,
        text=text,
        file=where,
        line=line,
        missing=missing,
        module=group.module,
        present=group.plugin,
        wanted=group.server,
        reason=f"In {name}: {packages}{extra}.",
        remedy=remedy,
    )


def library_mismatches(plugin: Linked, debian: str, name: str) -> Iterator[Mismatch]:
    """Yield what the plugin needs of the system and the server's image lacks."""
    if any("musl" in library for library in plugin.libraries):
        yield Mismatch(
            name="musl",
            text="The plugin needs the C library musl; Nakama's images have glibc.",
            file=name,
            remedy="Build it in a Debian image, not in Alpine.",
        )
    needed = max((_numbers(each) for each in plugin.versions), default=())
    has = GLIBC.get(debian, "")
    if has and needed > _numbers(f"GLIBC_{has}"):
        asked = ".".join(map(str, needed))
        yield Mismatch(
            name="glibc-too-old",
            text=f"The plugin needs glibc {asked}, the server's image has {has}.",
            file=name,
            present=asked,
            wanted=has,
            reason=f"The image is Debian {debian}.",
            remedy="Build it on the same or an older Debian.",
        )


def version_mismatches(
    plugin: Linked, server: ServerFacts, file: GoModFile | None, *, name: str
) -> Iterator[Mismatch]:
    """
    Yield the modules of a built plugin that the server has at another version.

    For servers whose package hashes are not known.
    """
    if plugin.machine != server.machine and server.machine:
        yield Mismatch(
            name="machine-differs",
            text=f"The plugin is for {plugin.machine}, the server for {server.machine}.",
            file=name,
            present=plugin.machine,
            wanted=server.machine,
        )
    if plugin.go and server.go and plugin.go != server.go:
        yield Mismatch(
            name="go-differs",
            text=f"The plugin was built with Go {plugin.go}, the server with "
            f"{server.go}.",
            file=name,
            present=plugin.go,
            wanted=server.go,
            remedy="Build with exactly the server's Go.",
        )
    if plugin.version and plugin.settings.get("-trimpath") != "true":
        yield Mismatch(
            name="build-setting-differs",
            text="The plugin was built without -trimpath; Nakama is built with it.",
            file=name,
            wanted="-trimpath",
        )
    for module, version in plugin.modules.items():
        wanted = server.modules.get(module, version)
        replaced = plugin.replaced.get(module)
        if wanted == version and not (replaced and module in server.modules):
            continue
        if not _shares(module, plugin, server.packages):
            continue
        line, missing = file.at(module) if file else (0, False)
        present = f"replaced by {replaced}" if replaced else version
        yield Mismatch(
            name="module-version",
            text=f"{module} is {present} and must be {wanted}.",
            file=file.name if file else name,
            line=line,
            missing=missing,
            module=module,
            present=present,
            wanted=wanted,
            reason=f"{server_name(server)} has {module} {wanted}.",
            remedy="Require the server's version and build again.",
        )


def _shares(module: str, plugin: Linked, packages: Mapping[str, str]) -> bool:
    """Tell whether a package of a module may be in both; yes where that is not known."""
    if not packages or not plugin.hashes:
        return True
    return any(packages.get(package) == module for package in plugin.hashes)


def _some(packages: tuple[str, ...]) -> str:
    named = ", ".join(packages[:_NAMED])
    more = len(packages) - _NAMED
    return f"{named} and {more} more" if more > 0 else named


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of ``GLIBC_2.34``; none of another library's version."""
    name, _, number = version.partition("_")
    parts = number.split(".")
    if name != "GLIBC" or not all(part.isdigit() for part in parts):
        return ()
    return tuple(map(int, parts))
