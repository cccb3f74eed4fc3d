"""
Put together what is known of a server: its binary, a modules.txt, the release table.

The binary decides, because it lists what is linked; the other two serve where it
says nothing, and are compared with it where both speak.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from autofix.core.buildinfo import BuildInfo
from autofix.core.model import Finding, ServerFacts, TruthSource
from autofix.core.modulestxt import ModulesTxt
from autofix.core.packages import longest_prefix
from autofix.core.releases import NAKAMA_COMMON, Release, ReleaseTable, matching

NAKAMA_MODULE = "github.com/heroiclabs/nakama/v3"
NAMED_AT_MOST = 4
STAND_IN_MODULE = "autofix/twin"
"""The main module of the scenario kit's server."""

_VERSION_FLAG = re.compile(r"-X[ =]['\"]?main\.version=['\"]?v?(\d+\.\d+\.\d+[\w.-]*)")
_VERSION_OUTPUT = re.compile(r"v?(\d+\.\d+\.\d+(?:-[\w.-]+)?)(?:\+\S*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSources:
    """
    What was read of a server.

    ``reference``, ``digest`` and ``stand_in`` are those of its image; ``release`` is
    Nakama's version or "" if nothing told it; ``info`` and ``vendored`` are None where
    there is none; ``packages`` are those the binary has a hash of.
    """

    reference: str
    machine: str
    release: str
    info: BuildInfo | None = None
    vendored: ModulesTxt | None = None
    packages: tuple[str, ...] = ()
    digest: str = ""
    stand_in: bool = False


def is_nakama(info: BuildInfo) -> bool:
    """Tell whether a binary is Nakama or a fork: all link nakama-common."""
    return NAKAMA_COMMON in info.dependencies


def evident_release(
    info: BuildInfo | None, tag: str, table: ReleaseTable
) -> Release | None:
    """
    Return the release that the image's tag names, if the binary does not contradict.

    Where it does, only the server itself can tell (``--version``).
    """
    release = table.by_tag(tag)
    if release is None or info is None or not info.dependencies:
        return release
    return release if release in matching(info.modules, table) else None


def flagged_release(info: BuildInfo | None) -> str:
    """
    Return the version set by the linker flags in the build settings, or "".

    Go leaves the flags out of binaries built with -trimpath, as Nakama's are.
    """
    match = _VERSION_FLAG.search(info.settings.get("-ldflags", "") if info else "")
    return match[1] if match else ""


def printed_release(lines: list[str]) -> str:
    """Return the version in what ``nakama --version`` printed, or ""."""
    for line in lines:
        if match := _VERSION_OUTPUT.fullmatch(line.strip()):
            return match[1]
    return ""


def server_facts_of(
    sources: ServerSources, table: ReleaseTable
) -> tuple[ServerFacts, tuple[Finding, ...]] | None:
    """Return the facts and what disagrees; None if no source tells the modules."""
    info, vendored = sources.info, sources.vendored
    release = table.by_tag(sources.release)
    modules: Mapping[str, str]
    if info is not None and info.dependencies:
        modules, source = info.modules, TruthSource.BINARY
    elif vendored is not None:
        modules, source = vendored.versions, TruthSource.MODULES_TXT
    elif release is not None:
        modules, source = release.modules, TruthSource.RELEASE_TABLE
    else:
        return None
    facts = ServerFacts(
        reference=sources.reference,
        release=sources.release,
        go=info.go if info else (release.go if release else ""),
        machine=sources.machine,
        main_module=info.main.path if info and info.main else NAKAMA_MODULE,
        modules=modules,
        source=source,
        packages=_homes(sources, modules),
        settings=info.settings if info else {},
        digest=sources.digest,
        stand_in=_is_stand_in(sources),
    )
    return facts, tuple(_findings(facts, sources, release))


def _homes(sources: ServerSources, modules: Mapping[str, str]) -> Mapping[str, str]:
    """Map each linked package to its module; all vendored ones if that is not known."""
    if not sources.packages:
        return sources.vendored.packages if sources.vendored else {}
    homes = {package: longest_prefix(package, modules) for package in sources.packages}
    return {package: module for package, module in homes.items() if module}


def _is_stand_in(sources: ServerSources) -> bool:
    """
    Tell whether the server is the scenario kit's twin.

    Its binary says so. The image's label decides only where there is none to ask: an
    image made from the kit's base inherits that label, whatever runs in it.
    """
    if sources.info is not None and sources.info.main is not None:
        return sources.info.main.path == STAND_IN_MODULE
    return sources.stand_in


def _findings(
    facts: ServerFacts, sources: ServerSources, release: Release | None
) -> list[Finding]:
    found = []
    info, vendored = sources.info, sources.vendored
    if vendored and (
        text := _differing(facts.modules, vendored.versions, "modules.txt")
    ):
        found.append(
            Finding(
                name="modules-txt-differs",
                text=f"The server in {facts.reference} does not link what the "
                f"modules.txt given says: {text}.",
                answer="The server's binary decides.",
            )
        )
    if release and (
        text := _differing(
            facts.modules, release.modules, f"Nakama {release.tag} as released"
        )
    ):
        found.append(
            Finding(
                name="server-not-as-released",
                text=f"The server in {facts.reference} is not Nakama {release.tag} "
                f"as released: {text}.",
                answer=f"The versions are taken from the {facts.source}.",
            )
        )
    if release and info and info.go != release.go:
        found.append(
            Finding(
                name="server-go-not-as-released",
                text=f"The server in {facts.reference} was built by Go {info.go}; "
                f"Nakama {release.tag} was released with Go {release.go}.",
                answer=f"The plugin is built with Go {info.go}.",
            )
        )
    replaced = _replaced(sources)
    if replaced:
        found.append(
            Finding(
                name="server-replaces-modules",
                text=f"The server in {facts.reference} was built from other source "
                f"than the module proxy has for {_named(replaced)}.",
                answer="A plugin that links one of them needs the same source.",
            )
        )
    return found


def _replaced(sources: ServerSources) -> list[str]:
    if sources.info is not None and sources.info.dependencies:
        return [
            path
            for path, each in sources.info.dependencies.items()
            if each.replacement is not None
        ]
    return [each.path for each in sources.vendored.replaced] if sources.vendored else []


def _differing(modules: Mapping[str, str], other: Mapping[str, str], name: str) -> str:
    """Name the modules that both have at different versions."""
    return _named(
        [
            f"{path} {version} ({name}: {other[path]})"
            for path, version in modules.items()
            if other.get(path, version) != version
        ]
    )


def _named(names: list[str]) -> str:
    text = ", ".join(names[:NAMED_AT_MOST])
    more = len(names) - NAMED_AT_MOST
    return f"{text} and {more} more" if more > 0 else text
