"""The contract with machines: published schemas, the types they come from, outputs."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypedDict

import pytest
from jsonschema import Draft202012Validator, ValidationError

from autofix.core.actions import Build
from autofix.core.model import Diagnosis, Ending, EndKind, Evidence, EvidenceSource
from autofix.core.observations import Failed, Loaded, Started
from autofix.core.state import Phase
from autofix.report.events import EventReporter, EventView
from autofix.report.json import bare, result_json, results_json
from autofix.report.published import NAMES, published
from autofix.report.schemas import DOCUMENTS, LINES, schema, text
from autofix.report.type_schema import TypeSchemas
from autofix.result import RunResult
from tests.contract import checked
from tests.report.test_views import tell
from tests.report.values import BROKEN, clean


@pytest.mark.parametrize("name", NAMES)
def test_the_published_schema_is_that_of_the_types(name: str) -> None:
    """A key that comes or goes changes its file: ``python -m autofix.report.schemas``."""
    assert json.loads(text(name)) == json.loads(published(name))


def test_every_document_is_published() -> None:
    """The list of names is of files; the types have the same, in the same order."""
    assert NAMES == (*DOCUMENTS, *LINES)


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid_and_versioned(name: str) -> None:
    """Each is a schema of draft 2020-12, and its id ends with the schema's version."""
    found = schema(name)
    Draft202012Validator.check_schema(found)

    assert f"urn:autofix:{name}:1" == found["$id"]


def stopped() -> RunResult:
    """Return the result of a run that ended without a clean start."""
    ending = Ending(kind=EndKind.UNFIXABLE, words="It panics.", diagnosis=BROKEN)
    return replace(clean(), ending=ending, exit_code=1)


def test_every_end_fits_the_schema() -> None:
    """A clean result, a stopped one, several at once, and one that an error ended."""
    lost = replace(stopped(), ending=None, error="x", server=None, builder=None)

    for result in (clean(), stopped(), lost):
        assert result.run_id == checked(result_json(result), "run")["run_id"]
    assert 2 == len(checked(results_json([clean(), stopped()]), "run")["runs"])


def test_a_later_version_may_add_a_key_but_take_none_away() -> None:
    """What a reader of version 1 relies on stays; what it does not know is no fault."""
    validator = Draft202012Validator(json.loads(published("run")))
    content = json.loads(result_json(clean()))

    validator.validate(content | {"new": 1})
    for key in ("schema_version", "exit_code", "pins"):
        with pytest.raises(ValidationError):
            validator.validate({k: v for k, v in content.items() if k != key})


def test_the_tests_notice_a_new_key() -> None:
    """A key that the published schema lacks fails the test that reads it, nested too."""
    content = json.loads(result_json(clean()))
    nested = json.loads(result_json(clean()))
    nested["pins"][0]["new"] = 1

    for changed in (content | {"new": 1}, nested):
        with pytest.raises(ValidationError):
            checked(json.dumps(changed), "run")


def heard_lines() -> list[str]:
    """Return the lines of a run with every event and every figure."""
    stream = io.StringIO()
    reporter = EventReporter(stream, outputs=True)
    tell(reporter)
    evidence = Evidence(source=EvidenceSource.SERVER, lines=(), exit_code=None)
    for seen in (
        Started(modules=("backend.so",), evidence=evidence),
        Loaded(evidence=evidence),
        Failed(evidence=evidence),
    ):
        reporter.phase_ended(phase=Phase.START, round_=2, observation=seen, seconds=0.5)
    with EventView(stream, silence=0.01) as view:
        view.phase_began(phase=Phase.BUILD, round_=1, action=Build())
        while "still running" not in stream.getvalue():
            time.sleep(0.01)
    return stream.getvalue().splitlines()


def test_every_event_fits_the_schema() -> None:
    """Each line fits, and every event that the schema knows was written."""
    events = {checked(line, "events")["event"] for line in heard_lines()}
    known = schema("events")["$defs"].values()
    named = {
        name
        for each in known
        for name in each.get("properties", {}).get("event", {}).get("enum", ())
    }

    assert named == events


def test_an_event_cannot_pass_as_a_log_line() -> None:
    """A line of autofix's own log fits too, but not under the name of an event."""
    line = {"event": "not removed", "level": "warning", "time": "2026-11-22T23:00:00Z"}
    checked(json.dumps(line | {"kind": "volume"}), "events")

    with pytest.raises(ValidationError):
        checked(json.dumps(line | {"event": "run ended"}), "events")


class Small(TypedDict):
    """A value with each kind of type."""

    pair: tuple[str, int]
    ends: frozenset[EndKind]
    table: Mapping[str, float | None]


def test_types_become_schemas() -> None:
    """What a type becomes is what ``bare`` makes of its values."""
    types = TypeSchemas()
    validator = Draft202012Validator(
        {**types.schema(Small), "$defs": types.definitions}
    )
    value = Small(pair=("a", 1), ends=frozenset({EndKind.CLEAN}), table={"x": None})

    validator.validate(bare(value))
    for wrong in ({"pair": ["a"]}, {"pair": ["a", 1, 2]}, {"ends": ["gone"]}):
        assert not validator.is_valid({**json.loads(json.dumps(bare(value))), **wrong})


@dataclass(frozen=True)
class Pin:
    """Another type of the same name as one of the core's."""

    pins: tuple[RunResult, ...]


def test_types_without_a_form_are_refused() -> None:
    """Two types of one name, or a foreign type, are a bug and no schema."""
    types = TypeSchemas()
    types.schema(RunResult)

    with pytest.raises(TypeError):
        types.schema(object)
    types.schema(Pin)
    with pytest.raises(TypeError):
        types.schema(type("Pin", (), {}))


def test_a_diagnosis_is_told_the_same_everywhere() -> None:
    """One definition of a type serves every document that has it."""
    definitions = [
        found["$defs"]["Diagnosis"]
        for found in map(schema, DOCUMENTS)
        if "Diagnosis" in found["$defs"]
    ]

    assert len(definitions) > 1
    assert all(each == definitions[0] for each in definitions)
    assert set(Diagnosis.__dataclass_fields__) == set(definitions[0]["properties"])
