"""``autofix reproduce``: look at a past run again, on this machine, today."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autofix.cli.options import OutputFormat, configuration, stdout_style, takes
from autofix.errors import UsageError

if TYPE_CHECKING:
    from autofix.config import Config

OF_THE_MACHINE = ("engine", "server", "database", "kit", "ca_bundle")


@takes(*OF_THE_MACHINE, "max_time", "quiet", "verbose")
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
            help="Only feed what was seen then to this version's automaton; nothing "
            "is built or started.",
        ),
    ] = False,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into",
            metavar="DIR",
            help="Restore the sources to this new folder, and leave them there.",
        ),
    ] = None,
    reduce: Annotated[
        bool,
        typer.Option(
            "--reduce",
            help="Take away what the failure does not need, of a run or of a project's "
            "folder: the smallest plugin that still fails so, as a scenario in --into.",
        ),
    ] = False,
    max_steps: Annotated[
        int,
        typer.Option(metavar="N", min=1, help="Build at most N candidates (--reduce)."),
    ] = 500,
    output_format: OutputFormat = "text",
    **flags: Any,
) -> None:
    """
    Run a past run again from what it began with, and compare the ends.

    Sources, settings, server and builder are those of that run; the project itself is
    not touched. Exits with 0 if it ends the same way for the same reason, else with 1.
    """
    from autofix.runfolder import state_home
    from autofix.runs import found_run, read_run

    if reduce:
        from autofix.cli.reduce import reduce_plugin

        if replay:
            raise UsageError("--replay builds nothing, so --reduce is not for it.")
        format_ = output_format
        reduce_plugin(run, flags, into=into, most=max_steps, output_format=format_)
    past = read_run(found_run(state_home(os.environ), run))
    if replay:
        if into is not None:
            raise UsageError("--replay restores nothing, so --into is not for it.")
        from autofix.replaying import replayed
        from autofix.report.replay import replay_json, replay_text

        again = replayed(past)
        text = (
            replay_json(again)
            if output_format == "json"
            else replay_text(again, stdout_style(os.environ))
        )
        typer.echo(text, nl=False)
        raise typer.Exit(0 if again.difference is None else 1)

    from autofix.inputs import read_inputs
    from autofix.report.reproduction import reproduction_json, reproduction_text
    from autofix.reproducing import reproduced

    merged = configuration(flags).config
    given = {name: getattr(merged, name) for name in flags if flags[name] is not None}
    inputs = read_inputs(past.about.path)
    with tempfile.TemporaryDirectory(prefix="autofix-reproduce-") as temporary:
        told = reproduced(
            past,
            inputs,
            into=_empty(into) if into else Path(temporary),
            given=given,
            perform=_perform,
        )
    text = (
        reproduction_json(told)
        if output_format == "json"
        else reproduction_text(told, stdout_style(os.environ))
    )
    typer.echo(text, nl=False)
    raise typer.Exit(0 if told.reproduced else 1)


def _empty(folder: Path) -> Path:
    from autofix.durable import disk_errors

    with disk_errors(f"{folder} cannot be made"):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty.", todo="Give a new folder.")
    return folder.absolute()


def _perform(config: Config) -> Path:
    """Run as 'autofix run' does; return the folder of that run."""
    from autofix.cli.execution import attempt
    from autofix.project import find_project

    made = attempt(config, find_project(config.project))
    if made.error is not None and not made.result.run_folder:
        raise made.error
    return Path(made.result.run_folder)
