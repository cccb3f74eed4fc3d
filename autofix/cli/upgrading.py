"""An upgrade from request to exit code: runs with a view, the result, the report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import typer

from autofix.cli.execution import attempt, message_of, publish_results
from autofix.cli.output import publish, send
from autofix.notifying import Notifier
from autofix.project import find_project
from autofix.releases import release_table
from autofix.report.escape import escape
from autofix.report.upgrade_markdown import upgrade_markdown
from autofix.upgrading.upgrade import Request, upgraded


def execute_upgrade(request: Request, report: Path | None, output_format: str) -> int:
    """
    Run an upgrade; progress to stderr, the result to stdout and the body to a file.

    Returns the exit code. An AutofixError comes out after a result for machines and
    the report were written.
    """
    config = request.config
    notifier = Notifier.of(config.notify) if config.notify else None
    project = find_project(config.project, package=config.package or None)
    heard = not config.quiet and config.log_format != "json"

    def note(text: str) -> None:
        if heard:
            typer.echo(escape(text), err=True)

    tried = upgraded(request, project, release_table(), attempt, note)
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
