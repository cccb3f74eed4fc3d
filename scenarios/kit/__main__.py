"""``python -m scenarios.kit``: build, look at and remove the kit's images."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from autofix.errors import AutofixError
from scenarios.kit import (
    StepEnded,
    StepNoted,
    StepStarted,
    ensure_images,
    image_states,
    known_tags,
    local_server,
    remove_images,
    remove_local,
)

app = typer.Typer(
    help="Local images for the scenarios, made without a registry.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_SILENCE_SECONDS = 10.0
"""After so long without a line, one of a step's own lines is shown."""

Tags = Annotated[
    list[str] | None,
    typer.Option("--nakama", help=f"Release: {', '.join(known_tags())}; repeatable."),
]


@app.command()
def build(
    nakama: Tags = None,
    ca_bundle: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="CA bundle for the way to the module proxy (default: the machine's).",
        ),
    ] = None,
    *,
    local: Annotated[
        bool,
        typer.Option(
            "--local", help="Only the servers, as programs of this machine: no engine."
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also show what the steps print.")
    ] = False,
) -> None:
    """Make the images that are missing: all releases, or those given."""
    started = time.monotonic()
    said = started

    def progress(event: StepStarted | StepNoted | StepEnded) -> None:
        nonlocal said
        now = time.monotonic()
        match event:
            case StepStarted(step=step):
                text = f"making  {step}"
            case StepEnded(step=step, seconds=seconds):
                text = f"made    {step} in {seconds:.1f} s"
            case StepNoted(step=step, line=line):
                if not verbose and now - said < _SILENCE_SECONDS:
                    return
                text = f"        {step}: {line}"
        said = now
        # One write a line, since the steps run in several threads.
        print(f"{now - started:6.1f}s  {text}\n", end="", flush=True)

    if local:
        for tag in nakama or known_tags():
            print(local_server(tag, progress))
        return
    images = ensure_images(nakama or known_tags(), progress, ca_bundle=ca_bundle)
    seconds = time.monotonic() - started
    print(f"{len(images.made)} images made in {seconds:.1f} s; all are there.")


@app.command()
def status(nakama: Tags = None) -> None:
    """Show each image: current, outdated or missing; exit 1 unless all current."""
    states = image_states(nakama or ())
    for state in states:
        word = "current" if state.current else "outdated"
        print(f"{word if state.present else 'missing':9}{state.reference}")
    if not all(state.current for state in states):
        raise typer.Exit(1)


@app.command()
def remove() -> None:
    """Remove all images, containers and volumes the kit ever made."""
    for name in (*remove_local(), *remove_images()):
        print(f"removed  {name}")


def main() -> None:
    """Run the command line; an error ends it with its own exit code."""
    try:
        app()
    except AutofixError as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from error


if __name__ == "__main__":
    main()
