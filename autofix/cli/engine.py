"""The engine of a command that makes no run: opened when it is needed."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from autofix.config import Config
    from autofix.engines.opening import Opened


def open_for(command: str, config: Config) -> Opened:
    """
    Open a configuration's engine; what lasts is said on stderr, unless ``quiet``.

    ``command`` is in the labels of what it makes. EngineUnavailableError and its kin.
    """
    from autofix.engines.opening import open_engine
    from autofix.report.escape import escape

    def progress(text: str) -> None:
        if not config.quiet:
            typer.echo(f"autofix: {escape(text)}", err=True)

    return open_engine(
        config,
        run_id=f"{command}-{secrets.token_hex(4)}",
        environment=os.environ,
        progress=progress,
    )
