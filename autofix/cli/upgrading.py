"""An upgrade from request to exit code: runs with a view, the result, the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import typer

from autofix.attempting import Attempt
from autofix.cli.execution import attempt, message_of, publish_results
from autofix.cli.output import publish, send
from autofix.config import Config
from autofix.notifying import Notifier
from autofix.project import Project, find_project
from autofix.releases import release_table
from autofix.report.escape import escape
from autofix.report.upgrade_markdown import upgrade_markdown
from autofix.upgrading.raising import RaiseRequest, raised
from autofix.upgrading.upgrade import Request, upgraded

Tried = Callable[[Project, Callable[[str], None]], Attempt]
"""Does the work on a project, saying each step; returns the last run."""


def execute_upgrade(request: Request, report: Path | None, output_format: str) -> int:
    """
    Run an upgrade; progress to stderr, the result to stdout and the body to a file.

    Returns the exit code. An AutofixError comes out after a result for machines and
    the report were written.
    """

    def tried(project: Project, note: Callable[[str], None]) -> Attempt:
        return upgraded(request, project, release_table(), attempt, note)

    return _executed(request.config, tried, report, output_format)


def execute_raise(
    request: RaiseRequest, report: Path | None, output_format: str
) -> int:
    """Raise dependencies, told as an upgrade is; see ``execute_upgrade``."""

    def tried(project: Project, note: Callable[[str], None]) -> Attempt:
        return raised(request, project, attempt, note)

    return _executed(request.config, tried, report, output_format)


def _executed(
    config: Config, work: Tried, report: Path | None, output_format: str
) -> int:
    notifier = Notifier.of(config.notify) if config.notify else None
    project = find_project(config.project, package=config.package or None)
    heard = not config.quiet and config.log_format != "json"

    def note(text: str) -> None:
        if heard:
            typer.echo(escape(text), err=True)

    tried = work(project, note)
    send(notifier, message_of([tried.result]))
    body = upgrade_markdown(tried.result)
    if report is not None:
        publish(body, report, what="report")
    if output_format == "markdown":
        publish(body, config.output)
    elif output_format == "json" or tried.error is None:
        as_asked = replace(config, output_format=output_format)
        publish_results([tried.result], as_asked)
    if tried.error is not None:
        raise tried.error
    return tried.result.exit_code
