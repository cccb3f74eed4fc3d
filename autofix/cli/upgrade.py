"""``autofix upgrade``: move a project to another Nakama, or its dependencies up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from autofix.cli.options import ConfigFile, NoConfig, Project, configuration, takes
from autofix.errors import UsageError


@takes(
    "package",
    "engine",
    "server",
    "database",
    "builder_image",
    "database_image",
    "kit",
    "modules",
    "server_config",
    "modules_txt",
    "Build",
    "Loop",
    "dry_run",
    "allow_dirty",
    "output",
    "notify",
    "log_format",
    "verbose",
    "quiet",
    "color",
    "run_dir",
    "debug",
)
def upgrade(
    project: Project = ".",
    *,
    nakama: Annotated[
        str,
        typer.Option(
            "--nakama",
            metavar="TAG|latest",
            show_default=False,
            rich_help_panel="Target",
            help="The release to move to; 'latest' is the newest that autofix knows.",
        ),
    ] = "",
    through: Annotated[
        bool,
        typer.Option(
            "--through",
            rich_help_panel="Target",
            help="Try each minor release on the way too, and say which one broke.",
        ),
    ] = False,
    keep_last_good: Annotated[
        bool,
        typer.Option(
            "--keep-last-good",
            rich_help_panel="Target",
            help="If a release broke, move to the last one before it that started; "
            "still exit 1. Only with --through.",
        ),
    ] = False,
    dependencies: Annotated[
        bool,
        typer.Option(
            "--dependencies",
            rich_help_panel="Dependencies",
            help="Stay at this Nakama, and raise each linked module that it does not "
            "dictate to its newest version; of those that do not start together, as "
            "many as do. New majors (another path, /v2) only with --majors.",
        ),
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="PATTERN",
            show_default=False,
            rich_help_panel="Dependencies",
            help="Raise only modules whose path matches, such as 'github.com/aws/*'; "
            "may be repeated.",
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            "--ignore",
            metavar="PATTERN",
            show_default=False,
            rich_help_panel="Dependencies",
            help="Leave modules alone whose path matches; may be repeated.",
        ),
    ] = None,
    cool_down: Annotated[
        float,
        typer.Option(
            "--cool-down",
            metavar="DAYS",
            min=0,
            rich_help_panel="Dependencies",
            help="Take only versions that have been out for so many days.",
        ),
    ] = 0.0,
    majors: Annotated[
        bool,
        typer.Option(
            "--majors",
            rich_help_panel="Dependencies",
            help="Also take new majors (another path, /v2) of what the plugin's own code "
            "imports, and rewrite these imports, where everything compiles and starts.",
        ),
    ] = False,
    port: Annotated[
        bool,
        typer.Option(
            "--port",
            rich_help_panel="Changes",
            help="Also rewrite the plugin's own code where nakama-common's Go API "
            "changed, and run again; a commit of its own after the pins.",
        ),
    ] = False,
    commit: Annotated[
        bool,
        typer.Option(
            "--commit",
            rich_help_panel="Changes",
            help="Make one commit on a branch of its own, and leave what is checked "
            "out alone. Nothing is pushed.",
        ),
    ] = False,
    branch: Annotated[
        str,
        typer.Option(
            "--branch",
            metavar="NAME",
            show_default=False,
            rich_help_panel="Changes",
            help="The branch to commit to. [default: autofix/nakama-TAG, or "
            "autofix/dependencies]",
        ),
    ] = "",
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FILE",
            show_default=False,
            rich_help_panel="Output",
            help="Also write the body of a pull request to this file, as Markdown.",
        ),
    ] = None,
    output_format: Annotated[
        Literal["text", "json", "markdown"],
        typer.Option(
            "--output-format",
            metavar="text|json|markdown",
            rich_help_panel="Output",
            help="How the result is written to stdout.",
        ),
    ] = "text",
    config_file: ConfigFile = None,
    no_config: NoConfig = False,
    **flags: Any,
) -> None:
    """
    Move the plugin to another Nakama: its files, its pins, and a commit if asked.

    Everything that names the version moves together: Dockerfiles, compose and .env
    files, Makefiles, scripts, CI files, nakama-common, the go line. Then the plugin is
    built and started as 'run' does, and only a clean start changes the project. Several
    modules move together, or none does. With --dependencies the Nakama stays, and what
    it does not dictate goes up, in each module for itself.
    """
    from autofix.cli.upgrading import execute_raise, execute_upgrade
    from autofix.core.raising import Wish
    from autofix.upgrading.journey import Request
    from autofix.upgrading.raising import BRANCH, RaiseRequest

    moves = bool(nakama or through or keep_last_good or port)
    if dependencies and moves:
        raise UsageError(
            "--dependencies stays at this Nakama: --nakama, --through, "
            "--keep-last-good and --port are for moving to another.",
            todo="Do one after the other.",
        )
    if not dependencies and (only or ignore or cool_down or majors):
        raise UsageError(
            "--only, --ignore, --cool-down and --majors are for --dependencies."
        )
    if not nakama and not dependencies:
        raise UsageError(
            "Which Nakama to move to is not said.",
            todo="Give --nakama 3.40.0, or --nakama latest; or --dependencies.",
        )
    if branch and not commit:
        raise UsageError("--branch is for --commit.")
    if keep_last_good and not through:
        raise UsageError("--keep-last-good is for --through.")
    config = configuration(
        flags, project=project, config_file=config_file, no_config=no_config
    ).config
    if dependencies:
        asked = RaiseRequest(
            config=config,
            wish=Wish(
                only=tuple(only or ()),
                ignore=tuple(ignore or ()),
                cool_down=cool_down,
                majors=majors,
            ),
            commit=commit,
            branch=branch or BRANCH,
        )
        raise typer.Exit(execute_raise(asked, report, output_format))
    request = Request(
        config=config,
        nakama=nakama,
        commit=commit,
        branch=branch,
        through=through,
        keep_last_good=keep_last_good,
        port=port,
    )
    raise typer.Exit(execute_upgrade(request, report, output_format))
