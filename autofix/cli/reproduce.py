"""``autofix reproduce``: look at a past run again, on this machine, today."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autofix.cli.engine import open_for
from autofix.cli.options import OutputFormat, configuration, stdout_style, takes
from autofix.errors import UsageError

if TYPE_CHECKING:
    from autofix.config import Config
    from autofix.runs import Run
    from autofix.unbundling import Bundle

OF_THE_MACHINE = (
    *("engine", "server", "database", "server_image", "builder_image", "kit"),
    *("server_config", "ca_bundle"),
)
SOURCES_NEEDED = "--no-sources and --with-private are for --bundle."


@takes(*OF_THE_MACHINE, "max_time", "quiet", "verbose")
def reproduce(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN|FILE",
            help="A run: its folder, name or id, the beginning of one, or 'latest'; or "
            "a bundle of one.",
        ),
    ] = "latest",
    out: Annotated[
        Path | None,
        typer.Argument(
            metavar="OUT",
            show_default=False,
            help="With --bundle, the file to write: .tar.gz or .tar.zst.",
        ),
    ] = None,
    *,
    replay: Annotated[
        bool,
        typer.Option(
            "--replay",
            help="Only feed what was seen then to this version's automaton; nothing "
            "is built or started.",
        ),
    ] = False,
    at: Annotated[
        int | None,
        typer.Option(
            "--at",
            metavar="ROUND",
            min=0,
            help="Stop after this round with everything still open, and tell how to "
            "get inside (0: before the first build).",
        ),
    ] = None,
    bundle: Annotated[
        bool,
        typer.Option(
            "--bundle",
            help="Pack the run into one file for others, without what is secret.",
        ),
    ] = False,
    no_sources: Annotated[
        bool,
        typer.Option(
            "--no-sources",
            help="In a bundle, only modules, hashes and logs: enough to replay and to "
            "compare, not to run again.",
        ),
    ] = False,
    with_private: Annotated[
        bool,
        typer.Option(
            "--with-private",
            help="In a bundle, also vendored modules that GOPRIVATE names.",
        ),
    ] = False,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust",
            help="Let the builds of somebody's bundle fetch private modules as I can.",
        ),
    ] = False,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into",
            metavar="DIR",
            help="Restore the sources to this new folder, and leave them there.",
        ),
    ] = None,
    reduce: Annotated[
        bool,
        typer.Option(
            "--reduce",
            help="Take away what the failure does not need, of a run or of a project's "
            "folder: the smallest plugin that still fails so, as a scenario in --into.",
        ),
    ] = False,
    max_steps: Annotated[
        int,
        typer.Option(metavar="N", min=1, help="Build at most N candidates (--reduce)."),
    ] = 500,
    output_format: OutputFormat = "text",
    **flags: Any,
) -> None:
    """
    Run a past run again from what it began with, and compare the ends.

    Sources, settings, server and builder are those of that run; the project itself is
    not touched. Exits with 0 if it ends the same way for the same reason, else with 1.
    """
    from autofix.runfolder import state_home
    from autofix.runs import read_run
    from autofix.unbundling import named_run

    if reduce:
        from autofix.cli.reduce import reduce_plugin

        if replay or bundle or at is not None:
            raise UsageError("--reduce goes with neither --replay, --bundle nor --at.")
        format_ = output_format
        reduce_plugin(run, flags, into=into, most=max_steps, output_format=format_)
    _refuse_mixtures(bundle=bundle, replay=replay, at=at, out=out, into=into)
    if (no_sources or with_private) and not bundle:
        raise UsageError(SOURCES_NEEDED)
    with named_run(state_home(os.environ), run) as (path, came_in):
        past = read_run(path)
        if bundle:
            from autofix.cli.bundle import bundle_run

            given = (past, out, output_format)
            bundle_run(*given, sources=not no_sources, with_private=with_private)
        elif replay:
            _replay(past, output_format)
        else:
            _again(
                past,
                came_in,
                flags,
                at=at,
                into=into,
                trust=trust,
                output_format=output_format,
            )


def _refuse_mixtures(
    *, bundle: bool, replay: bool, at: int | None, out: Path | None, into: Path | None
) -> None:
    chosen = [
        flag
        for flag, is_given in (
            ("--bundle", bundle),
            ("--replay", replay),
            ("--at", at is not None),
        )
        if is_given
    ]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)} exclude each other.")
    if out is not None and not bundle:
        raise UsageError(f"{out} is for --bundle, which was not given.")
    if into is not None and (replay or bundle):
        raise UsageError(f"{chosen[0]} restores nothing, so --into is not for it.")


def _replay(past: Run, output_format: str) -> None:
    from autofix.replaying import replayed
    from autofix.report.replay import replay_json, replay_text

    again = replayed(past)
    text = (
        replay_json(again)
        if output_format == "json"
        else replay_text(again, stdout_style(os.environ))
    )
    typer.echo(text, nl=False)
    raise typer.Exit(0 if again.difference is None else 1)


def _again(
    past: Run,
    bundle: Bundle | None,
    flags: dict[str, Any],
    *,
    at: int | None,
    into: Path | None,
    trust: bool,
    output_format: str,
) -> None:
    from dataclasses import replace

    from autofix.inputs import read_inputs
    from autofix.report.reproduction import reproduction_json, reproduction_text
    from autofix.reproducing import beside, config_of
    from autofix.runs import read_run
    from autofix.sameserver import settings_again
    from autofix.scratch import scratch_folder

    given = _given(flags)
    if bundle is not None:
        from autofix.cli.bundle import require_sources

        require_sources(bundle)
    inputs = read_inputs(past.about.path)
    with ExitStack() as stack:
        if bundle is not None and not trust:
            from autofix.cli.bundle import nothing_private

            stack.enter_context(nothing_private(os.environ))
        where = settings_again(
            past, given, foreign=bundle is not None, open_engine=_containers
        )
        # Standing still has a limit of its own: the run keeps its.
        seconds = past.header.policy.max_seconds
        if at is not None:
            seconds = where.pop("max_time", seconds)
        folder = _empty(into) if into else stack.enter_context(scratch_folder())
        config = config_of(
            past, inputs, into=folder, where=where, foreign=bundle is not None
        )
        path = _perform(config, at, seconds)
        if at is not None:
            return
        told = beside(past, read_run(path))
    if bundle is not None:
        about = replace(past.about, path=bundle.file.absolute())
        told = replace(told, then=replace(past, about=about))
    text = (
        reproduction_json(told)
        if output_format == "json"
        else reproduction_text(told, stdout_style(os.environ))
    )
    typer.echo(text, nl=False)
    raise typer.Exit(0 if told.reproduced else 1)


def _given(flags: dict[str, Any]) -> dict[str, Any]:
    """Return what the user says of this machine, by flag or by variable."""
    from autofix.layers import Source

    merged = configuration(flags, no_config=True)
    mine = (Source.FLAG, Source.ENVIRONMENT)
    return {
        name: getattr(merged.config, name)
        for name in flags
        if merged.origins[name].source in mine
    }


def _containers() -> Any:
    """Open the engine of containers, to see which images can be had."""
    from autofix.config import Config

    return open_for("reproduce", Config(engine="docker")).engine


def _empty(folder: Path) -> Path:
    from autofix.durable import disk_errors

    with disk_errors(f"{folder} cannot be made"):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty.", todo="Give a new folder.")
    return folder.absolute()


def _perform(config: Config, at: int | None, seconds: float) -> Path:
    """Run as 'autofix run' does; return the folder of that run."""
    from autofix.cli.bundle import standing_still
    from autofix.cli.execution import attempt
    from autofix.errors import HaltedRunError
    from autofix.project import find_project

    halt = standing_still(at, seconds) if at is not None else None
    made = attempt(config, find_project(config.project), halt=halt)
    stopped = isinstance(made.error, HaltedRunError)
    if made.error is not None and not stopped and (halt or not made.result.run_folder):
        raise made.error
    return Path(made.result.run_folder)
