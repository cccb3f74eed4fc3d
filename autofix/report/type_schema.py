"""
A type as the JSON schema (draft 2020-12) of what ``report.json.bare`` makes of it.

Dataclasses, TypedDicts and enums become definitions under their names, with their
docstrings; no key is forbidden, so that one can be added.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import (
    Any,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

Schema = dict[str, Any]

_PLAIN = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    Path: "string",
    types.NoneType: "null",
}


class TypeSchemas:
    """Turn types into schemas that share their ``definitions``."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}
        self._named: dict[str, object] = {}

    def schema(self, annotation: Any) -> Schema:
        """Return the schema of a type; TypeError for one that has none here."""
        origin, arguments = get_origin(annotation), get_args(annotation)
        if annotation in _PLAIN:
            return {"type": _PLAIN[annotation]}
        if origin in (types.UnionType, Union):
            return self._any_of(arguments)
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin is tuple and Ellipsis not in arguments:
            return {
                "type": "array",
                "prefixItems": [self.schema(each) for each in arguments],
                "minItems": len(arguments),
                "items": False,
            }
        if origin in (tuple, list, frozenset):
            return {"type": "array", "items": self.schema(arguments[0])}
        if origin in (Mapping, dict):
            values = self.schema(arguments[1])
            return {"type": "object", "additionalProperties": values}
        return self._reference(annotation)

    def _any_of(self, members: tuple[Any, ...]) -> Schema:
        found = [self.schema(each) for each in members]
        if all(each.keys() == {"type"} for each in found):
            return {"type": [each["type"] for each in found]}
        return {"anyOf": found}

    def _reference(self, named: Any) -> Schema:
        name = getattr(named, "__name__", "")
        if self._named.setdefault(name, named) is not named:
            raise TypeError(f"two types are called {name}")
        if name not in self.definitions:
            self.definitions[name] = {}  # a type may hold itself
            self.definitions[name] = self._definition(named)
        return {"$ref": f"#/$defs/{name}"}

    def _definition(self, named: Any) -> Schema:
        if is_typeddict(named) or dataclasses.is_dataclass(named):
            return self._object(named)
        if isinstance(named, type) and issubclass(named, Enum):
            values = [each.value for each in named]
            return {"description": inspect.getdoc(named), "enum": values}
        raise TypeError(f"{named!r} has no JSON form here")

    def _object(self, named: Any) -> Schema:
        hints = get_type_hints(named, include_extras=True)
        if dataclasses.is_dataclass(named):
            hints = {
                field.name: hints[field.name] for field in dataclasses.fields(named)
            }
        optional = {
            key for key, hint in hints.items() if get_origin(hint) is NotRequired
        }
        return {
            "description": inspect.getdoc(named),
            "type": "object",
            "properties": {
                key: self.schema(get_args(hint)[0] if key in optional else hint)
                for key, hint in hints.items()
            },
            "required": [key for key in hints if key not in optional],
        }
