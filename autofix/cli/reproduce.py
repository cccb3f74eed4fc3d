"""``autofix reproduce``: look at a past run again, on this machine, today."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from autofix.cli.options import OutputFormat, stdout_style
from autofix.errors import UsageError


def reproduce(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="Its folder, name or id, the beginning of one, or 'latest'.",
        ),
    ] = "latest",
    *,
    replay: Annotated[
        bool,
        typer.Option(
            "--replay",
            help="Feed what was seen then to this version's automaton; nothing is "
            "built or started.",
        ),
    ] = False,
    output_format: OutputFormat = "text",
) -> None:
    """
    Tell whether this version of autofix would decide as it did in a past run.

    Exits with 0 if it would, else with 1 and the first decision that differs.
    """
    from autofix.replaying import replayed
    from autofix.report.replay import replay_json, replay_text
    from autofix.runfolder import state_home
    from autofix.runs import found_run, read_run

    if not replay:
        raise UsageError(
            "How to reproduce it was not said.",
            todo="Give --replay; running it again for real is 'autofix run' in its "
            "project.",
        )
    told = replayed(read_run(found_run(state_home(os.environ), run)))
    if output_format == "json":
        typer.echo(replay_json(told), nl=False)
    else:
        typer.echo(replay_text(told, stdout_style(os.environ)), nl=False)
    raise typer.Exit(0 if told.difference is None else 1)
