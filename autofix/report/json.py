"""The result for machines: every field of RunResult, stable keys."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TypedDict

from autofix.result import SCHEMA_VERSION, RunResult

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class RunResults(TypedDict):
    """The runs of several modules; ``exit_code`` is the highest of theirs."""

    exit_code: int
    runs: list[RunResult]


def result_json(result: RunResult) -> str:
    """
    Return the result as indented JSON with a ``schema_version``.

    Keys are the fields' names and do not change within a schema version; text of
    programs is verbatim, JSON escapes what a terminal might obey.
    """
    return document(result)


def results_json(results: Sequence[RunResult]) -> str:
    """
    Return one result as ``result_json`` does, several as the list ``runs``.

    ``exit_code`` beside the list is the highest of theirs.
    """
    if len(results) == 1:
        return result_json(results[0])
    code = max(each.exit_code for each in results)
    return document(RunResults(exit_code=code, runs=list(results)))


def document(value: object) -> str:
    """Write a dataclass or mapping as a JSON document with a ``schema_version``."""
    body = bare(value)
    if not isinstance(body, dict):
        raise TypeError(f"{type(value).__name__} is not written as a JSON object")
    return json.dumps({"schema_version": SCHEMA_VERSION, **body}, indent=2) + "\n"


def bare(value: object) -> Json:
    """Turn a value into what ``json.dumps`` takes; TypeError for a foreign one."""
    if value is None or isinstance(value, bool | int | float | str | Enum):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Path):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: bare(getattr(value, field.name)) for field in fields}
    if isinstance(value, Mapping):
        return {str(key): bare(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [bare(item) for item in value]
    if isinstance(value, frozenset | set):
        return sorted((bare(item) for item in value), key=str)
    raise TypeError(f"{type(value).__name__} has no JSON form here")
