"""Where a command's result goes: to stdout, or to the file that was asked for."""

from __future__ import annotations

from pathlib import Path

import typer

from autofix.durable import disk_errors, write_durably


def publish(text: str, output: Path | None, *, what: str = "result") -> None:
    """Write a result that ends with a newline; DiskFullError, ReadOnlyError."""
    if output is None:
        typer.echo(text, nl=False)
        return
    with disk_errors(f"The {what} cannot be written to {output}"):
        write_durably(output, text.encode())
