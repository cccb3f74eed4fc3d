"""``autofix clean``: remove what runs left behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autofix.cli.options import OutputFormat, configuration, takes
from autofix.errors import EnvironmentUnusableError

if TYPE_CHECKING:
    from autofix.cleaning import Cleaned


@takes("engine")
def clean(
    *,
    all_runs: Annotated[
        bool,
        typer.Option(
            "--all-runs",
            help="Also remove every run and fleet folder (journals, logs, backups), what "
            "--keep left, and what runs on other hosts left in this engine.",
        ),
    ] = False,
    caches: Annotated[
        bool,
        typer.Option(
            "--caches",
            help="Also remove the volumes with Go's caches, and what was read of "
            "servers' images.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be removed.")
    ] = False,
    output_format: OutputFormat = "text",
    **flags: Any,
) -> None:
    """
    Remove what dead runs left in the engine and on this machine.

    Only things with autofix's own labels are touched, and nothing that belongs to a
    run still alive. The next run does the same by itself.
    """
    from autofix.cleaning import clean as do_clean
    from autofix.report.json import document
    from autofix.runfolder import state_home

    cleaned = do_clean(
        state_home(os.environ),
        os.environ,
        all_runs=all_runs,
        caches=caches,
        dry_run=dry_run,
        containers=configuration(flags).config.engine != "local",
    )
    if output_format == "json":
        typer.echo(document(cleaned), nl=False)
    else:
        for line in _lines(cleaned):
            typer.echo(line)
    if not cleaned.complete:
        raise typer.Exit(EnvironmentUnusableError.exit_code)


def _lines(cleaned: Cleaned) -> Iterator[str]:
    from autofix.report.escape import escape
    from autofix.report.words import count

    verb = "would remove" if cleaned.dry_run else "removed"
    for thing in cleaned.swept.removed:
        yield f"{verb} {thing.kind.value} {escape(thing.name)}"
    for recovery in cleaned.recovered:
        yield f"took back a half made change of {escape(str(recovery.project))}"
    for run in cleaned.runs:
        yield f"{verb} run folder {escape(str(run.path))}"
    for folder in cleaned.fleets:
        yield f"{verb} folder of a fleet {escape(str(folder))}"
    if cleaned.kept:
        files = count(len(cleaned.kept), "file")
        yield f"{verb} {files} with what was read of servers"
    for thing, why in cleaned.swept.failed:
        yield f"could not remove {thing.kind.value} {escape(thing.name)}: {escape(why)}"
    if cleaned.swept.foreign:
        things = count(len(cleaned.swept.foreign), "thing")
        yield f"left {things} of runs on other hosts (--all-runs removes them)"
    if cleaned.live:
        yield f"left {count(len(cleaned.live), 'run folder')} of living runs"
    if cleaned.engine:
        yield from map(escape, cleaned.engine.splitlines())
    swept = cleaned.swept
    made = (cleaned.runs, cleaned.fleets, cleaned.recovered, cleaned.kept)
    if not (cleaned.engine or swept.removed or swept.failed or any(made)):
        yield "nothing to remove"
