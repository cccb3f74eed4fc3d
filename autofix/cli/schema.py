"""``autofix schema``: what the JSON outputs hold, for the programs that read them."""

from __future__ import annotations

from typing import Annotated

import typer

from autofix.errors import UsageError


def schema(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            show_default=False,
            help="The output whose schema to print; without it all are listed.",
        ),
    ] = None,
) -> None:
    """
    Print the JSON schema (draft 2020-12) of an output for machines.

    Each output has a schema_version: keys may be added within one, never changed or
    taken away.
    """
    from autofix.report.published import NAMES, described, published

    if name is None:
        for each in NAMES:
            typer.echo(f"{each:<14}{described(each)}")
        return
    if name not in NAMES:
        raise UsageError(
            f"There is no schema {name}.", todo=f"It is one of: {', '.join(NAMES)}."
        )
    typer.echo(published(name), nl=False)
