"""What ``autofix reproduce`` does besides running again: bundles, and standing still."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from autofix.cli.options import stdout_style

if TYPE_CHECKING:
    from autofix.halting import Halt, Pause
    from autofix.runs import Run
    from autofix.unbundling import Bundle

_KEPT_BY_GO = ("GOPROXY", "GOSUMDB", "GOINSECURE")
_PRIVATE = ("GOPRIVATE", "GONOPROXY", "GONOSUMDB", "SSH_AUTH_SOCK")


def bundle_run(
    run: Run, out: Path | None, output_format: str, *, sources: bool, with_private: bool
) -> None:
    """Write a bundle and tell what is in it."""
    from autofix.bundledsources import PRIVATE, private_patterns
    from autofix.bundling import write_bundle
    from autofix.engines.docker.access import go_variables
    from autofix.report.bundle import bundle_json, bundle_text

    known = {} if with_private else go_variables(os.environ, PRIVATE)
    written = write_bundle(
        run,
        out or Path(f"autofix-{run.about.run_id}.tar.gz"),
        sources=sources,
        private=private_patterns(known),
    )
    text = (
        bundle_json(written)
        if output_format == "json"
        else bundle_text(written, stdout_style(os.environ))
    )
    typer.echo(text, nl=False)


def require_sources(bundle: Bundle) -> None:
    """Say what a bundle lacks or covers; BundleError if it lacks its sources."""
    from autofix.errors import BundleError
    from autofix.report.escape import escape

    if not bundle.manifest.sources:
        raise BundleError(
            f"{bundle.file} was made without the sources of its run.",
            todo=f"It can be replayed (autofix reproduce {bundle.file} --replay) and "
            f"compared (autofix compare {bundle.file}).",
        )
    for each in bundle.manifest.left_out:
        if each.name.startswith(("project", "given", "server-config")):
            text = f"autofix: left out or covered in it: {escape(each.name)}: "
            typer.echo(text + escape(each.why), err=True)


@contextmanager
def nothing_private(environment: MutableMapping[str, str]) -> Iterator[None]:
    """
    Give builders no access to private modules: code of a stranger's is built in them.

    What says how public modules are fetched stays, without credentials.
    """
    from autofix.core.credentials import without_credentials
    from autofix.engines.docker.access import go_variables

    before = dict(environment)
    public = {
        name: value
        for name, value in go_variables(environment, _KEPT_BY_GO).items()
        if without_credentials(value) == value
    }
    for name in (*_PRIVATE, *_KEPT_BY_GO):
        environment.pop(name, None)
    environment.update(public | {"GOENV": "off", "NETRC": os.devnull})
    try:
        yield
    finally:
        environment.clear()
        environment.update(before)


def standing_still(round_: int, seconds: float) -> Halt:
    """Return a halt after a round, which lasts until Enter, a signal or ``seconds``."""
    from autofix.core.duration import words_of
    from autofix.halting import Halt, wait_for_a_person
    from autofix.report.doors import pause_text
    from autofix.report.terminal import terminal
    from autofix.report.text import Style

    ends = "Press Enter or Ctrl-C" if sys.stdin.isatty() else "Send SIGINT or SIGTERM"

    def show(pause: Pause) -> None:
        screen = terminal(sys.stderr, os.environ)
        style = Style(width=screen.width, paint=screen.paint)
        how = f"{ends} to remove all this; it stays {words_of(seconds)} at most."
        typer.echo(pause_text(pause, how, style), nl=False, err=True)

    return Halt(round=round_, show=show, wait=lambda: wait_for_a_person(seconds))
