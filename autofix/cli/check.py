"""``autofix check``: what must change, without a build and without changing it."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from autofix.cli.engine import open_for
from autofix.cli.options import (
    TO_PLAN,
    ConfigFile,
    NoConfig,
    Project,
    configuration,
    stdout_style,
    takes,
    written_again,
)

if TYPE_CHECKING:
    from autofix.report.base import Reporter
    from autofix.verdict import Verdict


@takes(*TO_PLAN)
def check(
    project: Project = ".",
    *,
    so: Annotated[
        list[str] | None,
        typer.Option(
            "--so",
            metavar="FILE",
            show_default=False,
            help="Judge a plugin already built instead of the source; several may be "
            "given.",
        ),
    ] = None,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline",
            help="Use no engine and no network: autofix.lock, what was read before, "
            "the release table, and the module cache.",
        ),
    ] = False,
    lock: Annotated[
        bool,
        typer.Option(
            "--lock",
            help="Also write what the server links to autofix.lock beside go.mod, so "
            "that CI needs neither its image nor an engine.",
        ),
    ] = False,
    output_format: Annotated[
        Literal["text", "json", "github", "junit"],
        typer.Option(
            "--output-format",
            metavar="text|json|github|junit",
            help="How the result is written; github are workflow commands.",
        ),
    ] = "text",
    config_file: ConfigFile = None,
    no_config: NoConfig = False,
    **flags: Any,
) -> None:
    """
    Tell what must change before the plugin can load; change nothing. For CI.

    Plans exactly as 'run' does and stops before the build: one finding for each module
    whose version must change, with its line in go.mod, and for each go line, replace
    or build flag that stands against it. Exits with 0 if there is none, else with 1.
    """
    from autofix.checking import Question
    from autofix.checking import check as do_check
    from autofix.cli.output import publish
    from autofix.logs import configure_logging
    from autofix.servercache import ServerCache

    config = configuration(
        flags, project=project, config_file=config_file, no_config=no_config
    ).config
    configure_logging(log_format="console", level=logging.WARNING, colors=False)
    verdicts = do_check(
        Question(
            config=config,
            files=tuple(map(Path, so or ())),
            offline=offline,
            lock=lock,
        ),
        _reporter(quiet=config.quiet),
        open_engine=lambda: open_for("check", config),
        cache=ServerCache.of(os.environ),
    )
    options = written_again(
        {name: flags[name] for name in flags if name not in {"output", "quiet"}}
    )
    text = _rendered(
        verdicts, output_format, options, in_file=config.output is not None
    )
    publish(text, config.output)
    raise typer.Exit(max(each.exit_code for each in verdicts))


def _rendered(
    verdicts: tuple[Verdict, ...],
    output_format: str,
    options: tuple[str, ...],
    *,
    in_file: bool,
) -> str:
    if output_format == "json":
        from autofix.report.check_json import check_json

        return check_json(verdicts)
    if output_format == "github":
        from autofix.report.github import check_github

        return check_github(verdicts)
    if output_format == "junit":
        from autofix.report.junit import check_junit

        return check_junit(verdicts)
    from autofix.report.check_text import check_text

    style = None if in_file else stdout_style(os.environ)
    return check_text(verdicts, style, options=options)


def _reporter(*, quiet: bool) -> Reporter:
    """Say what takes a moment on a terminal, where somebody waits."""
    from autofix.report.base import Reporter
    from autofix.report.check_notes import Notes

    return Reporter() if quiet or not sys.stderr.isatty() else Notes(sys.stderr)
