"""autofix's own log lines: to stderr, as asked for, without anybody's secrets."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from autofix import logs
from autofix.logs import configure_logging, logger
from tests.contract import checked


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Leave logging as it is for a library."""
    yield
    logs._asked_for.clear()


def test_warnings_on_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    """A warning is one plain line on stderr; less than that is not shown."""
    configure_logging(log_format="console", level=logging.WARNING, colors=False)
    logger().info("not shown")
    logger().warning("not removed", name="x")
    shown = capsys.readouterr()

    assert "" == shown.out
    assert "[warning  ] not removed name=x\n" == shown.err


def test_lines_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """With --log-format json each line is an object with its bound context."""
    configure_logging(log_format="json", level=logging.INFO, colors=True)
    with structlog.contextvars.bound_contextvars(round=2):
        logger().info("call failed", attempt=1)
    event = checked(capsys.readouterr().err, "events")

    assert ("call failed", 1, 2) == (event["event"], event["attempt"], event["round"])
    assert "time" in event


def fail(token: str) -> None:
    """Fail with a secret in a local variable."""
    raise ValueError(len(token))


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_tracebacks_never_show_local_variables(
    capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    """A variable that holds a token must not end up in a log."""
    configure_logging(log_format=log_format, level=logging.INFO, colors=False)
    try:
        fail("hunter-2".upper())
    except ValueError:
        logger().exception("odd")
    shown = capsys.readouterr().err

    assert "ValueError" in shown
    assert "HUNTER-2" not in shown


def test_the_hosts_structlog_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """A program that uses structlog itself keeps its own configuration."""
    before = structlog.get_config()
    configure_logging(log_format="json", level=logging.INFO, colors=False)
    logger().info("not shown twice")

    assert before == structlog.get_config()
    assert 1 == len(capsys.readouterr().err.splitlines())
