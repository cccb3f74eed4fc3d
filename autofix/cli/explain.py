"""``autofix explain``: what a log or a line means."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from autofix.cli.options import OutputFormat, stdout_style

if TYPE_CHECKING:
    from autofix.core.model import Diagnosis

UNKNOWN = (
    "Unknown: nothing in this text is a failure that autofix knows. Give it the whole "
    "output, from the server's first line to its last; 'autofix explain --list' shows "
    "what is known."
)


def explain(
    text: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT|FILE|-",
            show_default=False,
            help="A line, a file with a log, or - for standard input.",
        ),
    ] = None,
    *,
    nakama: Annotated[
        str,
        typer.Option(
            "--nakama",
            metavar="TAG",
            show_default=False,
            help="Add this release's versions to the explanation.",
        ),
    ] = "",
    table: Annotated[
        bool, typer.Option("--list", help="Show every failure that is known.")
    ] = False,
    output_format: OutputFormat = "text",
) -> None:
    """
    Explain a server's log, or one line of it, or the output of a build.

    Needs no project and no engine. Exits with 0 if it knows the failure, else 1.
    """
    from autofix.explaining import explained, pasted
    from autofix.report.json import document
    from autofix.report.listings import Explanation

    if table:
        _print_table(output_format)
        return
    found = explained(pasted(text or [], sys.stdin), nakama=nakama)
    if output_format == "json":
        typer.echo(document(Explanation(diagnoses=found)), nl=False)
    else:
        typer.echo("\n".join(_lines(found)).lstrip("\n"))
    raise typer.Exit(0 if found else 1)


def _lines(found: list[Diagnosis]) -> Iterator[str]:
    from autofix.report.text import diagnosis_lines

    style = stdout_style(os.environ)
    if not found:
        yield style.wrapped(UNKNOWN)
    for diagnosis in found:
        yield from diagnosis_lines(diagnosis, style)


def _print_table(output_format: str) -> None:
    from autofix.core.signatures import signature_table
    from autofix.report.json import document
    from autofix.report.listings import FailureList, KnownFailure
    from autofix.report.terminal import Tone

    rows = signature_table()
    if output_format == "json":
        failures: list[KnownFailure] = [
            {
                "name": row.name,
                "failure_class": row.failure_class,
                "answer": row.answer,
                "words": row.words,
                "remedy": row.remedy,
                "seen": row.seen,
            }
            for row in rows
        ]
        typer.echo(document(FailureList(failures=failures)), nl=False)
        return
    style = stdout_style(os.environ)
    group = ""
    for row in sorted(rows, key=lambda row: row.failure_class):
        if row.failure_class != group:
            group = row.failure_class
            typer.echo(style.title(group))
        typer.echo(f"  {style.paint(row.name, Tone.NAME)} ({row.answer})")
        typer.echo(style.wrapped(row.words, " " * 6))
