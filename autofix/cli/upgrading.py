"""An upgrade from request to exit code: runs with a view, the result, the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import typer

from autofix.cli.execution import attempt, message_of, publish_results
from autofix.cli.output import publish, send
from autofix.config import Config
from autofix.notifying import Notifier
from autofix.project import Project, find_projects
from autofix.releases import release_table
from autofix.report.escape import escape
from autofix.report.upgrade_markdown import upgrade_markdown
from autofix.upgrading.journey import Request
from autofix.upgrading.raising import RaiseRequest
from autofix.upgrading.raisingeach import raised_each
from autofix.upgrading.upgrade import Outcome, upgraded

Worked = Callable[[Sequence[Project], Callable[[str], None]], Outcome]
"""Does the work on the modules of a project, saying each step."""


def execute_upgrade(request: Request, report: Path | None, output_format: str) -> int:
    """
    Run an upgrade; progress to stderr, the result to stdout and the body to a file.

    Returns the exit code, of several modules the highest. An AutofixError comes out
    after a result for machines and the report were written.
    """

    def worked(projects: Sequence[Project], note: Callable[[str], None]) -> Outcome:
        return upgraded(request, projects, release_table(), attempt, note)

    return _executed(request.config, worked, report, output_format)


def execute_raise(
    request: RaiseRequest, report: Path | None, output_format: str
) -> int:
    """Raise dependencies, told as an upgrade is; see ``execute_upgrade``."""

    def worked(projects: Sequence[Project], note: Callable[[str], None]) -> Outcome:
        return raised_each(request, projects, attempt, note)

    return _executed(request.config, worked, report, output_format)


def _executed(
    config: Config, work: Worked, report: Path | None, output_format: str
) -> int:
    notifier = Notifier.of(config.notify) if config.notify else None
    projects = find_projects(config.project, package=config.package or None)
    heard = not config.quiet and config.log_format != "json"

    def note(text: str) -> None:
        if heard:
            typer.echo(escape(text), err=True)

    outcome = work(projects, note)
    results = [each.result for each in outcome.attempts]
    send(notifier, message_of(results))
    body = upgrade_markdown(*results)
    if report is not None:
        publish(body, report, what="report")
    # As with runs, the errors of several modules are told in their results.
    last = outcome.attempts[-1]
    raises = last.error if len(results) == 1 or last.is_last else None
    error = outcome.error or raises
    told = error is None or (len(results) > 1 and outcome.error is None)
    if output_format == "markdown":
        publish(body, config.output)
    elif output_format == "json" or told:
        publish_results(results, replace(config, output_format=output_format))
    if error is not None:
        raise error
    return max(each.exit_code for each in results)
