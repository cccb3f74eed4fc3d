"""Where a command's result goes: stdout or a file, and whoever wants to hear of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from autofix.durable import disk_errors, write_durably

if TYPE_CHECKING:
    from autofix.notifying import Message, Notifier


def send(notifier: Notifier | None, message: Message) -> None:
    """Send a message if somebody is to hear; say if not everybody got it."""
    if notifier is not None and not notifier.tell(message):
        typer.echo("autofix: The notification could not be sent.", err=True)


def publish(text: str, output: Path | None, *, what: str = "result") -> None:
    """Write a result that ends with a newline; DiskFullError, ReadOnlyError."""
    if output is None:
        typer.echo(text, nl=False)
        return
    with disk_errors(f"The {what} cannot be written to {output}"):
        write_durably(output, text.encode())
