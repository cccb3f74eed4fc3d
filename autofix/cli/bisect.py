"""``autofix bisect``: which commit or which Nakama first breaks the load."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autofix.cli.engine import open_for
from autofix.cli.options import (
    TO_PLAN,
    ConfigFile,
    NoConfig,
    OutputFormat,
    Project,
    configuration,
    stdout_style,
    takes,
)
from autofix.errors import UsageError

if TYPE_CHECKING:
    from autofix.bisecting.bisection import Bisection
    from autofix.bisecting.session import Judge
    from autofix.config import Config
    from autofix.layers import Configuration

LATEST = "latest"
OF_ONE_SERVER = ("nakama", "server", "server_image", "builder_image", "modules_txt")
OF_THE_TARGET = ("nakama", "server_image")


@takes(*TO_PLAN, "database")
def bisect(
    project: Project = ".",
    *,
    good: Annotated[
        str,
        typer.Option(
            "--good",
            metavar="REV",
            show_default=False,
            rich_help_panel="Commits",
            help="A commit with which the plugin loads.",
        ),
    ] = "",
    bad: Annotated[
        str,
        typer.Option(
            "--bad",
            metavar="REV",
            show_default=False,
            rich_help_panel="Commits",
            help="A later one with which it does not. [default: HEAD]",
        ),
    ] = "",
    from_: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="TAG",
            show_default=False,
            rich_help_panel="Releases",
            help="A Nakama release into which the plugin loads as it is.",
        ),
    ] = "",
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="TAG|latest",
            show_default=False,
            rich_help_panel="Releases",
            help="One into which it does not. [default: latest]",
        ),
    ] = "",
    build: Annotated[
        bool,
        typer.Option(
            "--build",
            help="Build and start each candidate instead of planning: slow, and sees "
            "what only a compiler or the plugin's own code can tell.",
        ),
    ] = False,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline", help="Use no engine and no network; not with --build."
        ),
    ] = False,
    output_format: OutputFormat = "text",
    config_file: ConfigFile = None,
    no_config: NoConfig = False,
    **flags: Any,
) -> None:
    """
    Find the commit, or the Nakama release, that first breaks the load.

    With --good the plugin's own commits are searched, each against the Nakama that its
    files name, or --nakama; with --from Nakama's releases, for the plugin as it is.
    Each is judged as 'check' does, without pulling an image. Your files and what is
    checked out are not touched. Exits with 0 if one was found, else with 1.
    """
    from autofix.cli.output import publish
    from autofix.layers import load
    from autofix.logs import configure_logging

    _require_one_search(good or bad, from_ or to)
    if not (good or from_):
        missing = "--good" if bad else "--from"
        raise UsageError(f"The end that loads is not said: give {missing}.")
    if build and offline:
        raise UsageError("--build needs an engine and is not for --offline.")

    merged = configuration(
        flags, project=project, config_file=config_file, no_config=no_config
    )
    config = _without_server(merged) if from_ else merged.config
    configure_logging(log_format="console", level=logging.WARNING, colors=False)

    def settled(folder: Path) -> Config:
        return load(
            project=folder,
            flags={name: value for name, value in flags.items() if value is not None},
            environment=os.environ,
            config_file=Path(config_file) if config_file else None,
            use_file=not no_config,
        ).config

    asked = _Asked(
        config=config,
        settled=settled,
        ends=(good, bad or "HEAD") if good else (from_, to or LATEST),
        releases=bool(from_),
        build=build,
        offline=offline,
        by_hand=bool(from_) or any(_is_given(merged, each) for each in OF_THE_TARGET),
    )
    bisection = _bisected(asked)
    in_file = config.output is not None
    publish(_rendered(bisection, output_format, in_file=in_file), config.output)
    raise typer.Exit(bisection.exit_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """
    What was asked for, the good end first.

    ``settled`` returns the configuration of a commit's folder; ``by_hand`` says that the
    server was named by the user, not by the project.
    """

    config: Config
    settled: Callable[[Path], Config]
    ends: tuple[str, str]
    releases: bool
    build: bool
    offline: bool
    by_hand: bool


def _bisected(asked: _Asked) -> Bisection:
    from autofix.bisecting.session import Session
    from autofix.releases import release_table
    from autofix.report.escape import escape
    from autofix.scratch import scratch_folder

    def note(text: str) -> None:
        if not asked.config.quiet:
            typer.echo(f"autofix: {escape(text)}", err=True)

    with scratch_folder() as scratch:
        session = Session(
            config=asked.config,
            settled=asked.settled,
            judge=_judge(asked, scratch),
            note=note,
            built=asked.build,
        )
        if not asked.releases:
            return session.commits(*asked.ends, scratch)
        table = release_table()
        newest = table.newest.tag
        first, last = (newest if each == LATEST else each for each in asked.ends)
        return session.releases(first, last, table)


def _judge(asked: _Asked, scratch: Path) -> Judge:
    from autofix.bisecting.probing import Builder, Planner
    from autofix.servercache import ServerCache

    if asked.build:
        return Builder(folder=scratch / "runs", by_hand=asked.by_hand)
    return Planner(
        open_engine=lambda: open_for("bisect", asked.config),
        cache=ServerCache.of(os.environ),
        offline=asked.offline,
        by_hand=asked.by_hand,
    )


def _require_one_search(commits: str, releases: str) -> None:
    if commits and releases:
        raise UsageError(
            "--good and --bad are for commits, --from and --to for releases.",
            todo="Give one pair; --nakama names the server for commits.",
        )
    if not (commits or releases):
        raise UsageError(
            "What to search is not said.",
            todo="Give --good REV for the plugin's commits, or --from TAG for Nakama's "
            "releases.",
        )


def _without_server(merged: Configuration) -> Config:
    """
    Leave out what autofix.toml says of the server: every release has its own.

    UsageError where it was given by hand.
    """
    for name in OF_ONE_SERVER:
        if _is_given(merged, name):
            origin = merged.origins[name]
            raise UsageError(f"{origin} names one server; --from goes through many.")
    config = merged.config
    return replace(
        config,
        nakama="",
        server=None,
        server_image="",
        builder_image="",
        modules_txt=None,
    )


def _is_given(merged: Configuration, name: str) -> bool:
    """Tell whether a setting was given on the command line, or by a variable."""
    from autofix.layers import Source

    value = getattr(merged.config, name)
    return bool(value) and merged.origins[name].source is not Source.FILE


def _rendered(bisection: Bisection, output_format: str, *, in_file: bool) -> str:
    if output_format == "json":
        from autofix.report.bisect_json import bisect_json

        return bisect_json(bisection)
    from autofix.report.bisect_text import bisect_text

    return bisect_text(bisection, None if in_file else stdout_style(os.environ))
