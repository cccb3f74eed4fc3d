"""The same events for machines: one JSON object a line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, TextIO

from autofix.core.actions import Action
from autofix.core.model import Diagnosis, Finding, OutputLine, Pin
from autofix.core.observations import Built, Failed, Loaded, Observation, Started
from autofix.core.state import Phase, State
from autofix.report.base import Reporter
from autofix.report.escape import LONGEST
from autofix.report.json import bare
from autofix.result import RunResult


class EventReporter(Reporter):
    """Write each event with its data; ``outputs`` adds every line of the programs."""

    def __init__(self, stream: TextIO, *, outputs: bool = False) -> None:
        self._stream = stream
        self._outputs = outputs

    def run_began(self, *, project: str, run_folder: str) -> None:
        """Write ``run began``."""
        self._write("run began", project=project, run_folder=run_folder)

    def phase_began(self, *, phase: Phase, round_: int, action: Action) -> None:
        """Write ``phase began`` with the action's name."""
        name = type(action).__name__
        self._write("phase began", phase=phase.value, round=round_, action=name)

    def phase_ended(
        self, *, phase: Phase, round_: int, observation: Observation, seconds: float
    ) -> None:
        """Write ``phase ended`` with the observation's name and its figures."""
        self._write(
            "phase ended",
            phase=phase.value,
            round=round_,
            observation=type(observation).__name__,
            seconds=round(seconds, 3),
            **_figures(observation),
        )

    def found(self, *, finding: Finding) -> None:
        """Write ``finding``."""
        self._write(
            "finding", name=finding.name, text=finding.text, answer=finding.answer
        )

    def diagnosed(self, *, diagnosis: Diagnosis, round_: int) -> None:
        """Write ``failure diagnosed`` with the whole diagnosis."""
        self._write("failure diagnosed", round=round_, diagnosis=bare(diagnosis))

    def pinned(self, *, pin: Pin, before: str | None) -> None:
        """Write ``module pinned``."""
        self._write(
            "module pinned",
            module=pin.module,
            before=before,
            after=pin.version,
            package=pin.package,
            round=pin.round,
        )

    def output(self, *, phase: Phase, line: OutputLine) -> None:
        """Write ``output`` if asked to."""
        if self._outputs:
            text = line.text[:LONGEST]
            self._write(
                "output",
                level="debug",
                phase=phase.value,
                stream=line.stream.value,
                text=text,
            )

    def note(self, *, text: str) -> None:
        """Write ``step began``."""
        self._write("step began", text=text)

    def run_ended(self, *, result: RunResult, state: State) -> None:
        """Write ``run ended`` with the verdict."""
        self._write(
            "run ended",
            ending=result.ending.kind.value if result.ending else None,
            error=result.error or None,
            exit_code=result.exit_code,
            pins=len(result.pins),
            rounds=state.round,
            seconds=round(result.seconds, 3),
        )

    def _write(self, event: str, *, level: str = "info", **data: Any) -> None:
        """Write a whole line at once: a kill right after loses nothing of it."""
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        line = json.dumps(
            {"event": event, "level": level, "time": now, **data}, sort_keys=True
        )
        self._stream.write(f"{line}\n")
        self._stream.flush()


def _figures(observation: Observation) -> dict[str, Any]:
    match observation:
        case Built(artifact=artifact):
            return {"size": artifact.size, "sha256": artifact.sha256}
        case Started(modules=modules):
            return {"modules": modules}
        case Failed(evidence=evidence) | Loaded(evidence=evidence):
            return {"exit": evidence.exit_code, "timed_out": evidence.timed_out}
        case _:
            return {}
