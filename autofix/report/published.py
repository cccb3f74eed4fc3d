"""The JSON schemas as they are published: read from their files, made of no type."""

from __future__ import annotations

import json
from importlib.resources import files
from importlib.resources.abc import Traversable

EVENTS = "events"
FLEET_EVENTS = "fleet-events"
NAMES = (
    *("run", "check", "bisect", "compare", "runs", "story", "reproduction"),
    *("reduction", "replay", "bundle", "explain", "doctor", "versions", "config"),
    *("clean", "fleet", "scenarios", "scenario-run", EVENTS, FLEET_EVENTS),
)
"""In the order in which they are listed; ``schemas`` makes one of each."""


def published(name: str) -> str:
    """Return the text of a schema as it is published; ``name`` is one of NAMES."""
    return folder().joinpath(f"{name}.json").read_text("utf-8")


def described(name: str) -> str:
    """Say in words what a schema is of."""
    return str(json.loads(published(name))["description"])


def folder() -> Traversable:
    """Return where the files are."""
    return files("autofix").joinpath("data", "schemas")
