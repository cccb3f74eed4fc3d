"""What a reduction asks of the machine; tests answer it by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from autofix.core.gocuts import GoFile
from autofix.core.gomod import GoMod, ModEdit
from autofix.core.sameness import Failure


class Oracle(Protocol):
    """Judges candidates, reads and edits them; each is a whole project's folder."""

    def still_fails(self, folder: Path, failure: Failure) -> bool:
        """Tell whether a candidate fails the same way."""
        ...

    def server_modules(self) -> dict[str, str]:
        """Map each module that the server links to its version."""
        ...

    def go_parts(self, folder: Path, names: Sequence[str]) -> tuple[GoFile, ...]:
        """List what may be taken from the Go files named, relative to the folder."""
        ...

    def formatted(self, folder: Path, names: Sequence[str]) -> dict[str, bytes]:
        """Return the Go files named, formatted."""
        ...

    def go_mod(self, folder: Path) -> GoMod | None:
        """Read the plugin's go.mod; None if the go command cannot."""
        ...

    def edited(self, folder: Path, edit: ModEdit) -> Edits:
        """Return go.mod and go.sum as they are after an edit, completed."""
        ...

    def summed(self, folder: Path) -> bytes:
        """Return a go.sum with only what building the plugin needs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """
    What became of an edit: the files' contents, and go.mod as the go command reads it.

    ``gomod`` is None if the go command cannot read it at all.
    """

    files: dict[str, bytes]
    gomod: GoMod | None
