"""One plain line an event, for logs and CI; a sign of life when nothing happens."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from autofix.core.actions import Action
from autofix.core.model import OutputLine
from autofix.core.state import Phase
from autofix.report.escape import escape
from autofix.report.heartbeat import SILENCE, Heartbeat
from autofix.report.narration import Narration
from autofix.report.terminal import Paint, Tone


def unpainted(text: str, _tone: Tone) -> str:
    """Return the text as it is."""
    return text


class PlainReporter(Narration):
    """Write each event as one line with its time; a context manager."""

    def __init__(
        self,
        stream: TextIO,
        *,
        clock: Callable[[], float] = time.monotonic,
        verbose: bool = False,
        silence: float = SILENCE,
        paint: Paint = unpainted,
    ) -> None:
        super().__init__(clock=clock, verbose=verbose)
        self._stream = stream
        self._paint = paint
        self._lock = threading.Lock()
        self._last_output = ""
        self._heart = Heartbeat(self._beat, silence=silence)

    def __enter__(self) -> Self:
        self._heart.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._heart.__exit__(kind, error, traceback)

    def say(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Write one line at once."""
        stamp = f"[{self.clock() - self.began:7.1f}s]"
        # Whoever read this may have gone (``| head``); the run goes on without them.
        with self._lock, contextlib.suppress(BrokenPipeError):
            self._stream.write(f"{stamp} {self._paint(text, tone)}\n")
            self._stream.flush()
        self._heart.spoke()

    def phase_began(self, *, phase: Phase, round_: int, action: Action) -> None:
        """Say what is being done."""
        super().phase_began(phase=phase, round_=round_, action=action)
        self._last_output = ""
        self.say(self.doing)

    def note(self, *, text: str) -> None:
        """Say which step of a phase began."""
        self.say(f"  {escape(text)}", Tone.FAINT)

    def output(self, *, phase: Phase, line: OutputLine) -> None:
        """Remember the line for the next sign of life."""
        super().output(phase=phase, line=line)
        self._last_output = line.text

    def _beat(self) -> None:
        last = f"; last line: {escape(self._last_output, longest=120)}"
        since = self.since(self.phase_since)
        self.say(f"still {self.doing}, {since}{last if self._last_output else ''}")
