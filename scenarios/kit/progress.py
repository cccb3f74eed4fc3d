"""Progress as values: what the kit tells whoever waits for its images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A step has begun; ``step`` is its name, an image reference for most."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepNoted:
    """A line of output from a step that is under way."""

    step: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEnded:
    """A step has ended well after ``seconds``."""

    step: str
    seconds: float


Progress = Callable[[StepStarted | StepNoted | StepEnded], None]
"""Called from several threads; must not block for long."""
