"""
The values that every room shares.

Versions are Go's own strings with their ``v`` (``v1.36.11``); Go releases are bare
(``1.26.5``); times are seconds. Collections are tuples, frozensets or mappings that
nobody writes to after construction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleVersion:
    """A module path at one version, as ``path@version`` in Go's own notation."""

    path: str
    version: str

    def __str__(self) -> str:
        return f"{self.path}@{self.version}" if self.version else self.path


class FailureClass(StrEnum):
    """What kind of failure it is; the first three are the Nakama documentation's."""

    PLATFORM = "platform"
    GO_RUNTIME = "go-runtime"
    GO_DEPENDENCY = "go-dependency"
    PLUGIN_FILE = "plugin-file"
    PLUGIN_ENTRY = "plugin-entry"
    PLUGIN_INIT = "plugin-init"
    SYSTEM_LIBRARY = "system-library"
    RUNTIME_MODULES = "runtime-modules"
    DATABASE = "database"
    SERVER_SETUP = "server-setup"
    GO_DIRECTIVE = "go-directive"
    GO_SUM = "go-sum"
    VENDORING = "vendoring"
    MODULE_FETCH = "module-fetch"
    BUILD_SETUP = "build-setup"
    COMPILE = "compile"
    RESOURCES = "resources"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """What autofix does about a diagnosis."""

    PIN = "pin"
    """Pin the module of the named package to the server's version."""
    REBUILD = "rebuild"
    """Build in the builder that matches the server (Go, platform, flags)."""
    SYNC = "sync"
    """Let the go command complete go.mod and go.sum without raising anything."""
    VENDOR = "vendor"
    """Bring vendor/ in step with go.mod."""
    GO_LINE = "go-line"
    """Lower the go directive to the builder's Go and drop the toolchain line."""
    FIT = "fit"
    """Choose another version of the library named: one that fits the server's."""
    STOP = "stop"
    """Nothing that autofix may change would help: explain."""


class Stream(StrEnum):
    """Which of a process's two output streams a line came from."""

    STDOUT = "stdout"
    STDERR = "stderr"


class EvidenceSource(StrEnum):
    """Which program wrote the evidence."""

    GO = "go"
    """A go command of a planning step (list, mod edit, mod graph, mod vendor)."""
    BUILD = "build"
    CHECK = "check"
    MIGRATE = "migrate"
    SERVER = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputLine:
    """One whole line without its newline; ``truncated`` if it was longer."""

    stream: Stream
    text: str
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    What a program said and how it ended, bounded in size.

    ``exit_code`` is None while it still ran or was stopped by autofix; ``omitted``
    counts the lines left out between the first and the last ones kept.
    """

    source: EvidenceSource
    lines: tuple[OutputLine, ...]
    exit_code: int | None
    timed_out: bool = False
    out_of_memory: bool = False
    omitted: int = 0
    seconds: float = 0.0


class TruthSource(StrEnum):
    """Where the server's module versions were read."""

    BINARY = "server binary"
    MODULES_TXT = "vendor/modules.txt"
    RELEASE_TABLE = "release table"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """
    What a server links, and how it was built.

    ``reference`` is the image or path it was read from, ``release`` Nakama's own
    version (``3.40.0``) or "" if unknown, ``packages`` maps each known package to
    its module path (empty where the source lists modules only), ``settings`` are
    the build settings of its build info (``-trimpath``, ``CGO_ENABLED`` ...).
    ``stand_in`` is true for the scenario kit's twin, which is not Nakama.
    """

    reference: str
    release: str
    go: str
    machine: str
    main_module: str
    modules: Mapping[str, str]
    source: TruthSource
    packages: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    stand_in: bool = False

    @property
    def label(self) -> str:
        """Name the server as a pin's comment does: ``nakama 3.40.0``."""
        return f"nakama {self.release or self.reference}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuilderFacts:
    """The image (or toolchain) that compiles the plugin and its exact Go."""

    reference: str
    go: str
    digest: str = ""


class ArtifactKind(StrEnum):
    """What a plugin file's first bytes say it is."""

    ELF = "ELF"
    MACH_O = "Mach-O"
    PE = "PE"
    ARCHIVE = "ar archive"
    TEXT = "text"
    EMPTY = "empty"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """
    A plugin file: its name in the server's module folder and what it is.

    ``machine`` is Go's name (``amd64``, ``arm64``, ``386`` ...) or "" when unknown;
    ``go`` and ``modules`` come from its build info and are empty without one
    (plugins of Go < 1.21 have none).
    """

    name: str
    size: int
    sha256: str
    kind: ArtifactKind
    machine: str = ""
    go: str = ""
    modules: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something noticed that is worth saying, with what autofix does about it."""

    name: str
    text: str
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """
    One failure, recognised.

    ``name`` is stable and public (``package-version-differs``), ``words`` tell a
    user what it means, ``remedy`` what autofix does or what the user can do,
    ``quoted`` is the program's own line, verbatim. ``facts`` hold what was read
    from it (``package``, ``module``, ``version``, ``go``, ``path``, ``library``,
    ``symbol``, ``file`` ...), only the keys that apply.
    """

    name: str
    failure_class: FailureClass
    answer: Answer
    words: str
    remedy: str
    quoted: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """
    A module that must be selected at the server's version, and who demanded it.

    ``quoted`` is the line that demanded it (the server's, or the go command's),
    ``package`` the package it named or "", ``round`` counts from 1. A ``fitted`` one is
    of a module that the server does not have, at a version that does with the server's.
    """

    module: str
    version: str
    package: str
    quoted: str
    round: int
    fitted: bool = False


class EndKind(StrEnum):
    """The typed ends of a run."""

    CLEAN = "clean"
    PLANNED = "planned"
    """Only a plan was asked for (``autofix check``), and it stands."""
    UNFIXABLE = "unfixable"
    UNSATISFIABLE = "unsatisfiable"
    NO_PROGRESS = "no-progress"
    ROUND_LIMIT = "round-limit"
    TIME_LIMIT = "time-limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ended and why; ``chain`` tells who needs what when unsatisfiable."""

    kind: EndKind
    words: str
    diagnosis: Diagnosis | None = None
    chain: tuple[str, ...] = ()
