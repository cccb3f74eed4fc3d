"""The reporter: empty methods that the loop calls and each view overrides."""

from __future__ import annotations

from autofix.core.actions import Action
from autofix.core.model import Diagnosis, Finding, OutputLine, Pin
from autofix.core.observations import Observation
from autofix.core.state import Phase, State
from autofix.result import RunResult


class Reporter:
    """Hear what the loop does; every method may be left as it is."""

    def run_began(self, *, project: str, run_folder: str) -> None:
        """A run began."""

    def phase_began(self, *, phase: Phase, round_: int, action: Action) -> None:
        """An action is about to be performed."""

    def phase_ended(
        self, *, phase: Phase, round_: int, observation: Observation, seconds: float
    ) -> None:
        """An action was performed."""

    def found(self, *, finding: Finding) -> None:
        """Something worth saying was noticed."""

    def diagnosed(self, *, diagnosis: Diagnosis, round_: int) -> None:
        """A failure was recognised."""

    def pinned(self, *, pin: Pin, before: str | None) -> None:
        """A module stands at the server's version; ``before`` is what it had."""

    def output(self, *, phase: Phase, line: OutputLine) -> None:
        """A program wrote a line."""

    def note(self, *, text: str) -> None:
        """A step inside a phase began (an image is pulled, a binary is read)."""

    def standing(self, *, round_: int) -> None:
        """The run stands still after a round, for a person to look inside."""

    def run_ended(self, *, result: RunResult, state: State) -> None:
        """The run ended; called exactly once, also after an error."""
