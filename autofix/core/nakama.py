"""
Nakama's log: one JSON object a line, in two formats, among lines of anybody else.

Texts and default keys are the same in all 56 tags of v3 (read in source, observed on
3.24.0, 3.26.0 and 3.40.0). ``--logger.format stackdriver`` renames the keys; up to
3.10 it kept ``msg``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from autofix.core.model import OutputLine

STARTUP_DONE = "Startup done"
FOUND_MODULES = "Found runtime modules"
NODE = "Node"

RUNTIMES = frozenset({"go", "lua", "javascript"})
"""Values of ``runtime`` on lines of a module's own logger; ``Node`` has ``go1.26.5``."""

_MARKS = (STARTUP_DONE, FOUND_MODULES, f'"{NODE}"')


class Level(StrEnum):
    """How bad a line is, whatever the format calls it."""

    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"
    FATAL = "fatal"


_LEVELS = {
    "debug": Level.DEBUG,
    "info": Level.INFO,
    "warn": Level.WARN,
    "warning": Level.WARN,
    "error": Level.ERROR,
    "dpanic": Level.FATAL,
    "panic": Level.FATAL,
    "fatal": Level.FATAL,
    "critical": Level.FATAL,
    "alert": Level.FATAL,
    "emergency": Level.FATAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """
    One line of Nakama's log.

    ``path`` and ``name`` are those of the runtime module it speaks of, ``fields`` all
    others; ``from_runtime`` is true for what a plugin, Lua or JavaScript module logged
    itself: such a line is never a failure to load, whatever its level.
    """

    level: Level
    message: str
    error: str = ""
    path: str = ""
    name: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    from_runtime: bool = False
    line: OutputLine


def record(line: OutputLine) -> LogRecord | None:
    """
    Return the record that ``line`` holds, or None if it is not one of Nakama's.

    Text before the object (a compose prefix, a time) is passed over; of a line that
    was cut, what can still be read is returned.
    """
    start = line.text.find('{"')
    if start < 0:
        return None
    text = line.text[start:]
    try:
        value, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        value = _remains(text)
    return _from_object(value, line) if isinstance(value, dict) else None


_DECODER = json.JSONDecoder()
_STRING_FIELD = re.compile(
    r'"(level|severity|msg|message|error|path|name|runtime)":"((?:[^"\\]|\\.)*+)'
)


def _remains(text: str) -> dict[str, Any] | None:
    """Read the string fields of an object whose end is missing."""
    found: dict[str, Any] = {}
    for match in _STRING_FIELD.finditer(text):
        key, raw = match.groups()
        try:
            found.setdefault(key, json.loads(f'"{raw}"'))
        except ValueError:
            found.setdefault(key, raw)
    return found or None


def _from_object(value: dict[str, Any], line: OutputLine) -> LogRecord | None:
    level = value.get("level", value.get("severity"))
    message = value.get("msg", value.get("message"))
    if not (isinstance(level, str) and isinstance(message, str)):
        return None
    if level.lower() not in _LEVELS:
        return None
    known = {"level", "severity", "msg", "message", "error", "path", "name"}
    return LogRecord(
        level=_LEVELS[level.lower()],
        message=message,
        error=_text(value.get("error")),
        path=_text(value.get("path")),
        name=_text(value.get("name")),
        fields={key: item for key, item in value.items() if key not in known},
        from_runtime=_text(value.get("runtime")) in RUNTIMES,
        line=line,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


@dataclass(slots=True)
class StartWatch:
    """
    Watch a server's start, line by line, for the few milestones that count.

    ``modules_found`` is None until the server listed them, ``node_go`` a bare Go
    version (``1.26.5``), ``server_version`` without the commit (``3.40.0``).
    """

    startup_done: bool = False
    modules_found: tuple[str, ...] | None = None
    node_go: str = ""
    server_version: str = ""

    def feed(self, line: OutputLine) -> None:
        """Take the next line of either stream."""
        if not any(mark in line.text for mark in _MARKS):
            return
        entry = record(line)
        if entry is None or entry.from_runtime:
            return
        match entry.message:
            case "Startup done":
                self.startup_done = True
            case "Found runtime modules":
                self.modules_found = _names(entry.fields.get("modules"))
            case "Node":
                self.node_go = _text(entry.fields.get("runtime")).removeprefix("go")
                version = _text(entry.fields.get("version"))
                self.server_version = version.partition("+")[0]

    def lists(self, plugin: str) -> bool:
        """Tell whether the server found the plugin of this file name, in any folder."""
        return any(
            PurePosixPath(module).name == PurePosixPath(plugin).name
            for module in self.modules_found or ()
        )

    def is_clean(self, plugin: str) -> bool:
        """Tell whether the start is done and the plugin is among the modules."""
        return self.startup_done and self.lists(plugin)


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(item for item in value if isinstance(item, str))
