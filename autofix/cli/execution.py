"""A run from Config to exit code: the view, the run folder, the result, errors."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from autofix.attempting import Attempt, as_autofix_error, attempted, failed
from autofix.cli.output import publish, send
from autofix.config import Config
from autofix.delivery import Delivery
from autofix.logs import configure_logging
from autofix.notifying import Message, Notifier
from autofix.project import Project, find_projects
from autofix.report.base import Reporter
from autofix.report.escape import escape
from autofix.report.events import EventView
from autofix.report.json import results_json
from autofix.report.plain import PlainReporter
from autofix.report.terminal import Terminal, Tone, terminal
from autofix.report.text import Style, diff_text, result_text, summary_text
from autofix.report.upgrade_text import together_text
from autofix.result import RunResult

if TYPE_CHECKING:
    from autofix.halting import Halt


def execute(config: Config) -> int:
    """
    Run with a whole Config; progress to stderr, the result to stdout.

    Each module with plugins is a run of its own, and changes only at its own clean
    end. Returns the exit code, of several the highest. An AutofixError comes out
    after a JSON result was written, with several modules only one that ends them all;
    any other exception becomes an InternalError that names the written report.
    """
    notifier = Notifier.of(config.notify) if config.notify else None
    attempts = _attempts(config)
    send(notifier, message_of([each.result for each in attempts]))
    if len(attempts) > 1:
        return _conclude(attempts, config)
    (only,) = attempts
    if only.error is None or config.output_format == "json":
        publish_results([only.result], config)
    if only.error is not None:
        raise only.error
    return only.result.exit_code


def message_of(results: Sequence[RunResult]) -> Message:
    """Say of each module how it ended; the title says whether one ended badly."""
    bad = [each for each in results if each.exit_code]
    names = ", ".join(escape(Path(each.project).name) for each in bad or results)
    return Message(
        title=f"autofix: {names} {'needs a look' if bad else 'starts'}",
        body="\n".join(
            f"{escape(each.project)}\n{summary_text(each)}" for each in results
        ),
        good=not bad,
    )


def _attempts(config: Config) -> list[Attempt]:
    """Run each module one after another; one that fails does not stop the others."""
    try:
        projects = find_projects(config.project, package=config.package or None)
    except Exception as error:
        failure = as_autofix_error(error, None)
        return [Attempt(result=failed(failure, config, None), error=failure)]
    made: list[Attempt] = []
    for number, project in enumerate(projects, start=1):
        if len(projects) > 1:
            config = replace(config, project=project.module_folder)
            where = f"module {number} of {len(projects)}: {project.module_folder}"
            if not config.quiet and config.log_format != "json":
                typer.echo(escape(where), err=True)
        made.append(attempt(config, project))
        if made[-1].is_last:
            break
    return made


def attempt(
    config: Config,
    project: Project,
    delivery: Delivery | None = None,
    *,
    halt: Halt | None = None,
) -> Attempt:
    """
    Run one module, with the view that fits stderr.

    ``halt`` stops it after a round, before which no live view must be on the screen.
    """
    view = _view(config, may_be_live=halt is None)
    made = attempted(config, project, view, delivery, halt)
    if made.unkept is not None:
        typer.echo(f"autofix: {made.unkept}", err=True)
    return made


def _conclude(attempts: Sequence[Attempt], config: Config) -> int:
    """Publish the results of several modules together."""
    publish_results([each.result for each in attempts], config)
    if attempts[-1].is_last and attempts[-1].error is not None:
        raise attempts[-1].error
    return max(each.result.exit_code for each in attempts)


@contextmanager
def _view(config: Config, *, may_be_live: bool = True) -> Iterator[Reporter]:
    """Open the view that fits stderr."""
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
        yield Reporter()
    elif config.log_format == "json":
        with EventView(sys.stderr, outputs=config.verbose) as log:
            yield log
    elif screen.live and may_be_live:
        from autofix.report.console import ConsoleReporter

        with ConsoleReporter(sys.stderr, screen, verbose=config.verbose) as live:
            yield live
    else:
        with PlainReporter(
            sys.stderr, verbose=config.verbose, paint=screen.paint
        ) as plain:
            yield plain


def publish_results(results: Sequence[RunResult], config: Config) -> None:
    """Write the results to stdout, or to the file that was asked for."""
    screen = terminal(sys.stdout, os.environ, color=config.color)
    colors = screen.colors and config.output is None
    publish(_rendered(results, config, screen.width, colors=colors), config.output)


def _rendered(
    results: Sequence[RunResult], config: Config, width: int, *, colors: bool
) -> str:
    if config.output_format == "json":
        return results_json(results)
    paint = Terminal(live=False, colors=colors, width=width).paint
    style = Style(width=width, paint=paint)
    texts = []
    for result in results:
        if config.diff:
            # Into a file or pipe the patch goes verbatim, so that it still applies.
            text = diff_text(result.diff, style) if colors else result.diff
        else:
            text = result_text(result, style)
        heading = f"{paint(escape(result.project), Tone.STRONG)}\n"
        texts.append(f"{heading if len(results) > 1 else ''}{text}")
    return "\n".join(filter(None, (*texts, together_text(results, style))))
