"""
autofix's own log lines (retries, removals): structlog, imported with the first one.

Most runs write none, and the import, which takes Rich along, costs more than reading
a server.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structlog.types import FilteringBoundLogger


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    log_format: str
    level: int
    colors: bool


_asked_for: list[_Form] = []
"""What was asked for and is not configured yet; at most one."""


def configure_logging(*, log_format: str, level: int, colors: bool) -> None:
    """
    Send autofix's own log lines to stderr; call it once.

    On the console only warnings and worse are shown unless ``level`` is lower; third
    parties' standard library loggers are kept to warnings.
    """
    _asked_for[:] = [_Form(log_format=log_format, level=level, colors=colors)]
    logging.getLogger().setLevel(logging.WARNING)


def logger() -> FilteringBoundLogger:
    """Return the logger, which writes as ``configure_logging`` was told."""
    import structlog  # noqa: PLC0415 - see above

    while _asked_for:
        _configure(_asked_for.pop())
    found: FilteringBoundLogger = structlog.get_logger()
    return found


def _configure(form: _Form) -> None:
    import structlog  # noqa: PLC0415
    from structlog.processors import (  # noqa: PLC0415
        ExceptionRenderer,
        JSONRenderer,
        TimeStamper,
    )
    from structlog.tracebacks import ExceptionDictTransformer  # noqa: PLC0415
    from structlog.types import Processor  # noqa: PLC0415

    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
    ]
    if form.log_format == "json":
        processors += [
            TimeStamper(fmt="iso", utc=True, key="time"),
            # Local variables may hold what must not be written.
            ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            JSONRenderer(sort_keys=True),
        ]
    else:
        processors.append(
            # An explicit ConsoleRenderer does not look at NO_COLOR itself.
            structlog.dev.ConsoleRenderer(
                colors=form.colors,
                pad_event_to=0,
                exception_formatter=structlog.dev.plain_traceback,
            )
        )
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(form.level),
        # Looked up at each line: the live view stands in for stderr while it runs.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
