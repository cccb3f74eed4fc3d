"""``autofix export``: rules that keep a bot from raising what the server dictates."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from autofix.cli.engine import open_for
from autofix.cli.options import (
    TO_PLAN,
    ConfigFile,
    NoConfig,
    Project,
    configuration,
    takes,
)
from autofix.errors import UsageError

if TYPE_CHECKING:
    pass


@takes(*TO_PLAN)
def export(
    bot: Annotated[
        Literal["renovate", "dependabot"],
        typer.Argument(
            metavar="renovate|dependabot",
            show_default=False,
            help="The bot whose configuration is written.",
        ),
    ],
    project: Project = ".",
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Use no engine and no network.")
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Overwrite the file that --output names."),
    ] = False,
    config_file: ConfigFile = None,
    no_config: NoConfig = False,
    **flags: Any,
) -> None:
    """
    Write the rules that keep a bot from raising what the server dictates.

    The modules of which plugin and server link a package, the go line and Go's image
    are left alone; Nakama's images move together. All else stays the bot's. What could
    not be known is said on stderr. Nothing is pulled or built.
    """
    from autofix.cli.output import publish
    from autofix.core.botrules import Bot, rules_for
    from autofix.exporting import gathered
    from autofix.report.escape import escape
    from autofix.servercache import ServerCache

    config = configuration(
        flags, project=project, config_file=config_file, no_config=no_config
    ).config
    if config.output is not None and config.output.exists() and not force:
        raise UsageError(
            f"{config.output} is there already.",
            why="It may hold other rules, and they are not merged.",
            todo="Write to another file and take over what is missing, or give --force.",
        )
    found = gathered(
        config,
        open_engine=lambda: open_for("export", config),
        cache=ServerCache.of(os.environ),
        offline=offline,
    )
    publish(rules_for(Bot(bot), found.dictated), config.output, what="rules")
    if not config.quiet:
        for text in found.unknown:
            typer.echo(f"autofix: {escape(text)}", err=True)
