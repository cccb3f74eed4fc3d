"""``autofix compare``: all that differs between a server and a plugin, from the files."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from autofix.cli.engine import open_for
from autofix.cli.options import configuration, stdout_style, takes

if TYPE_CHECKING:
    from autofix.config import Config
    from autofix.core.compare import Comparison
    from autofix.core.imports import Imports
    from autofix.engines.opening import RunEngine

GO_LIST = "go list -deps -f '{{.ImportPath}}{{range .Imports}} {{.}}{{end}}' ."


@takes("kit", "output")
def compare(
    server: Annotated[
        str,
        typer.Argument(
            metavar="SERVER",
            show_default=False,
            help="The server: its binary, its image, a release of Nakama (3.40.0), or "
            "an autofix.lock. Alone: a past run (its folder, or a bundle).",
        ),
    ],
    plugin: Annotated[
        str | None,
        typer.Argument(
            metavar="PLUGIN",
            show_default=False,
            help="The plugin: a .so file, or IMAGE:/path/in/it.",
        ),
    ] = None,
    *,
    round_: Annotated[
        int | None,
        typer.Option(
            "--round",
            metavar="N",
            min=0,
            show_default=False,
            help="Of a past run, what this round compared; by default the last one.",
        ),
    ] = None,
    imports: Annotated[
        str | None,
        typer.Option(
            "--imports",
            metavar="FILE|-",
            show_default=False,
            help="What the plugin's packages import, so that cascades are told from "
            f"other source: {GO_LIST}",
        ),
    ] = None,
    output_format: Annotated[
        Literal["text", "json", "html"],
        typer.Option(
            "--output-format",
            metavar="text|json|html",
            help="How the result is written; html is a picture of the import tree.",
        ),
    ] = "text",
    **flags: Any,
) -> None:
    """
    Show every package in which a plugin differs from its server, and why.

    Both files are only read. What an image's server links is kept, so that it is read
    once, and a release read before needs no engine. Exits with 0 if the server's loader has nothing to object
    to, else with 1.
    """
    from autofix.cli.output import publish

    config = configuration(flags).config
    if plugin is None:
        comparison = _of_a_run(server, round_, imports)
    else:
        comparison = _of_files(server, plugin, config, imports)
    text = _rendered(comparison, output_format, in_file=config.output is not None)
    publish(text, config.output)
    raise typer.Exit(0 if comparison.equal else 1)


def _of_files(
    server: str, plugin: str, config: Config, imports: str | None
) -> Comparison:
    from autofix.comparing import Reader, compared
    from autofix.logs import configure_logging
    from autofix.servercache import ServerCache

    configure_logging(log_format="console", level=logging.WARNING, colors=False)
    cache = ServerCache.of(os.environ)
    with Reader(open_engine=_engine, kit=config.kit, cache=cache) as reader:
        return compared(reader, server, plugin, imports=_imports(imports))


def _of_a_run(word: str, round_: int | None, imports: str | None) -> Comparison:
    """Compare once more what a past run compared."""
    from autofix.errors import UsageError
    from autofix.linkedfiles import compared_again
    from autofix.runfolder import state_home
    from autofix.unbundling import is_bundle, named_run

    if Path(word).is_file() and not is_bundle(Path(word)):
        raise UsageError(
            f"Which PLUGIN is {word} to be compared with?",
            why="Only a past run, or a bundle of one, is compared without one.",
            todo=f"autofix compare {word} backend.so",
        )
    with named_run(state_home(os.environ), word) as (folder, _):
        return compared_again(folder, round_=round_, imports=_imports(imports))


def _rendered(comparison: Comparison, output_format: str, *, in_file: bool) -> str:
    if output_format == "json":
        from autofix.report.comparison_json import comparison_json

        return comparison_json(comparison)
    if output_format == "html":
        from autofix.report.comparison_html import comparison_html

        return comparison_html(comparison)
    from autofix.report.comparison_text import comparison_text

    return comparison_text(comparison, None if in_file else stdout_style(os.environ))


def _imports(name: str | None) -> Imports | None:
    from autofix.comparing import read_imports
    from autofix.durable import disk_errors

    if name is None:
        return None
    if name == "-":
        return read_imports(sys.stdin.read(), "standard input")
    with disk_errors("The imports cannot be read"):
        return read_imports(Path(name).read_text("utf-8", "replace"), name)


def _engine() -> RunEngine:
    from autofix.config import Config

    return open_for("compare", Config(engine="docker")).engine  # images are containers'
