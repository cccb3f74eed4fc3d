"""A reduction as it goes on: a line for each step that was accepted."""

from __future__ import annotations

from autofix.report.console import ConsoleReporter
from autofix.report.narration import Narration
from autofix.report.plain import PlainReporter


class _Steps(Narration):
    """Tells each accepted step in a line; a live view shows the one under way."""

    step = ""

    @property
    def doing(self) -> str:
        """Return which step is under way."""
        return self.step or super().doing

    def trying(self, *, step: int, noun: str, left: int, without: int) -> None:
        """Remember the step that is under way."""
        self.step = f"step {step}: {noun}, {without} of {left} taken away"

    def accepted(self, *, step: int, noun: str, left: int, of: int) -> None:
        """Say what is left."""
        self.say(f"step {step}: {of} {noun} -> {left}")


class PlainSteps(_Steps, PlainReporter):
    """The steps as lines with their times."""


class LiveSteps(_Steps, ConsoleReporter):
    """The steps on a terminal."""
