"""
The entry point: exceptions become a message and an exit code, here and nowhere else.

What a command needs is imported when it runs, not before: ``autofix --help`` answers
in 0.15 s, and help is written without Rich for the same reason.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated

import typer

from autofix import __version__
from autofix.cli.bisect import bisect
from autofix.cli.check import check
from autofix.cli.clean import clean
from autofix.cli.compare import compare
from autofix.cli.config import config
from autofix.cli.doctor import doctor
from autofix.cli.explain import explain
from autofix.cli.export import export
from autofix.cli.fleet import fleet
from autofix.cli.options import GroupedCommand, example
from autofix.cli.reproduce import reproduce
from autofix.cli.run import run
from autofix.cli.runs import runs
from autofix.cli.scenario import scenario
from autofix.cli.schedule import schedule
from autofix.cli.schema import schema
from autofix.cli.upgrade import upgrade
from autofix.cli.versions import versions
from autofix.errors import AutofixError, InterruptedRunError
from autofix.signals import raising_signals

BROKEN_PIPE = 141
"""What a shell reports for a program that SIGPIPE ended."""

app = typer.Typer(
    name="autofix",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=example("autofix run", "autofix run ./plugin --nakama 3.40.0 --dry-run"),
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"autofix {__version__}")
        raise typer.Exit


@app.callback()
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


app.command(
    cls=GroupedCommand,
    epilog=example(
        "autofix run",
        "autofix run ./plugin --nakama 3.40.0",
        "autofix run --diff > pins.patch",
        "autofix run --output-format json -o result.json --log-format json",
    ),
)(run)
app.command(
    cls=GroupedCommand,
    epilog=example(
        "autofix check",
        "autofix check --output-format github",
        "autofix check --lock && git add autofix.lock",
        "autofix check --so build/backend.so --nakama 3.40.0",
        "autofix check --offline --output-format junit -o autofix.xml",
    ),
)(check)
app.command(
    cls=GroupedCommand,
    epilog=example(
        "autofix compare heroiclabs/nakama:3.40.0 backend.so",
        "autofix compare ./nakama backend.so --output-format html -o tree.html",
    ),
)(compare)
app.command(
    cls=GroupedCommand,
    epilog=example(
        "autofix explain server.log",
        "docker logs nakama 2>&1 | autofix explain -",
        "autofix explain --nakama 3.40.0 'plugin was built with a different ...'",
    ),
)(explain)
app.command(
    cls=GroupedCommand,
    epilog=example(
        "autofix upgrade --nakama 3.40.0",
        "autofix upgrade --nakama latest --commit --report body.md",
        "autofix upgrade --nakama latest --through --keep-last-good",
        "autofix upgrade --dependencies --cool-down 7 --commit",
    ),
)(upgrade)
app.add_typer(runs, name="runs")
app.command(
    cls=GroupedCommand,
    epilog=example(
        "autofix reproduce latest",
        "autofix reproduce 7f9a3931 --replay",
        "autofix reproduce 7f9a3931 --into ./look",
        "autofix reproduce --reduce latest --into ./smallest",
    ),
)(reproduce)
app.add_typer(scenario, name="scenario")
app.command(
    cls=GroupedCommand,
    epilog=example(
        "autofix fleet fleet.toml --night 8h",
        "autofix fleet plugins/* --nakama 3.38.0 --nakama 3.40.0 --action check",
        "autofix fleet --action upgrade --nakama latest --option commit",
        "autofix fleet --scheduler tcp://builds:8786 --output-format html -o f.html",
    ),
)(fleet)
app.command(
    cls=GroupedCommand,
    epilog=example(
        "autofix bisect --good v1.4.0",
        "autofix bisect --good v1.4.0 --bad main --build",
        "autofix bisect --from 3.26.0 --to 3.40.0",
    ),
)(bisect)
app.command(
    cls=GroupedCommand,
    epilog=example("autofix doctor", "autofix doctor ./plugin --nakama 3.40.0"),
)(doctor)
app.command(
    cls=GroupedCommand,
    epilog=example("autofix config", "AUTOFIX_MAX_ROUNDS=9 autofix config ./plugin"),
)(config)
app.command(
    cls=GroupedCommand,
    epilog=example(
        "autofix versions", "autofix versions 3.40.0", "autofix versions --project ."
    ),
)(versions)
app.command(
    cls=GroupedCommand,
    epilog=example(
        "autofix export renovate -o .github/renovate-nakama.json",
        "autofix export dependabot ./plugin --nakama 3.40.0",
    ),
)(export)
app.command(
    cls=GroupedCommand,
    # What follows the command's name is the command's, options too.
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog=example(
        "autofix schedule run ./plugin",
        "autofix schedule --as cron --at 03:15 run --max-time 2h",
    ),
)(schedule)
app.command(
    cls=GroupedCommand,
    epilog=example("autofix schema", "autofix schema run > run.schema.json"),
)(schema)
app.command(
    cls=GroupedCommand,
    epilog=example("autofix clean --dry-run", "autofix clean --all-runs --caches"),
)(clean)


def main() -> int:
    """Run autofix and return its exit code."""
    try:
        with raising_signals():
            app(prog_name="autofix")
    except SystemExit as error:
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
        from autofix.crash import as_internal_error
        from autofix.runfolder import state_home

        bug = as_internal_error(error, state_home(os.environ) / "crashes")
        bug.__cause__ = error
        _tell(bug)
        return bug.exit_code
    return 0


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
