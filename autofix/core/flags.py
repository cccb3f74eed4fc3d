"""
Which build settings of a server and a plugin differ, and whether that can matter.

What matters was measured against 3.40.0 with equal modules: the Go version, -trimpath,
-race, -cover, gcflags that reach every package, GOEXPERIMENT and a PGO profile change
packages that both link, tags do where a package has files for them (netgo changes net);
linker flags, GOAMD64, CGO_CFLAGS and flags for the main package do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autofix.core.linked import Linked

GO = "Go"
"""The name under which another Go release, or build of it, is listed."""

EXPERIMENTS = "GOEXPERIMENT"
"""Go also appends them to its version."""

_MATTER = frozenset(
    {
        "-asan",
        "-compiler",
        "-cover",
        "-covermode",
        "-msan",
        "-pgo",
        "-race",
        "-tags",
        "-trimpath",
        "CGO_ENABLED",
        "GOARCH",
        EXPERIMENTS,
        "GOOS",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingDifference:
    """
    A build setting that differs; "" where a side does not have it.

    ``matters`` tells whether it can change packages that both link.
    """

    name: str
    server: str
    plugin: str
    matters: bool


def setting_differences(
    server: Linked, plugin: Linked
) -> tuple[SettingDifference, ...]:
    """Return what differs, what matters first; nothing if a side tells no settings."""
    if not (server.version and plugin.version):
        return ()
    return tuple(
        sorted(_differences(server, plugin), key=lambda each: not each.matters)
    )


def _differences(server: Linked, plugin: Linked) -> Iterator[SettingDifference]:
    experiments = server.settings.get(EXPERIMENTS) != plugin.settings.get(EXPERIMENTS)
    if server.go != plugin.go or (server.version != plugin.version and not experiments):
        yield SettingDifference(
            name=GO,
            server=server.version.removeprefix("go"),
            plugin=plugin.version.removeprefix("go"),
            matters=True,
        )
    for name in sorted({*server.settings, *plugin.settings} - {"-buildmode"}):
        ours, theirs = server.settings.get(name, ""), plugin.settings.get(name, "")
        if ours != theirs and not name.startswith("vcs"):
            yield SettingDifference(
                name=name,
                server=ours,
                plugin=theirs,
                matters=name in _MATTER
                or (name == "-gcflags" and not _reach_main_only(ours, theirs)),
            )


def _reach_main_only(*flags: str) -> bool:
    """Tell whether no flags have a package pattern in front (``all=-N``)."""
    return all(not each or each.lstrip().startswith("-") for each in flags)
