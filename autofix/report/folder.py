"""What the run folder keeps of what was heard: events, logs, the result."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from autofix.core.actions import Action
from autofix.core.model import Diagnosis, Finding, OutputLine, Pin
from autofix.core.observations import Observation
from autofix.core.state import Phase, State
from autofix.durable import disk_errors
from autofix.errors import AutofixError
from autofix.report.base import Reporter
from autofix.report.events import EventReporter
from autofix.report.json import result_json
from autofix.result import RunResult
from autofix.runfolder import BoundedLog, write_result

LOGS = {Phase.LOAD: "check", Phase.START: "server"}
"""Phases whose log is named after the program rather than the phase."""


class FolderReporter(Reporter):
    """
    Write ``events.jsonl``, ``round-01/build.log`` and so on, and ``result.json``.

    A context manager; silent until ``run_began`` names the folder. DiskFullError and
    its kin come out of every method but ``run_ended``, which must not hide a result:
    it keeps the error in ``failure``.
    """

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.result: RunResult | None = None
        self.failure: AutofixError | None = None
        self._round = 0
        self._logs: dict[tuple[int, Phase], BoundedLog] = {}
        self._stream: TextIO | None = None
        self._events = Reporter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close_logs()
        if self._stream is not None:
            self._stream.close()

    def run_began(self, *, project: str, run_folder: str) -> None:
        """Open the event file."""
        self.folder = Path(run_folder)
        with self._writing():
            # Line by line, so that a kill loses nothing that was said.
            self._stream = (self.folder / "events.jsonl").open(
                "a", encoding="utf-8", buffering=1
            )
            self._events = EventReporter(self._stream)
            self._events.run_began(project=project, run_folder=run_folder)

    def phase_began(self, *, phase: Phase, round_: int, action: Action) -> None:
        """Note it; the next lines belong to this round."""
        self._round = round_
        with self._writing():
            self._events.phase_began(phase=phase, round_=round_, action=action)

    def phase_ended(
        self, *, phase: Phase, round_: int, observation: Observation, seconds: float
    ) -> None:
        """Note it."""
        with self._writing():
            self._close_logs()
            self._events.phase_ended(
                phase=phase, round_=round_, observation=observation, seconds=seconds
            )

    def found(self, *, finding: Finding) -> None:
        """Note it."""
        with self._writing():
            self._events.found(finding=finding)

    def diagnosed(self, *, diagnosis: Diagnosis, round_: int) -> None:
        """Note it."""
        with self._writing():
            self._events.diagnosed(diagnosis=diagnosis, round_=round_)

    def pinned(self, *, pin: Pin, before: str | None) -> None:
        """Note it."""
        with self._writing():
            self._events.pinned(pin=pin, before=before)

    def note(self, *, text: str) -> None:
        """Note it."""
        with self._writing():
            self._events.note(text=text)

    def output(self, *, phase: Phase, line: OutputLine) -> None:
        """Append the line to the log of its round and program."""
        if self.folder is None:
            return
        log = self._logs.get((self._round, phase))
        with self._writing():
            if log is None:
                log = self._logs[self._round, phase] = BoundedLog(
                    self._path(self.folder, phase)
                )
            log.write(line.text)

    def run_ended(self, *, result: RunResult, state: State) -> None:
        """Write the result, whatever else went wrong."""
        self.keep_result(result)
        try:
            with self._writing():
                self._events.run_ended(result=result, state=state)
        except AutofixError as error:
            self.failure = self.failure or error

    def keep_result(self, result: RunResult) -> None:
        """Write ``result.json``, if there is a folder for it."""
        self.result = result
        try:
            if self.folder is not None:
                write_result(self.folder, result_json(result))
        except AutofixError as error:
            self.failure = error

    def _path(self, folder: Path, phase: Phase) -> Path:
        name = f"{LOGS.get(phase, phase.value)}.log"
        return (
            folder / f"round-{self._round:02}" / name if self._round else folder / name
        )

    def _writing(self) -> AbstractContextManager[None]:
        return disk_errors(f"The run folder {self.folder} cannot be written")

    def _close_logs(self) -> None:
        for log in self._logs.values():
            log.close()
        self._logs.clear()
