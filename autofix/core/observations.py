"""
What the shell saw when it did what the core asked: one value an observation.

A run is the list of its observations; ``at`` is seconds since the run began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autofix.core.comments import Managed
from autofix.core.compare import Group
from autofix.core.golines import GoLines
from autofix.core.gomod import GoMod, Replacement
from autofix.core.model import (
    Artifact,
    BuilderFacts,
    Evidence,
    Finding,
    ModuleVersion,
    ServerFacts,
)
from autofix.core.versionsearch import Needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """The run began; nothing has been looked at."""

    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """
    What the go command selected for one module, after replacements.

    ``packages`` are those of its packages that the plugin links, dependencies first,
    where they were listed.
    """

    version: str
    replacement: Replacement | None = None
    indirect: bool = False
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """
    The server, the builder and the project are known.

    ``given`` is a plugin file that the user has already built, to be loaded before
    anything is built. ``vendored`` says whether the project builds from vendor/.
    ``plugin`` is the file name the built plugin gets, ``others`` those of the same
    module's further plugins, which are built with it, ``siblings`` the other files
    put beside it in the server's module folder. ``linked`` maps each module that
    provides a package the plugin links to what is selected, as far as the go command
    could tell for the untouched project (empty if it could not). ``beside`` are the
    go lines of other files that the go command reads too and that may be changed,
    ``marks`` the lines of go.mod that carry autofix's comment of an earlier run.
    """

    server: ServerFacts
    builder: BuilderFacts
    gomod: GoMod
    plugin: str
    vendored: bool = False
    given: Artifact | None = None
    others: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()
    linked: Mapping[str, Selected] = field(default_factory=dict)
    beside: Mapping[str, GoLines] = field(default_factory=dict)
    marks: frozenset[Managed] = frozenset()
    findings: tuple[Finding, ...] = ()
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """
    One version of a module that something in the module graph requires.

    ``chain`` leads from the main module to the one that requires it, each as
    ``path@version`` (the main module without a version).
    """

    module: ModuleVersion
    chain: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """
    go.mod as the go command now reads it, and every pin read back.

    ``demands`` are the requirements that hold a pin above its version, ``linked``
    the modules that provide a package the plugin links, as in ``Prepared``,
    ``own_excludes`` the excludes that carry autofix's comment of an earlier run,
    ``beside`` the go lines that were set in other files.
    """

    gomod: GoMod
    selected: Mapping[str, Selected]
    demands: tuple[Demand, ...] = ()
    linked: Mapping[str, Selected] = field(default_factory=dict)
    own_excludes: frozenset[ModuleVersion] = frozenset()
    beside: Mapping[str, GoLines] = field(default_factory=dict)
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Consulted:
    """
    What the go command knows of a module's versions.

    ``versions`` are those it lists, where that was asked; ``needs`` what the go.mod
    files of the versions ``asked`` for say, None where one cannot be had. ``refusal``
    is what the go command said if it could not list versions: the module is private,
    or gone.
    """

    module: str
    asked: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    needs: Mapping[str, Needs | None] = field(default_factory=dict)
    refusal: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendored:
    """
    vendor/ is in step with go.mod.

    ``kept`` are files that somebody had changed by hand and that still are as they
    were, ``lost`` those that could not be kept because their module moved.
    """

    kept: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The plugin file was built."""

    artifact: Artifact
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """
    The plugin file's package hashes beside the server's.

    ``shared`` counts the packages that both link (0 where one of them has no hashes),
    ``groups`` are those that differ, causes before their consequences; ``foretold``
    is the package that the loader will name, "" if none can be told.
    """

    shared: int = 0
    groups: tuple[Group, ...] = ()
    foretold: str = ""
    at: float = 0.0

    @property
    def differing(self) -> int:
        """Count the packages that differ."""
        return sum(len(group.packages) for group in self.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """``nakama check`` accepted the plugin file."""

    evidence: Evidence
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The server logged ``Startup done`` and listed ``modules`` as found."""

    modules: tuple[str, ...]
    evidence: Evidence
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """
    Who would raise what is wanted, on a copy of go.mod without autofix's own lines.

    ``holding`` are the requirements there, ``tidied`` those that only ``go mod tidy``
    brings in. ``kept`` are excludes without which the go command refuses to read the
    modules, ``refused`` what it said where that could not be helped, ``untidy`` what
    ``go mod tidy`` said where it failed, ``unneeded`` the indirect requirements that it
    takes out where it does not.
    """

    holding: tuple[Demand, ...] = ()
    tidied: tuple[Demand, ...] = ()
    kept: tuple[ModuleVersion, ...] = ()
    refused: Evidence | None = None
    untidy: Evidence | None = None
    unneeded: tuple[str, ...] = ()
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """go.mod after the edit, or as it was if it did not ``stand``."""

    gomod: GoMod
    stands: bool
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """
    What was asked did not succeed; ``evidence`` is what the program said.

    ``functions`` maps places of compile errors (``file:line``) to the function around
    them, as far as the source could be read.
    """

    evidence: Evidence
    gomod: GoMod | None = None
    functions: Mapping[str, str] = field(default_factory=dict)
    at: float = 0.0


Observation = (
    Began
    | Prepared
    | Edited
    | Consulted
    | Vendored
    | Built
    | Compared
    | Loaded
    | Started
    | Surveyed
    | Settled
    | Failed
)
