"""A small server and plugin that fit, and ways to make them differ."""

from __future__ import annotations

from dataclasses import dataclass, replace

from autofix.core.linked import Linked

PRAGMA = "google.golang.org/protobuf/internal/pragma"
API = "github.com/heroiclabs/nakama-common/api"
LEAF = "example.com/leaf"
GAME = "example.com/game"

_MODULES = {
    "google.golang.org/protobuf": "v1.36.11",
    "github.com/heroiclabs/nakama-common": "v1.47.0",
    "example.com/leaf": "v1.0.0",
}
_SHARED = ("fmt", PRAGMA, "google.golang.org/protobuf/proto", LEAF, API)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A server and a plugin."""

    server: Linked
    plugin: Linked

    def differing(self, *packages: str) -> Pair:
        """Give packages another hash in the plugin."""
        hashes = {**self.plugin.hashes, **dict.fromkeys(packages, "f" * 16)}
        return replace(self, plugin=replace(self.plugin, hashes=hashes))

    def with_version(self, module: str, version: str) -> Pair:
        """Give a module another version in the plugin."""
        modules = {**self.plugin.modules, module: version}
        return replace(self, plugin=replace(self.plugin, modules=modules))


_HASHES = {package: f"{place:016x}" for place, package in enumerate(_SHARED)}

PAIR = Pair(
    server=Linked(
        name="nakama:3.40.0",
        machine="amd64",
        version="go1.26.5",
        go="1.26.5",
        package="nakama/v3",
        main="nakama/v3",
        modules=_MODULES,
        settings={"-buildmode": "exe", "-trimpath": "true"},
        hashes={**_HASHES, "main": "a" * 16, "nakama/v3": "b" * 16},
    ),
    plugin=Linked(
        name="backend.so",
        machine="amd64",
        version="go1.26.5",
        go="1.26.5",
        package=GAME,
        main=GAME,
        modules=_MODULES,
        settings={"-buildmode": "plugin", "-trimpath": "true"},
        hashes={**_HASHES, GAME: "c" * 16},
        order=(*_SHARED, GAME),
    ),
)
