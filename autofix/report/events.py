"""The same events for machines: one JSON object a line."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TextIO

from autofix.core.actions import Action
from autofix.core.model import Diagnosis, Finding, OutputLine, Pin
from autofix.core.observations import Built, Failed, Loaded, Observation, Started
from autofix.core.state import Phase, State
from autofix.report.base import Reporter
from autofix.report.escape import LONGEST
from autofix.report.event_lines import (
    Diagnosed,
    Event,
    Noticed,
    Output,
    PhaseBegan,
    PhaseEnded,
    Pinned,
    RunBegan,
    RunEnded,
    StepBegan,
    StillRunning,
)
from autofix.report.heartbeat import SILENCE, Heartbeat
from autofix.report.json import bare
from autofix.result import SCHEMA_VERSION, RunResult


class EventReporter(Reporter):
    """Write each event with its data; ``outputs`` adds every line of the programs."""

    def __init__(self, stream: TextIO, *, outputs: bool = False) -> None:
        self._stream = stream
        self._outputs = outputs

    def run_began(self, *, project: str, run_folder: str) -> None:
        """Write ``run began`` with the version of the events' schema."""
        self._write(
            RunBegan(
                event="run began",
                schema_version=SCHEMA_VERSION,
                project=project,
                run_folder=run_folder,
            )
        )

    def phase_began(self, *, phase: Phase, round_: int, action: Action) -> None:
        """Write ``phase began`` with the action's name."""
        name = type(action).__name__
        self._write(
            PhaseBegan(event="phase began", phase=phase, round=round_, action=name)
        )

    def phase_ended(
        self, *, phase: Phase, round_: int, observation: Observation, seconds: float
    ) -> None:
        """Write ``phase ended`` with the observation's name and its figures."""
        ended = PhaseEnded(
            event="phase ended",
            phase=phase,
            round=round_,
            observation=type(observation).__name__,
            seconds=round(seconds, 3),
        )
        match observation:
            case Built(artifact=artifact):
                ended |= {"size": artifact.size, "sha256": artifact.sha256}
            case Started(modules=modules):
                ended |= {"modules": modules}
            case Failed(evidence=evidence) | Loaded(evidence=evidence):
                ended |= {"exit": evidence.exit_code, "timed_out": evidence.timed_out}
            case _:
                pass
        self._write(ended)

    def found(self, *, finding: Finding) -> None:
        """Write ``finding``."""
        self._write(
            Noticed(
                event="finding",
                name=finding.name,
                text=finding.text,
                answer=finding.answer,
            )
        )

    def diagnosed(self, *, diagnosis: Diagnosis, round_: int) -> None:
        """Write ``failure diagnosed`` with the whole diagnosis."""
        self._write(
            Diagnosed(event="failure diagnosed", round=round_, diagnosis=diagnosis)
        )

    def pinned(self, *, pin: Pin, before: str | None) -> None:
        """Write ``module pinned``."""
        self._write(
            Pinned(
                event="module pinned",
                module=pin.module,
                before=before,
                after=pin.version,
                package=pin.package,
                round=pin.round,
            )
        )

    def output(self, *, phase: Phase, line: OutputLine) -> None:
        """Write ``output`` if asked to."""
        if self._outputs:
            text = line.text[:LONGEST]
            self._write(
                Output(event="output", phase=phase, stream=line.stream, text=text),
                level="debug",
            )

    def note(self, *, text: str) -> None:
        """Write ``step began``."""
        self._write(StepBegan(event="step began", text=text))

    def run_ended(self, *, result: RunResult, state: State) -> None:
        """Write ``run ended`` with the verdict."""
        self._write(
            RunEnded(
                event="run ended",
                ending=result.ending.kind if result.ending else None,
                error=result.error or None,
                exit_code=result.exit_code,
                pins=len(result.pins),
                rounds=state.round,
                seconds=round(result.seconds, 3),
            )
        )

    def _write(self, event: Event, *, level: str = "info") -> None:
        """Write a whole line at once: a kill right after loses nothing of it."""
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        line = {"level": level, "time": now, **event}
        self._stream.write(f"{json.dumps(bare(line), sort_keys=True)}\n")
        self._stream.flush()


class EventView(EventReporter):
    """The events as a view, which also says that a long step lives; a context manager."""

    def __init__(
        self,
        stream: TextIO,
        *,
        outputs: bool = False,
        clock: Callable[[], float] = time.monotonic,
        silence: float = SILENCE,
    ) -> None:
        super().__init__(stream, outputs=outputs)
        self._clock = clock
        self._lock = threading.Lock()
        self._phase: Phase | None = None
        self._round = 0
        self._since = clock()
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

    def phase_began(self, *, phase: Phase, round_: int, action: Action) -> None:
        """Write it, and remember since when."""
        self._phase, self._round, self._since = phase, round_, self._clock()
        super().phase_began(phase=phase, round_=round_, action=action)

    def _beat(self) -> None:
        self._write(
            StillRunning(
                event="still running",
                phase=self._phase,
                round=self._round,
                seconds=round(self._clock() - self._since, 3),
            )
        )

    def _write(self, event: Event, *, level: str = "info") -> None:
        # Whoever read this may have gone (``| head``); the run goes on without them.
        with self._lock, contextlib.suppress(BrokenPipeError):
            super()._write(event, level=level)
        self._heart.spoke()
