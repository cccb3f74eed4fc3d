"""``autofix schedule``: files that run a command of autofix every night."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autofix.core.scheduling import Host
from autofix.errors import UsageError

if TYPE_CHECKING:
    from autofix.core.scheduling import Job


def schedule(
    context: typer.Context,
    command: Annotated[
        list[str],
        typer.Argument(
            metavar="COMMAND...",
            show_default=False,
            help="A command of autofix with its arguments: run ./plugin --max-time 2h.",
        ),
    ],
    *,
    host: Annotated[
        Host,
        typer.Option(
            "--as",
            metavar="systemd|cron|github|gitlab",
            help="What is to start it.",
        ),
    ] = Host.SYSTEMD,
    at: Annotated[
        str, typer.Option("--at", metavar="HH:MM", help="When, each night.")
    ] = "02:30",
) -> None:
    """
    Print ready files that run a command of autofix every night.

    Nothing is installed. Options of 'schedule' come before the command.
    """
    from autofix.core.scheduling import snippets
    from autofix.report.escape import escape

    job = _job(tuple(command), at)
    _require_command(context, command)
    for snippet in snippets(job, host):
        typer.echo(f"# {escape(snippet.place)}\n{snippet.text}")
        for line in snippet.todo:
            typer.echo(f"# {line}")


def _job(command: tuple[str, ...], at: str) -> Job:
    from autofix.core.scheduling import Job, parse_clock

    time = parse_clock(at)
    if time is None:
        raise UsageError(f"--at cannot be {at!r}.", todo="It is a time like 02:30.")
    folder = str(Path.cwd())
    places = os.environ.get("PATH", os.defpath).split(os.pathsep)
    path = os.pathsep.join(dict.fromkeys(places))
    for text in (*command, folder, path):
        if not text.isprintable():
            raise UsageError(
                f"{text!r} cannot be scheduled: it has a line break or another "
                "character that no such file can hold."
            )
    return Job(
        program=_program(),
        arguments=command,
        folder=folder,
        path=path,
        hour=time[0],
        minute=time[1],
    )


def _program() -> tuple[str, ...]:
    """Return the words that start this very autofix, wherever PATH leads at night."""
    script = Path(sys.executable).with_name("autofix")
    return (str(script),) if script.is_file() else (sys.executable, "-m", "autofix")


def _require_command(context: typer.Context, words: list[str]) -> None:
    """Refuse what is no command, or not with these options: nobody sees it at night."""
    from autofix.cli.main import parser_of

    name, *arguments = words
    parser = parser_of(name)
    if parser is None:
        raise UsageError(
            f"autofix has no command {name!r}.",
            todo="Give one as you would type it: autofix schedule run ./plugin",
        )
    parser.make_context(name, arguments, parent=context.parent)
