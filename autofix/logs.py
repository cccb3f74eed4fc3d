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
    from structlog.types import FilteringBoundLogger, Processor


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    log_format: str
    level: int
    colors: bool


_asked_for: list[_Form] = []
"""What ``configure_logging`` was told; empty where autofix is used as a library."""

_AS_LIBRARY = "autofix"
"""The standard library's logger that a host program may listen to."""


def configure_logging(*, log_format: str, level: int, colors: bool) -> None:
    """
    Send autofix's own log lines to stderr; for commands, not for a library.

    On the console only warnings and worse are shown unless ``level`` is lower; third
    parties' standard library loggers are kept to warnings.
    """
    _asked_for[:] = [_Form(log_format=log_format, level=level, colors=colors)]
    logging.getLogger().setLevel(logging.WARNING)


def logger() -> FilteringBoundLogger:
    """
    Return a logger that writes as ``configure_logging`` was told.

    Without it nothing is printed: lines go to the standard library's logger
    ``autofix``. The host's own configuration of structlog is left alone either way.
    """
    import structlog  # noqa: PLC0415 - see above

    processors: list[Processor] = [structlog.contextvars.merge_contextvars]
    if not _asked_for:
        lines = logging.getLogger(_AS_LIBRARY)
        if not lines.handlers:
            lines.addHandler(logging.NullHandler())
        renderer = structlog.processors.LogfmtRenderer(key_order=["event"])
        return _wrapped(lines, [*processors, renderer], logging.DEBUG)
    (form,) = _asked_for
    processors += [structlog.processors.add_log_level, *_rendering(form)]
    # Looked up at each line: the live view stands in for stderr while it runs.
    return _wrapped(structlog.WriteLogger(sys.stderr), processors, form.level)


def _wrapped(
    target: object, processors: list[Processor], level: int
) -> FilteringBoundLogger:
    import structlog  # noqa: PLC0415

    found: FilteringBoundLogger = structlog.wrap_logger(
        target,
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    return found


def _rendering(form: _Form) -> list[Processor]:
    import structlog  # noqa: PLC0415
    from structlog.processors import (  # noqa: PLC0415
        ExceptionRenderer,
        JSONRenderer,
        TimeStamper,
    )
    from structlog.tracebacks import ExceptionDictTransformer  # noqa: PLC0415

    if form.log_format == "json":
        return [
            TimeStamper(fmt="iso", utc=True, key="time"),
            # Local variables may hold what must not be written.
            ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            JSONRenderer(sort_keys=True),
        ]
    return [
        # An explicit ConsoleRenderer does not look at NO_COLOR itself.
        structlog.dev.ConsoleRenderer(
            colors=form.colors,
            pad_event_to=0,
            exception_formatter=structlog.dev.plain_traceback,
        )
    ]
