"""``autofix config``: every setting, its value and where it came from."""

from __future__ import annotations

from typing import Any

import typer

from autofix.cli.options import ConfigFile, NoConfig, Project, configuration, takes
from autofix.config import SETTINGS

HIDDEN = "(set)"


@takes("Target", "Build", "Loop", "Changes", "Output")
def config(
    project: Project = ".",
    *,
    config_file: ConfigFile = None,
    no_config: NoConfig = False,
    **flags: Any,
) -> None:
    """
    Show each setting, its value and where it came from.

    Takes the same options as 'run', so it shows what a run with them would use.
    """
    from autofix.report.json import document
    from autofix.report.listings import ConfigResult, ConfiguredValue

    merged = configuration(
        flags, project=project, config_file=config_file, no_config=no_config
    )
    values = {
        name: HIDDEN if setting.secret and value else value
        for name, setting in SETTINGS.items()
        for value in [getattr(merged.config, name)]
    }
    if merged.config.output_format == "json":
        rows: dict[str, ConfiguredValue] = {
            setting.key: {
                "value": values[name],
                "source": merged.origins[name].source,
                "where": merged.origins[name].where,
            }
            for name, setting in SETTINGS.items()
        }
        found = ConfigResult(file=merged.file, settings=rows)
        typer.echo(document(found), nl=False)
        return
    typer.echo(f"# file: {merged.file or 'none'}")
    for name, setting in SETTINGS.items():
        value = values[name]
        if value is None or value == HIDDEN:
            shown = f"# {setting.key}{'' if value is None else f' {value}'}"
        else:
            shown = f"{setting.key} = {_toml(value)}"
        typer.echo(f"{shown:<36} # {merged.origins[name]}")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:g}"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
