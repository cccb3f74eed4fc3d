"""``autofix fleet``: many plugins times many servers, on this machine or on many."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from autofix.cli.options import configuration, stdout_style, takes
from autofix.errors import UsageError

if TYPE_CHECKING:
    from autofix.config import Config
    from autofix.core.fleet import Fleet, Option
    from autofix.core.fleetsummary import FleetSummary
    from autofix.fleet.reporter import FleetReporter
    from autofix.fleet.session import OpenCrew

FOR_JOBS = ("engine", "kit", "ca_bundle")


@takes(*FOR_JOBS, "log_format", "output", "quiet", "color", "notify")
def fleet(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FLEET.toml|DIR...",
            show_default=False,
            help="A file that names plugins and servers, or the plugins' folders; by "
            "default ./fleet.toml.",
        ),
    ] = None,
    *,
    nakama: Annotated[
        list[str] | None,
        typer.Option(
            "--nakama",
            metavar="TAG",
            show_default=False,
            help="A server, instead of those of the file; several may be given.",
        ),
    ] = None,
    action: Annotated[
        Literal["run", "check", "upgrade"] | None,
        typer.Option(
            "--action",
            metavar="run|check|upgrade",
            show_default=False,
            help="The command for each plugin and server [default: run].",
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="NAME[=VALUE]",
            show_default=False,
            help="An option of that command (commit, strategy=first); several may be "
            "given.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            metavar="N",
            show_default=False,
            help="Jobs at a time on this machine [default: half its processors].",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            metavar="tcp://HOST:PORT",
            envvar="AUTOFIX_SCHEDULER",
            show_envvar=False,
            show_default=False,
            help="Let the workers of this Dask scheduler do the jobs (autofix[dask]).",
        ),
    ] = None,
    max_time: Annotated[
        str | None,
        typer.Option(
            "--max-time", metavar="TIME", help="Longest time for one job [default: 1h]."
        ),
    ] = None,
    night: Annotated[
        str | None,
        typer.Option(
            "--night",
            metavar="TIME",
            help="Longest time for all; the same command goes on with what is left.",
        ),
    ] = None,
    tries: Annotated[
        int | None,
        typer.Option(
            "--tries",
            min=1,
            metavar="N",
            show_default=False,
            help="Set a job aside that took down so many workers [default: 3].",
        ),
    ] = None,
    afresh: Annotated[
        bool,
        typer.Option(
            "--afresh", help="Begin anew, although the last call was not finished."
        ),
    ] = False,
    output_format: Annotated[
        Literal["text", "json", "markdown", "junit", "html"],
        typer.Option(
            "--output-format",
            metavar="text|json|markdown|junit|html",
            help="How the summary is written; html is a matrix whose cells open runs.",
        ),
    ] = "text",
    **flags: Any,
) -> None:
    """
    Run, check or upgrade many plugins for many servers, and sum it up.

    Works on copies: the projects stay as they are, results are patches and, with
    upgrade's commit option, branches in the plugins' repositories. What was done before
    a crash or Ctrl-C is not done again by the same command.
    """
    from autofix.cli.output import publish, send
    from autofix.fleet.session import run_fleet
    from autofix.logs import configure_logging
    from autofix.notifying import Message, Notifier
    from autofix.report.fleet_text import fleet_text
    from autofix.report.fleet_words import headline
    from autofix.runfolder import state_home

    places = what or ["fleet.toml"]
    wished, base = _fleet(places)
    given = {name: flags[name] for name in FOR_JOBS if flags[name] is not None}
    wished = _with_flags(
        wished,
        options={**_given(given), **_parsed(option or ())},
        nakama=nakama or (),
        action=action,
        max_time=max_time,
        night=night,
        tries=tries,
        workers=workers,
    )
    known = _flags_of(wished.action.value)
    _refuse_unknown(wished, known)
    config = configuration(flags, no_config=True).config
    configure_logging(log_format=config.log_format, level=logging.WARNING, colors=False)
    notifier = Notifier.of(config.notify) if config.notify else None
    with _reporter(config) as reporter:
        summary = run_fleet(
            wished,
            base=base,
            identity=_identity(places, wished),
            state=state_home(os.environ),
            open_crew=_crew(wished, scheduler, reporter),
            reporter=reporter,
            timed="--max-time" in known,
            afresh=afresh,
        )
    title, good = f"autofix fleet: {headline(summary)}", not summary.exit_code
    send(notifier, Message(title=title, body=fleet_text(summary), good=good))
    publish(_rendered(summary, output_format, config.output), config.output)
    raise typer.Exit(summary.exit_code)


def _fleet(places: list[str]) -> tuple[Fleet, Path]:
    """Return what the arguments name, and what its relative paths are relative to."""
    from autofix.core.fleet import Fleet
    from autofix.core.fleetfile import plugins_at, servers_named
    from autofix.fleet.planning import read_fleet

    paths = [Path(place).absolute() for place in places]
    if len(paths) == 1 and not paths[0].is_dir():
        if not paths[0].exists():
            raise UsageError(
                f"There is no {places[0]}.",
                todo="Name a fleet's file, or the folders of plugins.",
            )
        return read_fleet(paths[0]), paths[0].parent
    for place, path in zip(places, paths, strict=True):
        if not path.is_dir():
            raise UsageError(f"{place} is no folder; a file can only be given alone.")
    plugins = plugins_at([str(path) for path in paths])
    return Fleet(plugins=plugins, servers=servers_named(())), Path.cwd()


def _with_flags(
    fleet: Fleet,
    *,
    options: Mapping[str, Option],
    nakama: Any,
    action: str | None,
    max_time: str | None,
    night: str | None,
    tries: int | None,
    workers: int | None,
) -> Fleet:
    """Put what was given on the command line over the file."""
    from autofix.core.fleet import FleetAction
    from autofix.core.fleetfile import FleetFileError, servers_named

    changes: dict[str, Any] = {"options": {**fleet.options, **options}}
    try:
        if nakama:
            changes["servers"] = servers_named(nakama)
    except FleetFileError as error:
        raise UsageError(f"--nakama: {error}") from error
    if action:
        changes["action"] = FleetAction(action)
    if max_time is not None:
        changes["job_seconds"] = _seconds("--max-time", max_time)
    if night is not None:
        changes["night_seconds"] = _seconds("--night", night)
    changes |= {"tries": tries} if tries else {}
    changes |= {"workers": workers} if workers else {}
    return replace(fleet, **changes)


def _seconds(flag: str, text: str) -> float:
    from autofix.core.duration import parse_duration

    seconds = parse_duration(text)
    if seconds is None:
        raise UsageError(
            f"{flag} cannot be {text!r}.",
            todo="It is a duration above 0, like 90s, 20m or 8h.",
        )
    return seconds


def _given(flags: Mapping[str, Any]) -> dict[str, Option]:
    from autofix.config import SETTINGS

    return {SETTINGS[name].key: value for name, value in flags.items()}


def _parsed(options: Any) -> dict[str, Option]:
    """Read ``name``, ``no-name`` and ``name=value``; a name given again has both."""
    found: dict[str, Option] = {}
    for text in options:
        name, separator, value = text.removeprefix("--").partition("=")
        before = found.get(name)
        if not separator:
            found[name] = True
        elif before is None:
            found[name] = value
        else:
            several = before if isinstance(before, tuple) else (str(before),)
            found[name] = (*several, value)
    return found


def _flags_of(action: str) -> frozenset[str]:
    """Return the options that a command of this autofix has."""
    from autofix.cli.main import parser_of

    parser = parser_of(action)
    if parser is None:
        raise UsageError(f"This autofix has no command {action!r}.")
    return frozenset(
        flag
        for parameter in parser.params
        for flag in (*parameter.opts, *parameter.secondary_opts)
    )


def _refuse_unknown(fleet: Fleet, known: frozenset[str]) -> None:
    """Refuse now what each of many jobs would refuse."""
    from autofix.core.fleet import arguments

    tables = (
        fleet.options,
        *(each.options for each in fleet.plugins),
        *(each.options for each in fleet.servers),
    )
    for table in tables:
        for argument in arguments(table):
            flag = argument.partition("=")[0]
            if flag not in known:
                raise UsageError(
                    f"{flag} is no option of 'autofix {fleet.action.value}'."
                )


def _identity(places: list[str], fleet: Fleet) -> list[str]:
    """Name the fleet: the same command goes on with what it left undone."""
    where = [str(Path(place).resolve()) for place in places]
    return [fleet.action.value, *where, *(each.name for each in fleet.servers)]


def _crew(fleet: Fleet, scheduler: str | None, reporter: FleetReporter) -> OpenCrew:
    if scheduler:
        from autofix.fleet.dask import dask_crew

        return lambda: dask_crew(scheduler, note=lambda text: reporter.note(text=text))
    from autofix.fleet.crew import local_crew

    return lambda: local_crew(fleet.workers)


def _reporter(config: Config) -> FleetReporter:
    from autofix.fleet.ledger import utc_now
    from autofix.fleet.reporter import FleetReporter
    from autofix.report.fleet_events import FleetEvents
    from autofix.report.fleet_progress import FleetLines
    from autofix.report.terminal import terminal

    if config.quiet:
        return FleetReporter()
    if config.log_format == "json":
        return FleetEvents(sys.stderr, now=utc_now)
    screen = terminal(sys.stderr, os.environ, color=config.color)
    if screen.live:
        from autofix.report.fleet_console import FleetConsole

        return FleetConsole(sys.stderr, screen)
    return FleetLines(sys.stderr, paint=screen.paint)


def _rendered(summary: FleetSummary, output_format: str, output: Path | None) -> str:
    if output_format == "json":
        from autofix.report.fleet_json import fleet_json

        return fleet_json(summary)
    if output_format == "markdown":
        from autofix.report.fleet_markdown import fleet_markdown

        return fleet_markdown(summary)
    if output_format == "junit":
        from autofix.report.fleet_junit import fleet_junit

        return fleet_junit(summary)
    if output_format == "html":
        from autofix.report.fleet_html import fleet_html

        return fleet_html(summary, base=f"{Path(summary.folder).as_uri()}/")
    from autofix.report.fleet_text import fleet_text

    return fleet_text(summary, None if output else stdout_style(os.environ))
