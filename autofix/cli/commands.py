"""
The commands, where each is written, and the examples that end its help.

What makes a command an option parser takes longer than many a command itself, so the
command line is made with the one command that is asked for, and with all of them only
where all are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import Any

import typer

from autofix.cli.options import GroupedCommand, example


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """
    One command: the module and name of its function, or of its group of commands.

    ``context`` are Typer's context settings of the command.
    """

    module: str
    name: str
    examples: tuple[str, ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict)

    def add_to(self, application: typer.Typer) -> None:
        """Import the command and make it a part of a command line."""
        found = getattr(import_module(f"autofix.cli.{self.module}"), self.name)
        if isinstance(found, typer.Typer):
            application.add_typer(found, name=self.name)
            return
        application.command(
            cls=GroupedCommand,
            context_settings=dict(self.context),
            epilog=example(*self.examples),
        )(found)


def _command(name: str, *examples: str, **context: Any) -> Command:
    return Command(module=name, name=name, examples=examples, context=context)


COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        each.name: each
        for each in (
            _command(
                "run",
                "autofix run",
                "autofix run ./plugin --nakama 3.40.0",
                "autofix run --diff > pins.patch",
                "autofix run --output-format json -o result.json --log-format json",
            ),
            _command(
                "check",
                "autofix check",
                "autofix check --output-format github",
                "autofix check --lock && git add autofix.lock",
                "autofix check --so build/backend.so --nakama 3.40.0",
                "autofix check --offline --output-format junit -o autofix.xml",
            ),
            _command(
                "compare",
                "autofix compare heroiclabs/nakama:3.40.0 backend.so",
                "autofix compare ./nakama backend.so --output-format html -o tree.html",
            ),
            _command(
                "explain",
                "autofix explain server.log",
                "docker logs nakama 2>&1 | autofix explain -",
                "autofix explain --nakama 3.40.0 'plugin was built with a different ...'",
            ),
            _command(
                "upgrade",
                "autofix upgrade --nakama 3.40.0",
                "autofix upgrade --nakama latest --commit --report body.md",
                "autofix upgrade --nakama latest --through --keep-last-good",
                "autofix upgrade --dependencies --cool-down 7 --commit",
            ),
            _command("runs"),
            _command(
                "reproduce",
                "autofix reproduce latest",
                "autofix reproduce 7f9a3931 --replay",
                "autofix reproduce 7f9a3931 --into ./look",
                "autofix reproduce --reduce latest --into ./smallest",
            ),
            _command("scenario"),
            _command(
                "fleet",
                "autofix fleet fleet.toml --night 8h",
                "autofix fleet plugins/* --nakama 3.38.0 --nakama 3.40.0 --action check",
                "autofix fleet --action upgrade --nakama latest --option commit",
                "autofix fleet --scheduler tcp://builds:8786 --output-format html"
                " -o f.html",
            ),
            _command(
                "bisect",
                "autofix bisect --good v1.4.0",
                "autofix bisect --good v1.4.0 --bad main --build",
                "autofix bisect --from 3.26.0 --to 3.40.0",
            ),
            _command(
                "doctor",
                "autofix doctor",
                "autofix doctor ./plugin --nakama 3.40.0",
            ),
            _command(
                "config",
                "autofix config",
                "AUTOFIX_MAX_ROUNDS=9 autofix config ./plugin",
            ),
            _command(
                "versions",
                "autofix versions",
                "autofix versions 3.40.0",
                "autofix versions --project .",
            ),
            _command(
                "export",
                "autofix export renovate -o .github/renovate-nakama.json",
                "autofix export dependabot ./plugin --nakama 3.40.0",
            ),
            _command(
                "schedule",
                "autofix schedule run ./plugin",
                "autofix schedule --as cron --at 03:15 run --max-time 2h",
                # What follows the command's name is the command's, options too.
                ignore_unknown_options=True,
                allow_interspersed_args=False,
            ),
            _command(
                "schema",
                "autofix schema",
                "autofix schema run > run.schema.json",
            ),
            _command(
                "clean",
                "autofix clean --dry-run",
                "autofix clean --all-runs --caches",
            ),
        )
    }
)
"""Every command by its name, in the order in which help lists them."""
