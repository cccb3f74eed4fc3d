"""A run from Config to exit code: the view, the run folder, the result, errors."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from autofix.cli.crash import as_internal_error
from autofix.config import Config
from autofix.durable import disk_errors, write_durably
from autofix.errors import AutofixError, InterruptedRunError
from autofix.logs import configure_logging
from autofix.report.base import Reporter
from autofix.report.events import EventReporter
from autofix.report.fanout import Fanout
from autofix.report.folder import FolderReporter
from autofix.report.json import result_json
from autofix.report.plain import PlainReporter
from autofix.report.terminal import Terminal, terminal
from autofix.report.text import Style, diff_text, result_text
from autofix.result import RunResult
from autofix.runfolder import state_home
from autofix.session import run_session


def execute(config: Config) -> int:
    """
    Run with a whole Config; progress to stderr, the result to stdout.

    Returns the exit code. An AutofixError comes out after a JSON result was written;
    any other exception becomes an InternalError that names the written report.
    """
    with FolderReporter() as keeper:
        try:
            with _view(config, keeper) as reporter:
                result = run_session(config, reporter)
        except Exception as error:
            failure = _as_autofix_error(error, keeper)
            if keeper.result is None:
                keeper.keep_result(_failed(failure, config, keeper))
            if config.output_format == "json" and keeper.result is not None:
                _publish(keeper.result, config)
            if failure is error:
                raise
            raise failure from error
    _publish(result, config)
    if keeper.failure is not None:
        typer.echo(f"autofix: {keeper.failure}", err=True)
    return result.exit_code


def _as_autofix_error(error: Exception, keeper: FolderReporter) -> AutofixError:
    if isinstance(error, AutofixError):
        return error
    return as_internal_error(error, keeper.folder or state_home(os.environ) / "crashes")


@contextmanager
def _view(config: Config, keeper: FolderReporter) -> Iterator[Reporter]:
    """Open the view that fits stderr; the run folder hears everything as well."""
    screen = terminal(sys.stderr, os.environ, color=config.color)
    level = logging.DEBUG if config.verbose else logging.WARNING
    if config.log_format == "json" and not config.quiet:
        level = min(level, logging.INFO)
    configure_logging(
        log_format=config.log_format,
        level=logging.ERROR if config.quiet else level,
        colors=screen.colors,
    )
    if config.quiet:
        yield keeper
    elif config.log_format == "json":
        log = EventReporter(sys.stderr, outputs=config.verbose)
        yield Fanout(log, keeper)
    elif screen.live:
        from autofix.report.console import ConsoleReporter

        with ConsoleReporter(sys.stderr, screen, verbose=config.verbose) as live:
            yield Fanout(live, keeper)
    else:
        with PlainReporter(
            sys.stderr, verbose=config.verbose, paint=screen.paint
        ) as plain:
            yield Fanout(plain, keeper)


def _publish(result: RunResult, config: Config) -> None:
    """Write the result to stdout, or to the file that was asked for."""
    screen = terminal(sys.stdout, os.environ, color=config.color)
    if config.output is None:
        typer.echo(
            _rendered(result, config, screen.width, colors=screen.colors), nl=False
        )
        return
    text = _rendered(result, config, screen.width, colors=False)
    with disk_errors(f"The result cannot be written to {config.output}"):
        write_durably(config.output, text.encode())


def _rendered(result: RunResult, config: Config, width: int, *, colors: bool) -> str:
    if config.output_format == "json":
        return result_json(result)
    paint = Terminal(live=False, colors=colors, width=width).paint
    style = Style(width=width, paint=paint)
    if config.diff:
        # Into a file or pipe the patch goes verbatim, so that it still applies.
        return diff_text(result.diff, style) if colors else result.diff
    return result_text(result, style)


def _failed(error: AutofixError, config: Config, keeper: FolderReporter) -> RunResult:
    """Return the result of a run that an error ended before it had one."""
    return RunResult(
        run_id="",
        run_folder=str(keeper.folder or ""),
        project=str(config.project.absolute()),
        ending=None,
        error=str(error),
        error_code=error.code,
        exit_code=error.exit_status
        if isinstance(error, InterruptedRunError)
        else error.exit_code,
        server=None,
        builder=None,
    )
