"""What is said while a run goes on; the views decide how it looks."""

from __future__ import annotations

from collections.abc import Callable

from autofix.core.actions import Action
from autofix.core.duration import words_of
from autofix.core.model import Answer, Diagnosis, Finding, OutputLine, Pin
from autofix.core.observations import Observation
from autofix.core.state import Phase
from autofix.report import words
from autofix.report.base import Reporter
from autofix.report.escape import escape
from autofix.report.terminal import Tone


class Narration(Reporter):
    """
    Turn events into lines; a view overrides ``say`` and whatever it shows live.

    ``clock`` is monotonic seconds; ``verbose`` also repeats what the programs print.
    """

    def __init__(self, *, clock: Callable[[], float], verbose: bool = False) -> None:
        self.clock = clock
        self.verbose = verbose
        self.began = clock()
        self.phase_since = self.began
        self.phase: Phase | None = None
        self.round = 0
        self.edit = ""
        self.stands = False

    def say(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Show one line for good; ``text`` is escaped already."""
        raise NotImplementedError

    @property
    def doing(self) -> str:
        """Return what is being done: ``round 2: building the plugin``."""
        if self.stands:
            return f"standing still after round {self.round}"
        if self.phase is None:
            return "getting ready"
        edit = f": {self.edit}" if self.edit else ""
        return self._in_round(f"{words.DOING[self.phase]}{edit}")

    def _in_round(self, text: str) -> str:
        return f"round {self.round}: {text}" if self.round else text

    def run_began(self, *, project: str, run_folder: str) -> None:
        """Say where."""
        self.say(f"project {escape(project)}", Tone.STRONG)
        self.say(f"run folder {escape(run_folder)}", Tone.FAINT)

    def phase_began(self, *, phase: Phase, round_: int, action: Action) -> None:
        """Remember the phase; views show ``doing``."""
        self.edit = escape(words.edited(action))
        self.phase, self.round, self.phase_since = phase, round_, self.clock()

    def standing(self, *, round_: int) -> None:
        """Remember that nothing is done any more; views show ``doing``."""
        self.stands, self.round, self.phase_since = True, round_, self.clock()

    def phase_ended(
        self, *, phase: Phase, round_: int, observation: Observation, seconds: float
    ) -> None:
        """Say what came of it, unless a diagnosis or a pin will."""
        del phase
        self.round = round_
        if text := words.ended(observation, seconds):
            self.say(self._in_round(text), Tone.GOOD)

    def found(self, *, finding: Finding) -> None:
        """Say what was noticed and what is done about it."""
        answer = f" {escape(finding.answer)}" if finding.answer else ""
        self.say(f"note: {escape(finding.text)}{answer}", Tone.CARE)

    def diagnosed(self, *, diagnosis: Diagnosis, round_: int) -> None:
        """Say what failed, in the program's own words where they name the package."""
        self.round = round_
        self.say(self._in_round(words.judged(diagnosis)), Tone.BAD)
        if diagnosis.answer is not Answer.PIN and diagnosis.quoted:
            self.say(f"    it said: {words.said(diagnosis.quoted)}", Tone.FAINT)

    def pinned(self, *, pin: Pin, before: str | None) -> None:
        """Say which module moved from where to where."""
        self.say(f"round {pin.round}: {words.pinned(pin, before)}", Tone.NAME)

    def output(self, *, phase: Phase, line: OutputLine) -> None:
        """Repeat a program's line when asked to."""
        if self.verbose:
            self.say(f"    {phase.value} | {escape(line.text)}", Tone.FAINT)

    def since(self, moment: float) -> str:
        """Return how long ago a moment was."""
        return words_of(self.clock() - moment)
