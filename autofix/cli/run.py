"""``autofix run``: its options and its help."""

from __future__ import annotations

from typing import Any

import typer

from autofix.cli.options import ConfigFile, NoConfig, Project, configuration, takes


@takes("Target", "Build", "Loop", "Changes", "Output")
def run(
    project: Project = ".",
    *,
    config_file: ConfigFile = None,
    no_config: NoConfig = False,
    **flags: Any,
) -> None:
    """
    Make the plugin load: build, start Nakama, pin, again.

    Ends with a go.mod that the server accepts, or with the reason why there is none.
    The project changes only at a clean end, all at once; the originals stay in the
    run folder.

    Every option is also a variable (AUTOFIX_MAX_ROUNDS=9) and a key of the
    autofix.toml beside go.mod (max-rounds = 9).
    """
    from autofix.cli.execution import execute

    config = configuration(
        flags, project=project, config_file=config_file, no_config=no_config
    ).config
    raise typer.Exit(execute(config))
