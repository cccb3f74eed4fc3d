"""Core values survive JSON."""

from __future__ import annotations

import json

import pytest

from autofix.core.codec import CodecError, decode, encode
from autofix.core.gomod import GoMod, ModEdit, Replacement, Requirement
from autofix.core.model import (
    Artifact,
    ArtifactKind,
    Ending,
    EndKind,
    ModuleVersion,
    ServerFacts,
    TruthSource,
)
from autofix.core.observations import Built, Observation, Prepared, Selected
from autofix.core.state import Policy

MODULE = ModuleVersion(path="example.com/m", version="v1.0.0")
VALUES = [
    Policy(max_rounds=3, max_seconds=1.5),
    ModEdit(requires=(MODULE,), excludes=(), go="1.21"),
    Ending(kind=EndKind.CLEAN, words="done", chain=("a", "b")),
    Selected(version="v1", replacement=None),
    GoMod(
        module="m",
        go="1.26.5",
        toolchain="",
        requires=(Requirement(module=MODULE, indirect=True),),
        replaces=(
            Replacement(old_path="a", old_version="", new_path="b", new_version="v2"),
        ),
    ),
    ServerFacts(
        reference="r",
        release="3.40.0",
        go="1.26.5",
        machine="amd64",
        main_module="n",
        modules={"a": "v1"},
        source=TruthSource.BINARY,
    ),
    Built(
        artifact=Artifact(
            name="b.so", size=1, sha256="0", kind=ArtifactKind.ELF, settings={"a": "b"}
        ),
        at=2.0,
    ),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_survives_json(value: object) -> None:
    """What was written is read again, equal and of the same type."""
    again = decode(json.loads(json.dumps(encode(value))), type(value))

    assert value == again


def test_a_union_is_read_by_its_kind() -> None:
    """The class name decides, not the first class whose fields happen to fit."""
    value = VALUES[-1]

    assert value == decode(encode(value), Observation)


def test_an_unknown_key_is_ignored_and_a_missing_one_defaults() -> None:
    """A journal of another version stays readable."""
    data = {"is": "Policy", "max_rounds": 7, "of_tomorrow": True}

    assert Policy(max_rounds=7) == decode(data, Policy)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"is": "Nonsense"}, Observation),
        ({"is": "Policy"}, ModEdit),
        ({"is": "Prepared"}, Prepared),
        ({"is": "Policy", "max_rounds": "many"}, Policy),
        ({"is": "Policy", "max_rounds": True}, Policy),
        ([], Policy),
        ({"is": "Ending", "kind": "happy", "words": ""}, Ending),
        ({"is": "ModEdit", "requires": {}}, ModEdit),
        (3, str),
    ],
    ids=repr,
)
def test_json_that_does_not_fit_is_a_codec_error(
    data: object, expected: object
) -> None:
    """Nothing but CodecError comes out of bad JSON."""
    with pytest.raises(CodecError):
        decode(data, expected)


def test_a_value_that_is_none_of_the_cores_is_refused() -> None:
    """A path or a datetime has no place in a journal."""
    with pytest.raises(TypeError):
        encode(object())
