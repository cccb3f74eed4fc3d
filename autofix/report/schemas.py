"""
The contract with machines: a JSON schema of everything that autofix writes for them.

Each is made from the types that the output is written by. ``autofix/data/schemas/``
holds them as they are published, and a test keeps the two equal, so that no key comes
or goes unnoticed; ``python -m autofix.report.schemas`` writes the files anew. A schema
forbids no key: one may be added without raising ``schema_version``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from autofix.cleaning import Cleaned
from autofix.report.bisect_json import BisectResult
from autofix.report.bundle import BundleResult
from autofix.report.check_json import CheckResult, CheckResults
from autofix.report.comparison_json import ComparisonResult
from autofix.report.event_lines import Event
from autofix.report.fleet_events import FleetEvent
from autofix.report.fleet_json import FleetResult
from autofix.report.json import RunResults
from autofix.report.listings import (
    ConfigResult,
    DoctorResult,
    Explanation,
    FailureList,
    FitList,
    ReleaseList,
)
from autofix.report.published import EVENTS, FLEET_EVENTS, NAMES, folder
from autofix.report.reduction import ReductionResult
from autofix.report.replay import ReplayResult
from autofix.report.reproduction import ReproductionResult
from autofix.report.scenario_json import ScenarioList, ScenarioOutcomes
from autofix.report.story_json import RunList, RunStory
from autofix.report.type_schema import Schema, TypeSchemas
from autofix.result import SCHEMA_VERSION, RunResult

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a command writes as JSON: one of some types, with a ``schema_version``."""

    command: str
    forms: tuple[Any, ...]


DOCUMENTS: Mapping[str, Document] = MappingProxyType(
    {
        "run": Document(
            command="autofix run --output-format json", forms=(RunResult, RunResults)
        ),
        "check": Document(
            command="autofix check --output-format json",
            forms=(CheckResult, CheckResults),
        ),
        "bisect": Document(
            command="autofix bisect --output-format json", forms=(BisectResult,)
        ),
        "compare": Document(
            command="autofix compare --output-format json", forms=(ComparisonResult,)
        ),
        "runs": Document(command="autofix runs --output-format json", forms=(RunList,)),
        "story": Document(
            command="autofix runs show --output-format json", forms=(RunStory,)
        ),
        "reproduction": Document(
            command="autofix reproduce --output-format json",
            forms=(ReproductionResult,),
        ),
        "reduction": Document(
            command="autofix reproduce --reduce --output-format json",
            forms=(ReductionResult,),
        ),
        "replay": Document(
            command="autofix reproduce --replay --output-format json",
            forms=(ReplayResult,),
        ),
        "bundle": Document(
            command="autofix reproduce --bundle --output-format json",
            forms=(BundleResult,),
        ),
        "explain": Document(
            command="autofix explain --output-format json",
            forms=(Explanation, FailureList),
        ),
        "doctor": Document(
            command="autofix doctor --output-format json", forms=(DoctorResult,)
        ),
        "versions": Document(
            command="autofix versions --output-format json",
            forms=(ReleaseList, FitList),
        ),
        "config": Document(
            command="autofix config --output-format json", forms=(ConfigResult,)
        ),
        "clean": Document(
            command="autofix clean --output-format json", forms=(Cleaned,)
        ),
        "fleet": Document(
            command="autofix fleet --output-format json", forms=(FleetResult,)
        ),
        "scenarios": Document(
            command="autofix scenario list --output-format json", forms=(ScenarioList,)
        ),
        "scenario-run": Document(
            command="autofix scenario run --output-format json",
            forms=(ScenarioOutcomes,),
        ),
    }
)

LINES: Mapping[str, tuple[Any, str]] = MappingProxyType(
    {
        EVENTS: (
            Event,
            (
                "A line that --log-format json writes to stderr, and a line of a run "
                "folder's events.jsonl."
            ),
        ),
        FLEET_EVENTS: (
            FleetEvent,
            "A line that 'autofix fleet --log-format json' writes to stderr.",
        ),
    }
)
"""Events by the name of their schema: a union of types, and where they are written."""


def schema(name: str) -> Schema:
    """Make a schema from its types."""
    return _of_events(name) if name in LINES else _of_document(name, DOCUMENTS[name])


def text(name: str) -> str:
    """Return a schema made from its types as its file has it."""
    return json.dumps(schema(name), indent=2) + "\n"


def _of_document(name: str, document: Document) -> Schema:
    types = TypeSchemas()
    forms = [types.schema(each) for each in document.forms]
    return {
        **_head(name, f"What '{document.command}' writes."),
        "type": "object",
        "properties": {"schema_version": {"const": SCHEMA_VERSION}},
        "required": ["schema_version"],
        **(forms[0] if len(forms) == 1 else {"anyOf": forms}),
        "$defs": types.definitions,
    }


def _of_events(name: str) -> Schema:
    types = TypeSchemas()
    events, description = LINES[name]
    forms = [types.schema(each) for each in get_args(events)]
    return {
        **_head(name, description),
        "type": "object",
        "properties": {
            "level": {"enum": ["debug", "info", "warning", "error", "critical"]},
            "time": {"type": "string", "format": "date-time"},
        },
        "required": ["event", "level", "time"],
        "anyOf": [*forms, {"$ref": "#/$defs/LogLine"}],
        "$defs": {**types.definitions, "LogLine": _log_line(types.definitions)},
    }


def _log_line(definitions: Mapping[str, Schema]) -> Schema:
    """Describe what is no event of a run: a call was retried, something was kept."""
    names = [
        name
        for each in definitions.values()
        for name in each.get("properties", {}).get("event", {}).get("enum", ())
    ]
    return {
        "description": "A line of autofix's own log (a retry, a removal that failed); "
        "its other keys belong to its text.",
        "type": "object",
        "properties": {"event": {"type": "string", "not": {"enum": names}}},
        "additionalProperties": True,
    }


def _head(name: str, description: str) -> Schema:
    return {
        "$schema": DIALECT,
        "$id": f"urn:autofix:{name}:{SCHEMA_VERSION}",
        "description": description,
    }


def _write() -> Iterator[Path]:
    for name in NAMES:
        path = Path(str(folder()), f"{name}.json")
        path.write_text(text(name), encoding="utf-8")
        yield path


if __name__ == "__main__":
    for _written in _write():
        print(_written)  # noqa: T201
