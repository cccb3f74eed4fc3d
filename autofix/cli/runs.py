"""``autofix runs``: what past runs did, one line each or one as a story."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from autofix.cli.options import GroupedCommand, OutputFormat, example, stdout_style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autofix.runs import About, Run

runs = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    epilog=example("autofix runs", "autofix runs show latest"),
)


@runs.callback()
def list_runs(
    context: typer.Context,
    *,
    project: Annotated[
        str | None,
        typer.Option("--project", metavar="DIR", help="Only runs of this folder."),
    ] = None,
    number: Annotated[
        int, typer.Option("-n", "--number", min=1, help="At most this many.")
    ] = 20,
    output_format: OutputFormat = "text",
) -> None:
    """
    List past runs of this machine, the newest first, or show one.

    The last 50 are kept, and no more than 2 GiB of them.
    """
    if context.invoked_subcommand is not None:
        return
    from autofix.report.story_json import runs_json
    from autofix.report.story_text import runs_text

    found = list(_chosen(project, number))
    if output_format == "json":
        typer.echo(runs_json(found), nl=False)
    elif not found:
        typer.echo("There are no runs yet.")
    else:
        for line in runs_text(found, stdout_style(os.environ)):
            typer.echo(line)


@runs.command(
    cls=GroupedCommand,
    epilog=example(
        "autofix runs show latest",
        "autofix runs show 7f9a3931 --output-format html -o run.html",
    ),
)
def show(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN|FILE",
            help="Its folder, name or id, the beginning of one, or 'latest'; or a "
            "bundle of one.",
        ),
    ] = "latest",
    *,
    output_format: Annotated[
        Literal["text", "json", "markdown", "html"],
        typer.Option(
            "--output-format",
            metavar="text|json|markdown|html",
            help="How the story is written; html is one page with a timeline.",
        ),
    ] = "text",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it to this file."),
    ] = None,
) -> None:
    """
    Tell one run as a story: where the time went, each failure, the pins, the change.

    A run that was killed is told as far as it came.
    """
    from autofix.cli.output import publish
    from autofix.runfolder import state_home
    from autofix.runs import read_run
    from autofix.unbundling import named_run

    with named_run(state_home(os.environ), run) as (folder, _):
        past = read_run(folder)
        text = _rendered(past, output_format, in_file=output is not None)
    publish(text, output, what="story")


def _chosen(project: str | None, number: int) -> Iterator[Run | About]:
    """Yield the runs asked for; one whose journal cannot be read as its ``About``."""
    from itertools import islice

    from autofix.errors import RunUnreadableError
    from autofix.runfolder import state_home
    from autofix.runs import all_runs, read_run

    wanted = str(Path(project).absolute()) if project is not None else None
    named = (
        about
        for about in all_runs(state_home(os.environ))
        if wanted in (None, about.project)
    )
    for about in islice(named, number):
        try:
            yield read_run(about.path)
        except RunUnreadableError:
            yield about


def _rendered(run: Run, output_format: str, *, in_file: bool) -> str:
    if output_format == "json":
        from autofix.report.story_json import story_json

        return story_json(run)
    if output_format == "markdown":
        from autofix.report.story_markdown import story_markdown

        return story_markdown(run)
    if output_format == "html":
        from autofix.report.story_html import story_html

        return story_html(run)
    from autofix.report.story_text import story_text

    return story_text(run, None if in_file else stdout_style(os.environ))
