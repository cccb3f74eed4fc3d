"""
What a check found: values with a place in the project's files, and their verdict.

An error is what keeps the plugin from loading and what ``autofix run`` or the user
must change; a warning is worth knowing and passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from autofix.conclude import is_of_the_network
from autofix.core.model import (
    BuilderFacts,
    Diagnosis,
    Finding,
    ModuleVersion,
    ServerFacts,
)
from autofix.result import SideEffect


class Level(StrEnum):
    """Whether a finding fails the check."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """
    One thing found, where it stands and what it should be.

    ``name`` is stable and public. ``file`` is relative to the repository, with
    slashes; ``line`` counts from 1, 0 where there is none; ``missing`` says that the
    line is to be added near it. ``present`` and ``wanted`` are versions where
    ``module`` is given; ``reason`` tells why it matters, ``remedy`` what to do;
    ``excludes`` are the versions that ``autofix run`` would exclude for it.
    """

    name: str
    text: str
    level: Level = Level.ERROR
    file: str = ""
    line: int = 0
    missing: bool = False
    module: str = ""
    present: str = ""
    wanted: str = ""
    reason: str = ""
    remedy: str = ""
    excludes: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Name where it stands, as editors and terminals link it; "" if nowhere."""
        return f"{self.file}:{self.line}" if self.line else self.file


class Basis(StrEnum):
    """What the server's side of a check rests on, the surest first."""

    IMAGE = "image"
    """The server's image, or what was read from exactly this image before."""
    LOCK = "lock"
    """The lock file beside go.mod."""
    CACHE = "cache"
    """What was read earlier from the image that had this name then."""
    TABLE = "table"
    """The built-in release table: modules, and the packages of some releases."""


class Depth(StrEnum):
    """What the plugin's side of a check rests on, the surest first."""

    FILE = "file"
    """A built plugin."""
    LISTED = "listed"
    """What the go command lists with the pins in place."""
    FIRST_LISTING = "first-listing"
    """What it lists of the project as it is: a pin may bring in further modules."""
    TEXT = "text"
    """go.mod alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """
    A plugin, from its source or as a file, judged against a server.

    ``name`` is the file, "" for the project itself; ``shared`` counts the packages
    (in a file) or modules that both sides have; ``foretold`` is the package that the
    server would name first, "" if none can be told. Of a source, ``dictated`` are the
    modules that must be at the server's versions, and ``ended`` says why its plan does
    not stand, if so.
    """

    depth: Depth
    mismatches: tuple[Mismatch, ...]
    name: str = ""
    shared: int = 0
    foretold: str = ""
    dictated: tuple[ModuleVersion, ...] = ()
    ended: Diagnosis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    The result of a check.

    ``project`` is the module's folder or "" without one; ``mismatches`` are about the
    project's files as a whole, ``judged`` has those of each plugin. ``unknown`` says
    in sentences what could not be known and what that means for the findings;
    ``side_effects`` and ``go_line`` are what the pins would move along.
    ``written`` is the lock file that was written, "" if none was or it stayed.
    """

    project: str
    server: ServerFacts
    basis: Basis
    basis_text: str
    builder: BuilderFacts | None = None
    mismatches: tuple[Mismatch, ...] = ()
    judged: tuple[Judged, ...] = ()
    noticed: tuple[Finding, ...] = ()
    unknown: tuple[str, ...] = ()
    side_effects: tuple[SideEffect, ...] = ()
    go_line: tuple[str, str] | None = None
    written: str = ""
    seconds: float = 0.0

    @property
    def all(self) -> tuple[Mismatch, ...]:
        """Return every mismatch, the project's own first."""
        return (
            *self.mismatches,
            *(each for plugin in self.judged for each in plugin.mismatches),
        )

    @property
    def errors(self) -> tuple[Mismatch, ...]:
        """Return those that fail the check."""
        return tuple(each for each in self.all if each.level is Level.ERROR)

    @property
    def exit_code(self) -> int:
        """Return 0 if nothing must change, 3 if the network kept it from knowing, else 1."""
        if any(is_of_the_network(each.ended) for each in self.judged):
            return 3
        return 1 if self.errors else 0
