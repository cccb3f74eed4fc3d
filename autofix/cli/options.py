"""
Options made from ``Config``'s own fields, and help that groups them.

A command lists the groups of settings it takes; their flags, help and metavars come
from the declaration in ``autofix.config``, so a flag cannot exist without its
variable and its key.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from autofix.config import SETTINGS, Kind, Setting
from autofix.core.sizes import words_of_size

if TYPE_CHECKING:
    from autofix.layers import Configuration
    from autofix.report.text import Style

Project = Annotated[
    str,
    typer.Argument(
        metavar="PROJECT",
        show_default=False,
        help="A folder in or above the plugin's Go module; by default this one.",
    ),
]
ConfigFile = Annotated[
    str | None,
    typer.Option(
        "--config-file",
        metavar="FILE",
        envvar="AUTOFIX_CONFIG_FILE",
        show_envvar=False,
        rich_help_panel="Configuration",
        help="Read this file instead of the project's autofix.toml.",
    ),
]
NoConfig = Annotated[
    bool,
    typer.Option(
        "--no-config",
        envvar="AUTOFIX_NO_CONFIG",
        show_envvar=False,
        rich_help_panel="Configuration",
        help="Read no autofix.toml.",
    ),
]

OutputFormat = Annotated[
    Literal["text", "json"],
    typer.Option(
        "--output-format", metavar="text|json", help="How the result is written."
    ),
]


TO_PLAN = (
    "nakama",
    "package",
    "engine",
    "server",
    "server_image",
    "builder_image",
    "kit",
    "modules_txt",
    "tags",
    "ca_bundle",
    "output",
    "quiet",
)
"""Settings of commands that plan as a run does, and change nothing."""


def takes(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    Give a command the options of these settings or groups of settings.

    The command declares ``**flags: Any`` in their place and receives every option,
    None where it was not given; ``configuration`` makes the Config of them.
    """
    settings = [s for s in SETTINGS.values() if s.group in names or s.name in names]

    def add_options(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        own = signature.parameters.values()
        parameters = [
            *(each for each in own if each.kind is each.POSITIONAL_OR_KEYWORD),
            *(_parameter(setting) for setting in settings),
            *(each for each in own if each.kind is each.KEYWORD_ONLY),
        ]
        new = signature.replace(parameters=parameters)
        command.__signature__ = new  # type: ignore[attr-defined]
        return command

    return add_options


def _parameter(setting: Setting) -> inspect.Parameter:
    switch = setting.kind is Kind.SWITCH
    flag = f"{setting.flag}/--no-{setting.key}" if switch else setting.flag
    option = typer.Option(
        *(name for name in (flag, setting.short, *setting.aliases) if name),
        metavar=None if switch else _metavar(setting),
        help=_help(setting),
        rich_help_panel=setting.group,
        show_default=False,
    )
    # Values stay text here: autofix.layers judges them alike in every layer.
    value = bool | None if switch else str | None
    return inspect.Parameter(
        setting.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[value, option],
    )


def _metavar(setting: Setting) -> str:
    return setting.metavar or "|".join(setting.choices) or "TEXT"


def _help(setting: Setting) -> str:
    if setting.kind is Kind.SWITCH or setting.default in {"", None}:
        return setting.words
    default = setting.default
    if setting.kind is Kind.SECONDS:
        default = _duration(float(str(default)))
    if setting.kind is Kind.BYTES:
        default = words_of_size(int(str(default))).replace(" ", "")
    return f"{setting.words} [default: {default}]"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number)


def configuration(
    flags: dict[str, Any],
    *,
    project: str = ".",
    config_file: str | None = None,
    no_config: bool = False,
) -> Configuration:
    """Merge the options of a command with the environment and the file."""
    from autofix.layers import load

    merged = load(
        project=Path(project),
        flags={name: value for name, value in flags.items() if value is not None},
        environment=os.environ,
        config_file=Path(config_file) if config_file else None,
        use_file=not no_config,
    )
    for name in merged.unknown_variables:
        typer.echo(f"autofix: {name} is set, but there is no such setting.", err=True)
    return merged


def written_again(flags: Mapping[str, Any]) -> tuple[str, ...]:
    """Return options as they were given, to be written into another command."""
    words: list[str] = []
    for name, value in flags.items():
        setting = SETTINGS[name]
        if value is None or setting.secret:
            continue
        if setting.kind is Kind.SWITCH:
            words.append(setting.flag if value else f"--no-{setting.key}")
        else:
            words += [setting.flag, str(value)]
    return tuple(words)


def stdout_style(environment: Mapping[str, str]) -> Style:
    """Return how text on stdout may look."""
    from autofix.report.terminal import terminal
    from autofix.report.text import Style

    screen = terminal(sys.stdout, environment)
    return Style(width=screen.width, paint=screen.paint)


class GroupedCommand(TyperCommand):
    """A command whose help shows its options by group, without importing Rich."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write one section a group, in the order of declaration."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                section = getattr(parameter, "rich_help_panel", None) or "Options"
                names = _names(record[0])
                if parameter.param_type_name == "argument":
                    section, names = "Arguments", names.split()[0]
                sections.setdefault(section, []).append((names, record[1]))
        for name in (*(n for n in sections if n != "Options"), "Options"):
            with formatter.section(name):
                formatter.write_dl(sections[name], col_max=26)


def _names(names: str) -> str:
    """Write both forms of a switch as git does: ``--[no-]dry-run``."""
    first, _, _ = names.partition(" / ")
    if " / " not in names:
        return names
    return re.sub(r"--(?=\w)", "--[no-]", first, count=1)


def example(*lines: str) -> str:
    """Return an epilog with examples; the mark keeps their lines apart."""
    return "\b\n" + "\n".join(("Examples:", *(f"  {line}" for line in lines)))
