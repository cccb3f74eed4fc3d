"""
Where a run can be: phases, the transition table, and what is remembered.

The table is the whole control flow; ``autofix.core.automaton`` says which event an
observation amounts to and which action a phase performs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from autofix.core.comments import Managed
from autofix.core.compile_errors import CompileError
from autofix.core.golines import GoLines
from autofix.core.gomod import GoMod, ModEdit, Replacement
from autofix.core.model import (
    Artifact,
    BuilderFacts,
    Diagnosis,
    Ending,
    Finding,
    ModuleVersion,
    Pin,
    ServerFacts,
)
from autofix.core.observations import Compared, Selected
from autofix.core.versionsearch import Search


class Phase(StrEnum):
    """Where a run is; each but ``diagnose`` and the last two performs an action."""

    PREPARE = "prepare"
    PIN = "pin"
    VENDOR = "vendor"
    FIT = "fit"
    """Look for a version of a library that does with the server's modules."""
    BUILD = "build"
    COMPARE = "compare"
    LOAD = "load"
    START = "start"
    SURVEY = "survey"
    SETTLE = "settle"
    DIAGNOSE = "diagnose"
    CLEAN = "clean"
    STOPPED = "stopped"


class Strategy(StrEnum):
    """How pins are found."""

    FIRST = "first"
    """Pin what the server names, one module a round: the classic loop."""
    ALL = "all"
    """Predict from what the plugin links, pin it all, build, and compare."""


class Goal(StrEnum):
    """How far a run goes."""

    START = "start"
    """Until the server has started with the plugin."""
    PLAN = "plan"
    """Until every pin stands: nothing is built and no server started."""


class Event(StrEnum):
    """What an observation amounts to, seen from the phase it was made in."""

    BEGAN = "began"
    READY = "ready"
    GIVEN = "given"
    """A plugin file already built is to be loaded first."""
    GO_LINE_HIGH = "go-line-high"
    PREDICTED = "predicted"
    """Modules the plugin will link differ from the server's."""
    NO_BUILDER = "no-builder"
    """No builder with the server's Go can be had."""
    DONE = "done"
    DIFFERS = "differs"
    """The plugin file links a module at another version than was foreseen."""
    FAILED = "failed"
    RUNG = "rung"
    """A pin does not stand yet, and the ladder has another rung."""
    STANDS = "stands"
    STANDS_VENDORED = "stands-vendored"
    PLANNED = "planned"
    """Nothing is left but to build, and no more than a plan was asked for."""
    UNCHANGED = "unchanged"
    """Every pin stands and nothing had to change: a build would be the same."""
    FORBIDDEN = "forbidden"
    PIN = "pin"
    ALIGN = "align"
    """One pin alone leads nowhere: all linked modules that the server has too."""
    SYNC = "sync"
    GO_LINE = "go-line"
    IN_VENDOR = "in-vendor"
    VENDOR = "vendor"
    UNSETTLED = "unsettled"
    """The server is content; go.mod may hold too much, or too little for later."""
    FIT = "fit"
    """A library that the server does not dictate does not do with its versions."""
    ASK = "ask"
    FITTED = "fitted"
    UNFIT = "unfit"
    """No version of the library can be taken."""
    STOP = "stop"
    REPEATED = "repeated"
    """This diagnosis was already made for this very go.mod."""
    OUT_OF_ROUNDS = "out-of-rounds"
    OUT_OF_TIME = "out-of-time"


ENDED = (Phase.SURVEY, Phase.SETTLE, Phase.CLEAN, Phase.STOPPED)
"""Phases in which the end is certain: no limit stops a run any more."""

TRANSITIONS: Mapping[tuple[Phase, Event], Phase] = {
    (Phase.PREPARE, Event.BEGAN): Phase.PREPARE,
    (Phase.PREPARE, Event.READY): Phase.BUILD,
    (Phase.PREPARE, Event.GIVEN): Phase.COMPARE,
    (Phase.PREPARE, Event.GO_LINE_HIGH): Phase.PIN,
    (Phase.PREPARE, Event.PREDICTED): Phase.PIN,
    (Phase.PREPARE, Event.SYNC): Phase.PIN,
    (Phase.PREPARE, Event.NO_BUILDER): Phase.STOPPED,
    (Phase.PREPARE, Event.FAILED): Phase.DIAGNOSE,
    (Phase.PIN, Event.RUNG): Phase.PIN,
    (Phase.PIN, Event.STANDS): Phase.BUILD,
    (Phase.PIN, Event.STANDS_VENDORED): Phase.VENDOR,
    (Phase.PIN, Event.ALIGN): Phase.PIN,
    (Phase.PIN, Event.UNCHANGED): Phase.STOPPED,
    (Phase.PIN, Event.FORBIDDEN): Phase.STOPPED,
    (Phase.PIN, Event.FAILED): Phase.DIAGNOSE,
    (Phase.FIT, Event.ASK): Phase.FIT,
    (Phase.FIT, Event.FITTED): Phase.PIN,
    (Phase.FIT, Event.UNFIT): Phase.STOPPED,
    (Phase.VENDOR, Event.DONE): Phase.BUILD,
    (Phase.VENDOR, Event.FAILED): Phase.DIAGNOSE,
    (Phase.BUILD, Event.DONE): Phase.COMPARE,
    (Phase.BUILD, Event.FAILED): Phase.DIAGNOSE,
    (Phase.COMPARE, Event.DONE): Phase.LOAD,
    (Phase.COMPARE, Event.DIFFERS): Phase.PIN,
    (Phase.LOAD, Event.DONE): Phase.START,
    (Phase.LOAD, Event.FAILED): Phase.DIAGNOSE,
    (Phase.START, Event.DONE): Phase.CLEAN,
    (Phase.START, Event.UNSETTLED): Phase.SURVEY,
    (Phase.SURVEY, Event.DONE): Phase.CLEAN,
    (Phase.SURVEY, Event.UNSETTLED): Phase.SETTLE,
    (Phase.SETTLE, Event.DONE): Phase.CLEAN,
    (Phase.SETTLE, Event.UNSETTLED): Phase.SETTLE,
    (Phase.SETTLE, Event.RUNG): Phase.SURVEY,
    (Phase.START, Event.FAILED): Phase.DIAGNOSE,
    (Phase.DIAGNOSE, Event.PIN): Phase.PIN,
    (Phase.DIAGNOSE, Event.ALIGN): Phase.PIN,
    (Phase.DIAGNOSE, Event.SYNC): Phase.PIN,
    (Phase.DIAGNOSE, Event.GO_LINE): Phase.PIN,
    (Phase.DIAGNOSE, Event.VENDOR): Phase.VENDOR,
    (Phase.DIAGNOSE, Event.IN_VENDOR): Phase.PIN,
    (Phase.DIAGNOSE, Event.FIT): Phase.FIT,
    (Phase.DIAGNOSE, Event.FITTED): Phase.PIN,
    (Phase.DIAGNOSE, Event.STOP): Phase.STOPPED,
    (Phase.DIAGNOSE, Event.REPEATED): Phase.STOPPED,
    **{
        (phase, limit): Phase.STOPPED
        for phase in Phase
        if phase not in ENDED
        for limit in (Event.OUT_OF_ROUNDS, Event.OUT_OF_TIME, Event.PLANNED)
    },
}
"""From a phase, by what was seen, to the next phase. There is no other control flow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a run goes: rounds are builds, ``max_seconds`` is wall time."""

    strategy: Strategy = Strategy.ALL
    goal: Goal = Goal.START
    max_rounds: int = 60
    max_seconds: float = 3600.0
    max_rungs: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRecord:
    """
    One build (round 0: a plugin file that was given) and its diagnosis.

    Times are seconds since the run began; ``built`` is 0 if the build failed,
    ``loaded`` if ``nakama check`` did not accept the plugin.
    """

    number: int
    began: float
    built: float = 0.0
    loaded: float = 0.0
    ended: float = 0.0
    compared: Compared | None = None
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """The searches for versions that a failure led to, and that failure."""

    diagnosis: Diagnosis
    searches: tuple[Search, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """
    Everything ``decide`` remembers; a new value after each observation.

    ``before`` maps each pinned module to what was selected when its pin was decided
    (a missing key: it was not in the build list). ``overridden`` maps a pinned module
    to the chains of requirements that were overridden for it. ``linked`` maps each
    module the plugin links to what is selected, as far as known. ``seen`` holds the
    fingerprint of go.mod and the identity of each diagnosis made for it. ``errors`` are
    those of the latest build if it did not compile, ``functions`` says what they lie
    in. ``fitting`` is the latest search for versions of libraries.
    """

    policy: Policy
    phase: Phase = Phase.PREPARE
    server: ServerFacts | None = None
    builder: BuilderFacts | None = None
    plugin: str = ""
    others: tuple[str, ...] = ()
    vendored: bool = False
    in_vendor: bool = False
    """A module exists only in vendor/, which is therefore edited itself."""
    testing_given: bool = False
    original: GoMod | None = None
    gomod: GoMod | None = None
    linked: Mapping[str, Selected] = field(default_factory=dict)
    marks: frozenset[Managed] = frozenset()
    """The lines of the original go.mod that carry autofix's comment."""
    settling: tuple[ModEdit, ...] = ()
    """Edits to be tried after the server was content, the first one under way."""
    held: frozenset[ModuleVersion] = frozenset()
    """Own excludes without which something moved although nothing asks for them."""
    surveyed: frozenset[ModuleVersion] = frozenset()
    """Those of ``held`` that were known at the latest survey."""
    artifact: Artifact | None = None
    pins: tuple[Pin, ...] = ()
    before: Mapping[str, Selected] = field(default_factory=dict)
    overridden: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    dropped: tuple[Replacement, ...] = ()
    beside: Mapping[str, GoLines] = field(default_factory=dict)
    """The go lines of other files that the go command reads, as they are now."""
    errors: tuple[CompileError, ...] = ()
    functions: Mapping[str, str] = field(default_factory=dict)
    fitting: Fitting | None = None
    marked: str = ""
    """The fingerprint of go.mod when the pin phase was entered."""
    must_change: bool = False
    """Whether the pin phase is pointless if go.mod stays as it is."""
    rungs: int = 0
    round: int = 0
    rounds: tuple[RoundRecord, ...] = ()
    findings: tuple[Finding, ...] = ()
    modules_found: tuple[str, ...] = ()
    seen: frozenset[tuple[str, str]] = frozenset()
    at: float = 0.0
    ending: Ending | None = None
