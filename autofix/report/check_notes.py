"""What a check does at the moment, as plain lines."""

from __future__ import annotations

from typing import TextIO

from autofix.report.base import Reporter
from autofix.report.escape import escape


class Notes(Reporter):
    """Write each step's note; what is found is in the result."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def note(self, *, text: str) -> None:
        """Say that a step began."""
        self._stream.write(f"autofix: {escape(text)}\n")
