"""Several reporters heard as one."""

from __future__ import annotations

from autofix.core.actions import Action
from autofix.core.model import Diagnosis, Finding, OutputLine, Pin
from autofix.core.observations import Observation
from autofix.core.state import Phase, State
from autofix.report.base import Reporter
from autofix.result import RunResult


class Fanout(Reporter):
    """Pass every event on, in the order the reporters were given."""

    def __init__(self, *reporters: Reporter) -> None:
        self._reporters = reporters

    def run_began(self, *, project: str, run_folder: str) -> None:
        """Pass it on."""
        for each in self._reporters:
            each.run_began(project=project, run_folder=run_folder)

    def phase_began(self, *, phase: Phase, round_: int, action: Action) -> None:
        """Pass it on."""
        for each in self._reporters:
            each.phase_began(phase=phase, round_=round_, action=action)

    def phase_ended(
        self, *, phase: Phase, round_: int, observation: Observation, seconds: float
    ) -> None:
        """Pass it on."""
        for each in self._reporters:
            each.phase_ended(
                phase=phase, round_=round_, observation=observation, seconds=seconds
            )

    def found(self, *, finding: Finding) -> None:
        """Pass it on."""
        for each in self._reporters:
            each.found(finding=finding)

    def diagnosed(self, *, diagnosis: Diagnosis, round_: int) -> None:
        """Pass it on."""
        for each in self._reporters:
            each.diagnosed(diagnosis=diagnosis, round_=round_)

    def pinned(self, *, pin: Pin, before: str | None) -> None:
        """Pass it on."""
        for each in self._reporters:
            each.pinned(pin=pin, before=before)

    def output(self, *, phase: Phase, line: OutputLine) -> None:
        """Pass it on."""
        for each in self._reporters:
            each.output(phase=phase, line=line)

    def note(self, *, text: str) -> None:
        """Pass it on."""
        for each in self._reporters:
            each.note(text=text)

    def standing(self, *, round_: int) -> None:
        """Pass it on."""
        for each in self._reporters:
            each.standing(round_=round_)

    def run_ended(self, *, result: RunResult, state: State) -> None:
        """Pass it on."""
        for each in self._reporters:
            each.run_ended(result=result, state=state)
