"""What the commands that look things up write for machines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from autofix.core.model import Diagnosis
from autofix.core.releases import Fit, Release
from autofix.doctor import Check
from autofix.layers import Source


class DoctorResult(TypedDict):
    """What was looked at, in that order."""

    checks: list[Check]


class ReleaseList(TypedDict):
    """Nakama's releases, the oldest first, or the one asked for."""

    releases: tuple[Release, ...]


class FitList(TypedDict):
    """How a go.mod fits each release, the best first."""

    fits: tuple[Fit, ...]


class Explanation(TypedDict):
    """The failures that were recognised."""

    diagnoses: list[Diagnosis]


class KnownFailure(TypedDict):
    """A failure that autofix knows; ``seen`` tells whether and where it was observed."""

    name: str
    failure_class: str
    answer: str
    words: str
    remedy: str
    seen: str


class FailureList(TypedDict):
    """Every failure that autofix knows."""

    failures: list[KnownFailure]


class ConfiguredValue(TypedDict):
    """A setting's value and the layer it came from; ``where`` names it closer."""

    value: bool | int | float | str | None
    source: Source
    where: str


class ConfigResult(TypedDict):
    """Each setting by its key in autofix.toml, and the file that was read."""

    file: Path | None
    settings: Mapping[str, ConfiguredValue]
