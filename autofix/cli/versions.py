"""``autofix versions``: Nakama's releases, and which one fits a go.mod."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autofix.cli.options import OutputFormat, stdout_style

if TYPE_CHECKING:
    from autofix.core.releases import Fit, Release


def versions(
    tag: Annotated[
        str | None,
        typer.Argument(
            metavar="TAG", show_default=False, help="One release (3.40.0): its modules."
        ),
    ] = None,
    *,
    project: Annotated[
        str | None,
        typer.Option(
            "--project",
            metavar="DIR",
            help="Compare this folder's go.mod with the releases, or with TAG.",
        ),
    ] = None,
    output_format: OutputFormat = "text",
) -> None:
    """
    Show Nakama's releases: Go versions, nakama-common, modules.

    With --project, show which releases fit its go.mod: those with its nakama-common
    first, then those that need the fewest changes.
    """
    from autofix.core.releases import fit
    from autofix.releases import known_release, release_table
    from autofix.report.json import document
    from autofix.report.listings import FitList, ReleaseList
    from autofix.requirements import displayed_gomod

    table = release_table()
    release = known_release(tag) if tag is not None else None
    gomod = displayed_gomod(Path(project)) if project is not None else None
    fits: tuple[Fit, ...] = ()
    if gomod is not None:
        fits = (fit(gomod, release),) if release else table.fits(gomod)
    if output_format == "json":
        releases = ReleaseList(releases=_chosen(release))
        typer.echo(document(FitList(fits=fits) if fits else releases), nl=False)
        return
    for line in _lines(release, fits):
        typer.echo(line)


def _chosen(release: Release | None) -> tuple[Release, ...]:
    from autofix.releases import release_table

    return (release,) if release else release_table().releases


def _lines(release: Release | None, fits: tuple[Fit, ...]) -> Iterator[str]:
    from autofix.releases import release_table
    from autofix.report.releases import (
        differences,
        fit_lines,
        one_release,
        release_rows,
    )

    style = stdout_style(os.environ)
    if fits and release:
        return differences(fits[0], style)
    if fits:
        return fit_lines(fits, style)
    if release:
        return one_release(release, style)
    return release_rows(release_table().releases, style)
