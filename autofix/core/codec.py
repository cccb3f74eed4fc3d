"""
The core's values as JSON and back, driven by their type annotations.

Every dataclass becomes an object with its class name under ``is``; unknown keys
are ignored and missing ones take the field's default, so that a journal written by
another version can still be read as long as nothing it needs is gone.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from enum import Enum

KIND = "is"

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class CodecError(ValueError):
    """The JSON does not describe the value that was expected."""


def encode(value: object) -> Json:
    """Turn a core value into what ``json.dumps`` takes; TypeError for other values."""
    if isinstance(value, Enum):
        return encode(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            field.name: encode(getattr(value, field.name))
            for field in dataclasses.fields(value)
        }
        return {KIND: type(value).__name__, **fields}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted((encode(item) for item in value), key=repr)
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    raise TypeError(f"{type(value).__name__} is not a value of the core")


def decode(data: object, expected: object) -> typing.Any:
    """
    Build the value of type ``expected`` (a class, union or generic) from JSON.

    CodecError if the JSON does not fit.
    """
    origin = typing.get_origin(expected)
    if origin in (types.UnionType, typing.Union):
        return _decode_union(data, typing.get_args(expected))
    if origin in (tuple, frozenset):
        return _decode_items(data, origin, typing.get_args(expected))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(data, dict):
            raise CodecError(f"an object was expected, not {data!r:.80}")
        item_type = typing.get_args(expected)[1]
        return {key: decode(item, item_type) for key, item in data.items()}
    if expected is None or expected is type(None):
        return _exactly(data, type(None))
    if not isinstance(expected, type):
        raise CodecError(f"{expected!r} cannot be read from JSON")
    if dataclasses.is_dataclass(expected):
        return _decode_dataclass(data, expected)
    if issubclass(expected, Enum):
        try:
            return expected(data)
        except ValueError as error:
            raise CodecError(str(error)) from None
    if expected is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    return _exactly(data, expected)


def _exactly(data: object, expected: type) -> object:
    if type(data) is not expected:
        raise CodecError(f"{expected.__name__} was expected, not {data!r:.80}")
    return data


def _decode_union(data: object, members: tuple[object, ...]) -> object:
    if isinstance(data, dict) and KIND in data:
        for member in members:
            if isinstance(member, type) and member.__name__ == data[KIND]:
                return decode(data, member)
        raise CodecError(f"unknown kind {data[KIND]!r:.80}")
    for member in members:
        try:
            return decode(data, member)
        except CodecError:
            continue
    raise CodecError(f"nothing fits {data!r:.80}")


def _decode_items(
    data: object, container: type, arguments: tuple[object, ...]
) -> object:
    if not isinstance(data, list):
        raise CodecError(f"a list was expected, not {data!r:.80}")
    if container is tuple and Ellipsis not in arguments:
        if len(data) != len(arguments):
            raise CodecError(f"{len(arguments)} items were expected, not {len(data)}")
        pairs = zip(data, arguments, strict=True)
        return tuple(decode(item, argument) for item, argument in pairs)
    return container(decode(item, arguments[0]) for item in data)


def _decode_dataclass(data: object, expected: type) -> object:
    if not isinstance(data, dict):
        raise CodecError(f"{expected.__name__} was expected, not {data!r:.80}")
    if data.get(KIND, expected.__name__) != expected.__name__:
        raise CodecError(f"{expected.__name__} was expected, not {data[KIND]!r:.80}")
    hints = _hints(expected)
    values = {
        name: decode(data[name], hint) for name, hint in hints.items() if name in data
    }
    try:
        return expected(**values)
    except TypeError as error:
        raise CodecError(str(error)) from None


@functools.cache
def _hints(dataclass: type) -> Mapping[str, object]:
    return typing.get_type_hints(dataclass)
