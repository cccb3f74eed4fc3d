"""
A ``go build`` command's flags and environment, taken apart.

Flags are those of ``go help build``, with one dash or two, ``-flag value`` or
``-flag=value``; GOFLAGS come first and are overridden, as the go command does it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autofix.core.shellwords import commands

_WITH_VALUE = frozenset(
    {
        "C",
        "o",
        "p",
        "asmflags",
        "buildmode",
        "compiler",
        "covermode",
        "coverpkg",
        "gccgoflags",
        "gcflags",
        "installsuffix",
        "ldflags",
        "mod",
        "modfile",
        "overlay",
        "pgo",
        "pkgdir",
        "tags",
        "toolexec",
    }
)
KEPT_VARIABLES = frozenset(
    {
        "CGO_CFLAGS",
        "CGO_CPPFLAGS",
        "CGO_CXXFLAGS",
        "CGO_LDFLAGS",
        "GOAMD64",
        "GOINSECURE",
        "GONOPROXY",
        "GONOSUMDB",
        "GOPRIVATE",
        "GOSUMDB",
    }
)
"""Variables that the build needs as the user set them and that no hash depends on."""
_READ_VARIABLES = KEPT_VARIABLES | frozenset(
    {
        "CGO_ENABLED",
        "GO111MODULE",
        "GOARCH",
        "GOEXPERIMENT",
        "GOFLAGS",
        "GOOS",
        "GOTOOLCHAIN",
        "GOWORK",
    }
)
_UNKNOWN = re.compile(r"\$\([^)]*\)|\$\{[^}]*\}|`[^`]*`|\$\w+|%\w+%")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoBuild:
    """
    One ``go build`` as it was written; variables without a value stay in the text.

    ``flags`` has one entry a flag, without dashes; a flag without a value is "true".
    ``folder`` is where it runs, relative to where the file is used, or "".
    """

    flags: Mapping[str, str]
    packages: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    line: int = 0

    @property
    def output(self) -> str:
        """Return the file that ``-o`` names, or ""."""
        return self.flags.get("o", "")

    @property
    def is_plugin(self) -> bool:
        """Tell whether it builds a plugin, or at least means to (``-o x.so``)."""
        return self.has("buildmode", "plugin") or self.output.lower().endswith(".so")

    def has(self, flag: str, value: str = "true") -> bool:
        """Tell whether a flag is set to a value."""
        return self.flags.get(flag) == value


def parse_go_build(
    words: Sequence[str], *, environment: Mapping[str, str], folder: str, line: int
) -> GoBuild:
    """Read what follows ``go build``; ``environment`` is all that is set for it."""
    read = {name: environment[name] for name in _READ_VARIABLES & environment.keys()}
    by_goflags = commands(read.get("GOFLAGS", ""))
    flags = _flags(by_goflags[0].words if by_goflags else ())[0]
    own, packages = _flags(words)
    return GoBuild(
        flags={**flags, **own},
        packages=tuple(packages),
        environment=dict(sorted(read.items())),
        folder=_joined(folder, own.get("C", "")),
        line=line,
    )


def without_unknowns(text: str) -> tuple[str, bool]:
    """Put ``unknown`` for variables and substitutions that only a shell could fill."""
    filled, count = _UNKNOWN.subn("unknown", text)
    return filled, count > 0


def _flags(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    flags: dict[str, str] = {}
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] not in {"-", "--"}:
        name, equals, value = rest.pop(0).lstrip("-").partition("=")
        if not equals and name in _WITH_VALUE:
            value = rest.pop(0) if rest else ""
        elif not equals:
            value = "true"
        flags[name] = value
    return flags, rest


def _joined(folder: str, inner: str) -> str:
    if not inner or inner.startswith("/"):
        return inner or folder
    return f"{folder}/{inner}" if folder else inner
