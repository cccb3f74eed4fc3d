"""
What each event's line holds: the contract of ``--log-format json``.

``level`` and ``time`` (ISO 8601, UTC) are added to each when it is written. Times are
seconds; ``round`` counts builds, 0 before the first.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from autofix.core.model import Diagnosis, EndKind, Stream
from autofix.core.state import Phase


class RunBegan(TypedDict):
    """A run began; the first line of its events."""

    event: Literal["run began"]
    schema_version: int
    project: str
    run_folder: str


class PhaseBegan(TypedDict):
    """An action is about to be performed."""

    event: Literal["phase began"]
    phase: Phase
    round: int
    action: str


class PhaseEnded(TypedDict):
    """
    An action was performed, and ``observation`` is what kind of thing was seen.

    ``size`` (bytes) and ``sha256`` are a built plugin's, ``modules`` those that a
    started server listed, ``exit`` and ``timed_out`` tell how a program ended.
    """

    event: Literal["phase ended"]
    phase: Phase
    round: int
    observation: str
    seconds: float
    size: NotRequired[int]
    sha256: NotRequired[str]
    modules: NotRequired[tuple[str, ...]]
    exit: NotRequired[int | None]
    timed_out: NotRequired[bool]


class Noticed(TypedDict):
    """Something worth saying was noticed; ``answer`` is what is done about it."""

    event: Literal["finding"]
    name: str
    text: str
    answer: str


class Diagnosed(TypedDict):
    """A failure was recognised."""

    event: Literal["failure diagnosed"]
    round: int
    diagnosis: Diagnosis


class Pinned(TypedDict):
    """A module stands at the server's version; ``before`` is null if it is new."""

    event: Literal["module pinned"]
    module: str
    before: str | None
    after: str
    package: str
    round: int


class Output(TypedDict):
    """A program wrote a line (``--verbose``)."""

    event: Literal["output"]
    phase: Phase
    stream: Stream
    text: str


class StepBegan(TypedDict):
    """A step inside a phase began (an image is pulled, a binary is read)."""

    event: Literal["step began"]
    text: str


class StillRunning(TypedDict):
    """
    Nothing else was said for a minute, and the run goes on.

    ``phase`` is null before the first; ``seconds`` is how long it lasts so far.
    """

    event: Literal["still running"]
    phase: Phase | None
    round: int
    seconds: float


class RunEnded(TypedDict):
    """The run ended; ``ending`` is null where an error ended it."""

    event: Literal["run ended"]
    ending: EndKind | None
    error: str | None
    exit_code: int
    pins: int
    rounds: int
    seconds: float


Event = (
    RunBegan
    | PhaseBegan
    | PhaseEnded
    | Noticed
    | Diagnosed
    | Pinned
    | Output
    | StepBegan
    | StillRunning
    | RunEnded
)
