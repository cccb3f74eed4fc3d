"""Values as TOML writes them; the standard library only reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_string(value: str) -> str:
    """Write a basic string, whose escapes are those of JSON."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_array(values: Iterable[str]) -> str:
    """Write an array of strings on one line."""
    return f"[{', '.join(map(toml_string, values))}]"


def toml_key(name: str) -> str:
    """Write a key, in quotes only where it needs them."""
    return name if _BARE.fullmatch(name) else toml_string(name)


def toml_value(value: object) -> str:
    """Write a text, a number, a switch or a list of texts; TypeError for the rest."""
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return toml_string(value)
        case tuple() | list():
            return toml_array(value)
        case _:
            raise TypeError(f"{type(value).__name__} is not written as TOML here")
