"""``autofix reproduce --reduce``: the smallest plugin that still fails the same way."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import AbstractContextManager
from io import StringIO
from pathlib import Path
from typing import Any

import typer

from autofix.cli.options import configuration, stdout_style
from autofix.cli.reproduce import OF_THE_MACHINE
from autofix.engines.opening import open_engine
from autofix.reducing.origin import Origin, of_project, of_run
from autofix.reducing.reducer import Limits
from autofix.reducing.session import reduced
from autofix.report.reduction import reduction_json, reduction_text
from autofix.report.reduction_steps import LiveSteps, PlainSteps
from autofix.report.terminal import terminal
from autofix.runfolder import OWNER, state_home
from autofix.runs import found_run, read_run


def reduce_plugin(
    word: str,
    flags: dict[str, Any],
    *,
    into: Path | None,
    most: int,
    output_format: str,
) -> None:
    """
    Reduce a run or a project and write a scenario; exit with 1 if it is not done.

    ``word`` is what a user calls a run, or a project's folder; ``most`` candidates are
    judged, for ``--max-time`` at most.
    """
    seconds = configuration(flags).config.max_time
    with _origin(word, flags) as origin, _view(quiet=bool(flags.get("quiet"))) as view:
        folder = into or Path(f"reduced-{Path(origin.name).name}")
        opened = open_engine(
            origin.config,
            run_id=secrets.token_hex(4),
            environment=os.environ,
            progress=lambda text: view.note(text=text),
        )
        told = reduced(
            origin,
            opened,
            into=folder.absolute(),
            limits=Limits(steps=most, seconds=seconds),
            watcher=view,
            reporter=view,
        )
    text = (
        reduction_json(told)
        if output_format == "json"
        else reduction_text(told, stdout_style(os.environ))
    )
    typer.echo(text, nl=False)
    raise typer.Exit(0 if told.succeeded else 1)


def _view(*, quiet: bool) -> LiveSteps | PlainSteps:
    screen = terminal(sys.stderr, os.environ)
    if screen.live and not quiet:
        return LiveSteps(sys.stderr, screen)
    return PlainSteps(StringIO() if quiet else sys.stderr)


def _origin(word: str, flags: dict[str, Any]) -> AbstractContextManager[Origin]:
    """Find a project's folder, or a run."""
    folder, state = Path(word), state_home(os.environ)
    if folder.is_dir() and not (folder / OWNER).is_file():
        return of_project(configuration(flags, project=word).config, state)
    config = configuration(flags).config
    given = {
        name: getattr(config, name)
        for name in OF_THE_MACHINE
        if flags.get(name) is not None
    }
    return of_run(read_run(found_run(state, word)), given, state)
