"""The result of a run as one value: what every report format is made from."""

from __future__ import annotations

from dataclasses import dataclass

from autofix.core.compile_errors import CodeGroup
from autofix.core.model import (
    BuilderFacts,
    Diagnosis,
    Ending,
    Finding,
    ServerFacts,
)
from autofix.core.porting import Problem, Rewrite

SCHEMA_VERSION = 1
"""Of the JSON form; a changed or removed key raises it, an added one does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinResult:
    """
    One pin as it stands in go.mod at the end.

    ``before`` is None if the module was not in the build list; ``direct`` tells
    whether the project itself imports it; ``excludes`` are the versions that had to
    be excluded for it; ``demanded_by`` is the chain that asked for more, if any.
    """

    module: str
    before: str | None
    after: str
    direct: bool
    package: str
    quoted: str
    round: int
    source: str
    excludes: tuple[str, ...] = ()
    demanded_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEffect:
    """A module that moved although nobody pinned it; "" means absent."""

    module: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundResult:
    """
    One build and what the server said of it.

    ``shared`` counts the packages that plugin and server both link, ``differing``
    those whose hashes differ, None where nothing was compared; ``foretold`` is the
    package that the comparison expected the server to name.
    """

    number: int
    diagnosis: Diagnosis | None
    build_seconds: float
    server_seconds: float
    shared: int | None = None
    differing: int | None = None
    differing_modules: tuple[str, ...] = ()
    foretold: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicCost:
    """
    What pinning only what the server names, module by module, would have cost.

    ``builds`` is the most it takes: a pin that mends two modules saves one. The
    ``seconds`` are that many builds and checks as long as this run's, and one start.
    """

    builds: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedPlace:
    """
    One place that named another Nakama; ``file`` is relative to the repository.

    ``name`` is what the version is of (an image, a variable), ``subject`` whose it is
    (nakama, nakama-common, go; lock for what autofix.lock lists), ``note`` a caveat or
    "". ``before`` is "" where it could not be read.
    """

    file: str
    line: int
    name: str
    before: str
    after: str
    subject: str = "nakama"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One release on the way: ``end`` is the typed end, or the code of an error."""

    nakama: str
    end: str
    words: str
    seconds: float
    run_folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortResult:
    """
    What became of the project's own code where nakama-common's API changed.

    ``before`` and ``after`` are versions of nakama-common. ``remaining`` are errors that
    are left in own code, ``tests`` those in its tests, ``libraries`` those of code that
    autofix does not change; ``refusal`` is why nothing could be ported, else "". Only
    code of which nothing is left was kept.
    """

    before: str
    after: str
    rewrites: tuple[Rewrite, ...] = ()
    remaining: tuple[Problem, ...] = ()
    tests: tuple[Problem, ...] = ()
    libraries: tuple[Problem, ...] = ()
    refusal: str = ""

    @property
    def complete(self) -> bool:
        """Tell whether all code compiles now, as far as Go's type checker knows."""
        return not (self.remaining or self.libraries or self.refusal)


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedModule:
    """
    A module that has newer versions, or that moved along with one.

    ``after`` is ``before`` where it stayed; ``tried`` is the newest version that did not
    work, "" if none. ``days`` is how long ``after``, or else ``tried``, had been out, None where
    nobody says. ``why`` tells why it is no newer, or why it moved; ``along`` that it was
    not raised for its own sake. ``mends`` are the known vulnerabilities, by their ids,
    that ``after`` or ``tried`` ends. ``path`` is the module's new path where ``after``,
    or of one that stayed ``tried``, is a new major; else "".
    """

    module: str
    before: str
    after: str
    tried: str = ""
    days: int | None = None
    why: str = ""
    along: bool = False
    mends: tuple[str, ...] = ()
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyResult:
    """
    Which modules went up that the server does not dictate; ``builds`` counts all.

    ``go_line`` is that of go.mod before and after, None where it stayed. ``code`` are
    the Go files, relative to the module, whose imports follow new majors.
    """

    modules: tuple[RaisedModule, ...] = ()
    builds: int = 0
    go_line: tuple[str, str] | None = None
    code: tuple[str, ...] = ()

    @property
    def raised(self) -> tuple[RaisedModule, ...]:
        """Return those that moved."""
        return tuple(each for each in self.modules if each.before != each.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeResult:
    """
    What a run was besides: the move of a project from one Nakama to another.

    ``before`` is "" where nothing told it, ``aim`` is the release that was asked for;
    ``commit`` is on ``branch``, both "" where none was made, and ``is_new`` tells
    whether this run made it. ``steps`` are the releases tried, this one the last.
    ``port`` is there where code was ported (``--port``); its commit is ``commit`` then,
    upon that of the pins. ``dependencies`` is there where they were raised
    (``--dependencies``); the release stays then. ``together`` names the modules whose
    change is one, empty where a module moved alone. ``go_mod`` is that of the module,
    relative to the repository as ``moves`` are.
    """

    before: str
    after: str
    aim: str
    moves: tuple[MovedPlace, ...] = ()
    branch: str = ""
    commit: str = ""
    is_new: bool = False
    steps: tuple[StepResult, ...] = ()
    port: PortResult | None = None
    dependencies: DependencyResult | None = None
    together: tuple[str, ...] = ()
    go_mod: str = "go.mod"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """
    Everything a report needs.

    ``fits`` are libraries that had to move, because they did not do with the pinned
    versions, ``code`` is what did not compile in the end, and ``choices`` are what a
    user could do about a run that did not end clean.

    ``files`` are the project's files that were (or with ``applied`` false: would be)
    changed, ``created`` those of them that are new; ``plugins`` are the files that
    were built, all of one module; ``diff`` is a patch of them, vendor/ left out. They
    and the backup are relative to ``root``: the project's folder, or one around it
    where files beside the plugin's module changed. ``in_git`` tells whether they lie in
    a git repository.
    """

    run_id: str
    run_folder: str
    project: str
    ending: Ending | None
    error: str
    error_code: str
    exit_code: int
    server: ServerFacts | None
    builder: BuilderFacts | None
    plugins: tuple[str, ...] = ()
    pins: tuple[PinResult, ...] = ()
    fits: tuple[PinResult, ...] = ()
    code: tuple[CodeGroup, ...] = ()
    choices: tuple[str, ...] = ()
    side_effects: tuple[SideEffect, ...] = ()
    dropped_replaces: tuple[str, ...] = ()
    go_line: tuple[str, str] | None = None
    dropped_toolchain: str = ""
    rounds: tuple[RoundResult, ...] = ()
    classic: ClassicCost | None = None
    findings: tuple[Finding, ...] = ()
    modules_found: tuple[str, ...] = ()
    applied: bool = False
    root: str = ""
    in_git: bool = True
    files: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    diff: str = ""
    seconds: float = 0.0
    upgrade: UpgradeResult | None = None

    @property
    def builds(self) -> int:
        """Count the builds; round 0 judges a file that was given (``--so``)."""
        return sum(each.number > 0 for each in self.rounds)
