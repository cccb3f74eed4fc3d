"""
The entry point: exceptions become a message and an exit code, here and nowhere else.

What a command needs is imported when it runs, not before: ``autofix --help`` answers
in 0.15 s, and help is written without Rich for the same reason.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
from contextlib import suppress
from typing import Annotated, Any, NoReturn

import typer
from typer.main import get_command

from autofix import __version__
from autofix.cli.commands import COMMANDS
from autofix.cli.options import example
from autofix.errors import AutofixError, DiskFullError, InterruptedRunError
from autofix.signals import raising_signals

BROKEN_PIPE = 141
"""What a shell reports for a program that SIGPIPE ended."""

ALLOCATIONS = 100_000
"""
Objects between two searches for garbage, instead of Python's 700.

Starting makes some 10^5 objects that stay, and searching them again and again took
20 ms of a run.
"""


def application(only: str | None = None) -> typer.Typer:
    """Return the command line with all commands, or with the one that is named."""
    made = typer.Typer(
        name="autofix",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={
            "help_option_names": ["-h", "--help"],
            "max_content_width": 100,
        },
        epilog=example("autofix run", "autofix run ./plugin --nakama 3.40.0 --dry-run"),
    )
    made.callback()(autofix)
    for name, command in COMMANDS.items():
        if only is None or name == only:
            command.add_to(made)
    return made


def parser_of(name: str) -> Any:
    """Return the parser (Click's) of a command's arguments; None if there is none."""
    if name not in COMMANDS:
        return None
    commands: dict[str, Any] = getattr(get_command(application(name)), "commands", {})
    return commands[name]


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"autofix {__version__}")
        raise typer.Exit


def autofix(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """Make a Nakama Go plugin load, unattended."""


def program() -> NoReturn:
    """
    Run autofix as a process of its own, and end that process at once.

    Nothing is left to clean up when ``main`` has returned, and Python would spend
    40 ms on freeing every object of a process that ends anyway.
    """
    gc.set_threshold(ALLOCATIONS)
    _open_closed_streams()
    code = main()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = BROKEN_PIPE
    except OSError:  # main has said it, if it was asked to write anything
        code = code or DiskFullError.exit_code
    with suppress(OSError):
        sys.stderr.flush()
    os._exit(code)


def main(commands: typer.Typer | None = None) -> int:
    """Run autofix, or these ``commands``, and return the exit code."""
    try:
        with raising_signals():
            (commands or application(_named(sys.argv[1:])))(prog_name="autofix")
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):
            return BROKEN_PIPE  # Typer says 1, which is a verdict here
        return error.code if isinstance(error.code, int) else 1
    except InterruptedRunError as error:
        typer.echo(f"autofix: {error.what}", err=True)
        return error.exit_status
    except AutofixError as error:
        _tell(error)
        return error.exit_code
    except BrokenPipeError:
        # Python flushes stdout once more at exit; there is nobody to read it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:
        told = _as_told(error)
        told.__cause__ = error
        _tell(told)
        return told.exit_code
    return 0


def _open_closed_streams() -> None:
    """Give /dev/null the numbers of streams that the caller closed (``>&-``)."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Open until the process ends, as the streams are that it stands for.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123


def _as_told(error: Exception) -> AutofixError:
    """Return what is said of an exception that nobody expected: mostly, a bug."""
    from autofix.crash import as_internal_error
    from autofix.durable import is_disk_full
    from autofix.runfolder import state_home

    if isinstance(error, OSError) and is_disk_full(str(error)):
        where = f" to {error.filename}" if error.filename else ""
        return DiskFullError(
            f"What autofix has to say cannot be written{where}: no space left.",
            todo="Make room where its output goes, and rerun.",
        )
    return as_internal_error(error, state_home(os.environ) / "crashes")


def _named(words: list[str]) -> str | None:
    """Return the command that a command line begins with, if it does."""
    return words[0] if words and words[0] in COMMANDS else None


def _tell(error: AutofixError) -> None:
    """Write what happened, why and what to do, in that order."""
    from autofix.report.escape import escape
    from autofix.report.terminal import terminal
    from autofix.report.text import Style

    if "--debug" in sys.argv or os.environ.get("AUTOFIX_DEBUG", "") not in {"", "0"}:
        traceback.print_exception(error)
    style = Style(width=terminal(sys.stderr, os.environ).width)
    lines = [
        style.wrapped(escape(line), "  ", hang="  ") for line in str(error).splitlines()
    ]
    typer.echo("autofix: " + "\n".join(lines).lstrip(), err=True)
