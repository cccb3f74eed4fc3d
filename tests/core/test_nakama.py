from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autofix.core.model import OutputLine, Stream
from autofix.core.nakama import Level, LogRecord, StartWatch, record


def line_of(text: str) -> OutputLine:
    """Return a line of stdout."""
    return OutputLine(stream=Stream.STDOUT, text=text)


def record_of(**fields: Any) -> LogRecord:
    """Return the record of a JSON line with these fields."""
    found = record(line_of(json.dumps(fields, separators=(",", ":"))))
    assert found is not None
    return found


def test_default_format() -> None:
    """Level, message, error, path and the other fields are told apart."""
    found = record_of(
        level="error",
        ts="2026-11-22T14:17:29.004Z",
        caller="server/runtime_go.go:3861",
        msg="Could not open Go module",
        path="/nakama/data/modules/backend.so",
        error="realpath failed",
    )

    assert (Level.ERROR, "Could not open Go module", "realpath failed") == (
        found.level,
        found.message,
        found.error,
    )
    assert "/nakama/data/modules/backend.so" == found.path
    assert {"ts", "caller"} == set(found.fields)


def test_stackdriver_format() -> None:
    """``severity`` and ``message`` mean the same; CRITICAL is fatal."""
    found = record_of(severity="CRITICAL", time="x", message="Failed")

    assert (Level.FATAL, "Failed") == (found.level, found.message)


def test_stackdriver_format_of_old_releases() -> None:
    """Up to 3.10 the stackdriver format kept ``msg``."""
    found = record_of(severity="WARNING", time="2021-08-10T14:11:05Z", msg="old")

    assert (Level.WARN, "old") == (found.level, found.message)


def test_own_lines_of_runtime_modules() -> None:
    """A module's own logger is told by ``runtime``; the Node line is not one."""
    assert record_of(level="error", msg="x", runtime="go").from_runtime
    assert record_of(level="error", msg="x", runtime="lua").from_runtime
    assert not record_of(level="info", msg="Node", runtime="go1.26.5").from_runtime


def test_lines_of_others_are_no_records() -> None:
    """Shell traces, prints and foreign JSON are passed over."""
    others = [
        "+ /nakama/nakama migrate up --database.address postgres:localdb@db:5432/n",
        "[WARN  tini (7)] Tini is not running as PID 1",
        "Usage of check:",
        '{"a":1}',
        '{"level":5,"msg":"x"}',
        '{"level":"loud","msg":"x"}',
        "{",
        "",
        '["level"]',
    ]

    assert [None] * len(others) == [record(line_of(text)) for text in others]


def test_prefix_of_compose_is_passed_over() -> None:
    """The object may stand behind a service's name or a time."""
    found = record(line_of('nakama-1  | {"level":"info","msg":"Startup done"}'))

    assert found is not None
    assert "Startup done" == found.message


def test_cut_line_keeps_what_was_read() -> None:
    """A record without its end still tells its message and the start of its error."""
    found = record(line_of('{"level":"fatal","msg":"Failed","error":"a \\"b\\" c'))

    assert found is not None
    assert ("Failed", 'a "b" c') == (found.message, found.error)


@given(st.text())
def test_any_line_is_taken(text: str) -> None:
    """No line raises."""
    found = record(line_of('{"' + text))

    assert found is None or isinstance(found.level, Level)


def test_deep_nesting_is_no_crash() -> None:
    """An object nested without end is not a record, and no exception either."""
    assert record(line_of('{"a":' * 50_000)) is None


def watch_of(*objects: dict[str, Any]) -> StartWatch:
    """Feed these records to a watch."""
    watch = StartWatch()
    for item in objects:
        watch.feed(line_of(json.dumps(item, separators=(",", ":"))))
    return watch


FOUND = {
    "level": "info",
    "msg": "Found runtime modules",
    "count": 2,
    "modules": ["index.js", "sub/backend.so"],
}
DONE = {"level": "info", "msg": "Startup done"}


def test_clean_start() -> None:
    """A start is clean once it is done and lists the plugin."""
    watch = watch_of(FOUND, DONE)

    assert ("index.js", "sub/backend.so") == watch.modules_found
    assert watch.is_clean("backend.so")
    assert not watch.is_clean("other.so")


def test_done_alone_is_not_clean() -> None:
    """Without the list nothing says that the plugin was loaded."""
    assert not watch_of(DONE).is_clean("backend.so")
    assert not watch_of(FOUND).is_clean("backend.so")


def test_node_tells_versions() -> None:
    """The Node line gives the server's Go and its version without the commit."""
    watch = watch_of(
        {"level": "info", "msg": "Node", "version": "3.40.0+abc", "runtime": "go1.26.5"}
    )

    assert ("1.26.5", "3.40.0") == (watch.node_go, watch.server_version)


def test_plugin_cannot_announce_the_start() -> None:
    """The plugin's own logger saying ``Startup done`` is not the server saying it."""
    assert not watch_of(DONE | {"runtime": "go"}).startup_done


def test_malformed_module_list() -> None:
    """A list that is no list, or has no names, finds nothing."""
    assert () == watch_of(FOUND | {"modules": "x"}).modules_found
    assert ("a",) == watch_of(FOUND | {"modules": ["a", 1, None]}).modules_found
