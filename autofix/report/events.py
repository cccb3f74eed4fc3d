"""The same events for machines: structlog, one JSON object a line."""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

import structlog
from structlog.processors import ExceptionRenderer, JSONRenderer, TimeStamper
from structlog.tracebacks import ExceptionDictTransformer
from structlog.types import FilteringBoundLogger, Processor

from autofix.core.actions import Action
from autofix.core.model import Diagnosis, Finding, OutputLine, Pin
from autofix.core.observations import Built, Failed, Loaded, Observation, Started
from autofix.core.state import Phase, State
from autofix.report.base import Reporter
from autofix.report.escape import LONGEST
from autofix.report.json import bare
from autofix.result import RunResult

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
)
_JSON: tuple[Processor, ...] = (
    *_SHARED,
    TimeStamper(fmt="iso", utc=True, key="time"),
    # Local variables may hold what must not be written (style.md, dict_tracebacks).
    ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
    JSONRenderer(sort_keys=True),
)


def configure_logging(*, log_format: str, level: int, colors: bool) -> None:
    """
    Send autofix's own log lines (retries, removals) to stderr; call it once.

    On the console only warnings and worse are shown unless ``level`` is lower; third
    parties' standard library loggers are kept to warnings.
    """
    if log_format == "json":
        processors = list(_JSON)
    else:
        # An explicit ConsoleRenderer does not look at NO_COLOR itself.
        renderer = structlog.dev.ConsoleRenderer(
            colors=colors,
            pad_event_to=0,
            exception_formatter=structlog.dev.plain_traceback,
        )
        processors = [*_SHARED, renderer]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up at each line: the live view stands in for stderr while it runs.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.getLogger().setLevel(logging.WARNING)


def json_logger(stream: TextIO) -> FilteringBoundLogger:
    """Return a logger that writes JSON lines to one stream, whole lines at a time."""
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=list(_JSON),
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
    )
    return logger


class EventReporter(Reporter):
    """Write each event with its data; ``outputs`` adds every line of the programs."""

    def __init__(self, log: FilteringBoundLogger, *, outputs: bool = False) -> None:
        self._log = log
        self._outputs = outputs

    def run_began(self, *, project: str, run_folder: str) -> None:
        """Write ``run began``."""
        self._log.info("run began", project=project, run_folder=run_folder)

    def phase_began(self, *, phase: Phase, round_: int, action: Action) -> None:
        """Write ``phase began`` with the action's name."""
        name = type(action).__name__
        self._log.info("phase began", phase=phase.value, round=round_, action=name)

    def phase_ended(
        self, *, phase: Phase, round_: int, observation: Observation, seconds: float
    ) -> None:
        """Write ``phase ended`` with the observation's name and its figures."""
        self._log.info(
            "phase ended",
            phase=phase.value,
            round=round_,
            observation=type(observation).__name__,
            seconds=round(seconds, 3),
            **_figures(observation),
        )

    def found(self, *, finding: Finding) -> None:
        """Write ``finding``."""
        self._log.info(
            "finding", name=finding.name, text=finding.text, answer=finding.answer
        )

    def diagnosed(self, *, diagnosis: Diagnosis, round_: int) -> None:
        """Write ``failure diagnosed`` with the whole diagnosis."""
        self._log.info("failure diagnosed", round=round_, diagnosis=bare(diagnosis))

    def pinned(self, *, pin: Pin, before: str | None) -> None:
        """Write ``module pinned``."""
        self._log.info(
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
            self._log.debug(
                "output", phase=phase.value, stream=line.stream.value, text=text
            )

    def note(self, *, text: str) -> None:
        """Write ``step began``."""
        self._log.info("step began", text=text)

    def run_ended(self, *, result: RunResult, state: State) -> None:
        """Write ``run ended`` with the verdict."""
        self._log.info(
            "run ended",
            ending=result.ending.kind.value if result.ending else None,
            error=result.error or None,
            exit_code=result.exit_code,
            pins=len(result.pins),
            rounds=state.round,
            seconds=round(result.seconds, 3),
        )


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
